"""python -m app.partner card|keys|certificate|sign|verify|ping|send|play (docs/interface.md).

Exit codes: 0 done; 1 the other side refused, signed; 2 something you wrote is wrong; 3 nobody answered, or said
"later"; 4 an answer came whose signature does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from app.partner import card, checking, pairs, play, sending
from app.partner.card import Mistake
from app.protocol.client import CallFailed, Refused, Untrusted
from app.protocol.codes import Refusal
from app.protocol.signing import new_sm2_key
from app.protocol.trial import ENV

OK, REFUSED, MISTAKEN, UNANSWERED, UNTRUSTED = range(5)
Arguments = argparse.Namespace


def main(words: list[str] | None = None) -> int:
    parser = _parser()
    said, more = parser.parse_known_args(words)
    if more and (not hasattr(said, "fields") or any(word.startswith("-") for word in more)):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    said.fields = [*getattr(said, "fields", ()), *more]  # argparse takes none that stand behind an option
    act: Callable[[Arguments], None] = said.act
    try:
        act(said)
    except Mistake as mistake:
        return _told(str(mistake), MISTAKEN)
    except Refused as refused:
        return _told(_refusal(refused), REFUSED)
    except Refusal as refusal:
        return _told(str(refusal), UNTRUSTED)
    except Untrusted as failure:
        seen = failure.content.decode("utf-8", "replace")[:2000]
        return _told(f"应答的签名无法核对 / an answer that can't be believed: {failure}\n{seen}", UNTRUSTED)
    except CallFailed as failure:
        return _told(f"没有可用的应答 / no usable answer: {failure}", UNANSWERED)
    except KeyboardInterrupt:
        return _told("", UNANSWERED)
    return OK


def _card(said: Arguments) -> None:
    """Write the card: who you are to the platform."""
    entries = card.of_demo(said.demo, said.institution) if said.demo else {}
    entries |= {
        name: value for name, value in (("platform", said.platform), ("app_id", said.app_id)) if value
    }  # fmt: skip
    if said.secret and said.card.exists() and (before := card.read_yaml(said.card).get("key")):
        entries["old_key"] = before
    for name, key_id, secret in (("key", said.key_id, said.secret), ("test_key", said.test_key_id, said.test_secret)):
        if secret:
            entries[name] = {"id": key_id or "", "secret": secret}
    if said.platform:
        entries["platform_key"] = card.platform_key(said.platform)
    card.save(said.card, entries)
    card.load(said.card)
    _say(f"已写入{said.card}（仅本人可读）/ written")


def _keys(said: Arguments) -> None:
    """Make an SM2 pair: the private key stays with you, the public one is registered."""
    pair = new_sm2_key(said.id)
    _say(f"id: {pair.id}\nprivate_key: {pair.secret}\npublic_key: 04{pair.public}")


def _certificate(said: Arguments) -> None:
    """Make a certificate of your own for signing guarantees in trials."""
    pairs.certificate(said.name, said.uscc, certificate=said.certificate, key=said.key)
    _say(f"已生成{said.certificate}与{said.key} / made")


def _sign(said: Arguments) -> None:
    """Print the string to sign and the headers of any request."""
    own = card.load(said.card)
    body = said.body.read_bytes() if said.body else b""
    env = ENV if said.test else ""
    stamp = {"timestamp": said.timestamp, "nonce": said.nonce, "request_id": said.request_id, "env": env}
    _say("\n".join(checking.signed(own.key_for(env), own.app_id, said.method, said.address, body, **stamp)))


def _verify(said: Arguments) -> None:
    """Check the signature of a message you received: request or answer, first line and headers included."""
    raw = sys.stdin.buffer.read() if str(said.message) == "-" else _bytes(said.message)
    for line in checking.check(checking.received(raw), card.load(said.card)):
        _say(line)


def _ping(said: Arguments) -> None:
    """See whether your signature holds at the platform, or with --to whether your own endpoint answers."""
    _say(sending.ping(card.load(said.card), env=ENV if said.test else "", to=said.to))


def _send(said: Arguments) -> None:
    """Sign and send a call; prints the data of the answer."""
    call = sending.call_of(said.call)
    body = sending.body_of(call, said.body, said.fields, said.file)
    env = ENV if said.test else ""
    answer = sending.send(card.load(said.card), call, body, env=env, to=said.to, request_id=said.request_id)
    _say(json.dumps(answer, ensure_ascii=False, indent=2))


def _play(said: Arguments) -> None:
    """Play a whole institution: answer A1–A15, take payments, issue guarantees, send B1–B11."""
    play.run(card.load(said.card), said.script, said=_say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.partner", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Callable[[Arguments], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=act.__doc__, description=act.__doc__)
        added.set_defaults(act=act)
        if name not in ("keys", "certificate"):
            added.add_argument("--card", type=Path, default=Path("partner.yaml"), help="名片 / your card")
        return added

    one = command("card", _card)
    one.add_argument("--platform", help="平台地址，其公钥随即取得 / the platform's address; its key is fetched")
    one.add_argument("--app-id", help="用户 / X-App-Id")
    for name in ("key", "test-key"):
        one.add_argument(f"--{name}-id", help="X-Key-Id")
    one.add_argument("--secret", help="密钥（HMAC-SM3，十六进制）/ in hex")
    one.add_argument("--test-secret", help="联调密钥 / of the acceptance test")
    one.add_argument("--demo", type=Path, help="演示环境的 var/demo.json")
    one.add_argument("--institution", default="BANK01", help="演示机构 / one of the demo's")

    one = command("keys", _keys)
    one.add_argument("--id", default="SM2-1", help="X-Key-Id")

    one = command("certificate", _certificate)
    one.add_argument("--name", required=True, help="机构名称")
    one.add_argument("--uscc", required=True, help="统一社会信用代码")
    one.add_argument("--certificate", type=Path, default=Path("partner.cert.pem"))
    one.add_argument("--key", type=Path, default=Path("partner.key.pem"))

    one = command("sign", _sign)
    one.add_argument("method")
    one.add_argument("address", help="路径与查询 / path?query")
    one.add_argument("--body", type=Path)
    one.add_argument("--timestamp")
    one.add_argument("--nonce")
    one.add_argument("--request-id")
    one.add_argument("--test", action="store_true", help="X-Env: test")

    one = command("verify", _verify)
    one.add_argument("message", type=Path, help="文件，或 - / a file, or - for standard input")

    one = command("ping", _ping)
    one.add_argument("--to", default="", help="您的接口地址 / your own endpoint")
    one.add_argument("--test", action="store_true", help="X-Env: test")

    one = command("send", _send)
    one.add_argument("call", help="B1 … B11, A1 … A15")
    one.add_argument("fields", nargs="*", metavar="name=value", help="a.b=text, a:=json, a=now, a=now+90d")
    one.add_argument("--body", type=Path, help="YAML/JSON")
    one.add_argument("--file", type=Path, help="随附的PDF / the document it carries")
    one.add_argument("--request-id", default="", help="重发时沿用 / the same when sent again")
    one.add_argument("--to", default="", help="您的接口地址（A类）/ your own endpoint (A calls)")
    one.add_argument("--test", action="store_true", help="X-Env: test")

    one = command("play", _play)
    one.add_argument("script", type=Path, help="YAML: docs/interface.md, “扮演机构”")
    return parser


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Mistake(f"{path}: {error}") from error


def _refusal(refused: Refused) -> str:
    fields = refused.data.get("fields") or {}
    lines = [f"被拒绝 / refused: {refused}", *(f"  {name}: {problem}" for name, problem in fields.items())]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # a command talks


def _told(text: str, status: int) -> int:
    if text:
        print(text, file=sys.stderr)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
