"""One call from the command line: its body from a file and from name=value, signed, sent, its answer believed."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.partner.card import Card, Mistake, read_yaml
from app.protocol.calls import CALLS, PLATFORM, Call
from app.protocol.client import Refused
from app.protocol.codes import Code, Refusal
from app.protocol.digests import sha256_hex, sm3_hex
from app.protocol.messages.fields import SHANGHAI, Content
from app.protocol.messages.message import Message, read, write
from app.protocol.signing import new_secret
from app.protocol.trial import ENV

_NOW = re.compile(r"now(?:([+-]\d+)([dhms]))?")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
KNOWN_TO_THE_PLATFORM = {Code.UNKNOWN, Code.INSTITUTION_UNAVAILABLE, Code.STATE_CONFLICT}


def call_of(name: str) -> Call:
    try:
        return CALLS[name.upper()]
    except KeyError:
        raise Mistake(f"没有接口{name}，有：{'、'.join(CALLS)} / no such call") from None


def body_of(call: Call, file: Path | None, pairs: Iterable[str], document: Path | None) -> dict[str, Any]:
    """The body as JSON has it; `pairs` go over the file: a.b=text, a.b:=json, a=now+90d."""
    body: dict[str, Any] = read_yaml(file) if file else {}
    for pair in pairs:
        _put(body, pair)
    if document is not None:
        body["voucher" if call.id == "B9" else "file"] = file_part(document)
    return body


def file_part(path: Path) -> dict[str, Any]:
    """A document as messages carry it: by content, with both hashes."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Mistake(f"{path}: 无法读取 / cannot be read ({error})") from error
    return part(path.name, content, path.suffix.removeprefix(".").upper() or "PDF")


def part(name: str, content: bytes, kind: str = "PDF") -> dict[str, Any]:
    base64 = Content()._serialize(content, None, None)
    return {
        "name": name, "format": kind, "base64": base64, "sm3": sm3_hex(content), "sha256": sha256_hex(content),
    }  # fmt: skip


def send(card: Card, call: Call, body: dict[str, Any], *, env: str = "", to: str = "", request_id: str = "") -> Any:
    """The answer's data as JSON has it. Raises Mistake for a body that is none, CallFailed as the client does."""
    numbers = _numbers(call, body)
    values: Mapping[str, Any] | None = None
    if call.body is not None:
        try:
            values = read(call.body, body)
        except Refusal as wrong:
            raise Mistake(f"{call.id}: {_fields(wrong)}") from wrong
    if call.asker == PLATFORM and not to:
        raise Mistake(f"{call.id}由平台发起，请用 --to 给出您的接口地址 / the platform's call: say --to your endpoint")
    client = card.client(env, to=to)
    once = request_id or secrets.token_hex(12)
    return write(call.answer, client.call(call, values, request_id=once, query=None, env=env, **numbers))


def ping(card: Card, *, env: str = "", to: str = "") -> str:
    """Whether our signature holds: the platform is told of an order it can't know, or our own endpoint gets an A14."""
    if to:
        answer = send(card, CALLS["A14"], {"at": _moment("now"), "echo": new_secret()[:16]}, env=env, to=to)
        return f"接口在{answer['at']}应答，签名有效 / your endpoint answered, signed"
    nobody = {"order_no": f"PING-{secrets.token_hex(8)}", "result": "REJECT", "reject_code": "PING", "reason": "ping"}
    try:
        send(card, CALLS["B1"], nobody, env=env)
    except Refused as refused:
        if refused.code in KNOWN_TO_THE_PLATFORM:
            known = "test_key" if env == ENV else "key"
            return (
                f"平台认得{card.app_id}的{known}，签名有效（{refused}）/ the platform knows you, your signature holds"
            )
        raise
    return "平台接受了请求 / the platform took it"


def _fields(wrong: Refusal) -> str:
    told = "；".join(f"{name} {problem}" for name, problem in wrong.fields.items())
    return f"{int(wrong.code)} {told or wrong.message}"


def _numbers(call: Call, body: dict[str, Any]) -> dict[str, str]:
    """The numbers of the path, taken from the body's entries of that name."""
    wanted = [name for _, name, _, _ in string.Formatter().parse(call.path) if name]
    missing = [name for name in wanted if not isinstance(body.get(name), str)]
    if missing:
        raise Mistake(f"{call.id}: 请给出{'、'.join(missing)}（地址的一部分）/ part of the address")
    inside = _names(call.body)
    return {name: body[name] if name in inside else body.pop(name) for name in wanted}


def _names(message: type[Message] | None) -> set[str]:
    return set(message().fields) if message is not None else set()


def _put(body: dict[str, Any], pair: str) -> None:
    found = re.fullmatch(r"([A-Za-z0-9_.]+)(:?=)(.*)", pair, re.DOTALL)
    if not found:
        raise Mistake(f"“{pair}”应写作 名称=值 或 名称:=JSON / should be name=value")
    *way, last = found[1].split(".")
    for name in way:
        body = body.setdefault(name, {})
        if not isinstance(body, dict):
            raise Mistake(f"“{pair}”：{name}不是对象 / is no object")
    try:
        body[last] = json.loads(found[3]) if found[2] == ":=" else _moment(found[3])
    except json.JSONDecodeError as error:
        raise Mistake(f"“{pair}”：{error}") from error


def _moment(text: str) -> str:
    """The text; `now`, `now+90d`, `now-5m` as the interface writes times."""
    found = _NOW.fullmatch(text)
    if not found:
        return text
    shift = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found[1] else timedelta()
    return (datetime.now(UTC) + shift).astimezone(SHANGHAI).isoformat(timespec="seconds")
