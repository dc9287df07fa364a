"""Ping: does it answer, and does it refuse everybody who is not we."""

from datetime import timedelta

import orjson

from app import clock
from app.acceptance import samples
from app.acceptance.checks import FIRST, Chapter, Failed, NotApplicable
from app.acceptance.play import Play
from app.acceptance.wire import Letter
from app.protocol import signing
from app.protocol.calls import A14
from app.protocol.canonical import APP_ID, ENVIRONMENT, KEY_ID, NONCE
from app.protocol.codes import Code
from app.protocol.messages.message import write
from app.protocol.signing import Algorithm, Key, new_secret, new_sm2_key

chapter = Chapter("连通与签名")
STALE = timedelta(minutes=10)


@chapter(FIRST, "连通测试", expects="A14应答0，签名有效，原样带回echo")
def ping(play: Play) -> None:
    asked = samples.ping(play)
    said = play.ask(A14, asked)
    if said.get("echo") != asked["echo"]:
        raise Failed(f"echo应为{asked['echo']}，实为{said.get('echo')}")
    play.known["at"] = said["at"]


@chapter("A14-2", "时钟一致", expects="应答中的时间与平台相差不超过300秒")
def time_of_day(play: Play) -> None:
    apart = abs((clock.now() - play.known["at"]).total_seconds())
    if apart > signing.TOLERANCE.total_seconds():
        raise Failed(f"相差{apart:.0f}秒")


@chapter("A14-3", "不认识的字段", expects="忽略，照常应答0")
def unknown_field(play: Play) -> None:
    raw = orjson.dumps(write(A14.body, samples.ping(play)) | {"new_field": "1"})  # type: ignore[arg-type]
    _accept(play, raw)


@chapter("A14-4", "内容不是JSON", expects="拒绝，应答2002")
def no_json(play: Play) -> None:
    play.refused(A14, b"{", Code.FORMAT)


@chapter("A14-5", "原样重放", expects="同一随机串再次出现时拒绝，应答1003")
def replay(play: Play) -> None:
    play.must_refuse(A14, play.twice(A14, samples.ping(play)), Code.REPLAY)


@chapter("A14-6", "时间戳过旧", expects="10分钟前的时间戳拒绝，应答1002")
def stale(play: Play) -> None:
    play.refused(A14, samples.ping(play), Code.TIMESTAMP, letter=Letter(late=STALE))


@chapter("A14-7", "时间戳超前", expects="10分钟后的时间戳拒绝，应答1002")
def ahead(play: Play) -> None:
    play.refused(A14, samples.ping(play), Code.TIMESTAMP, letter=Letter(late=-STALE))


@chapter("A14-8", "未知的接入方", expects="拒绝，应答1004")
def unknown_app(play: Play) -> None:
    play.refused(A14, samples.ping(play), Code.UNKNOWN_APP, letter=Letter(app_id="NOBODY-TEST"))


@chapter("A14-9", "未知的密钥编号", expects="拒绝，应答1004")
def unknown_key(play: Play) -> None:
    letter = Letter(headers={KEY_ID: "NO-SUCH-KEY"})
    play.refused(A14, samples.ping(play), Code.UNKNOWN_APP, Code.SIGNATURE, letter=letter)


@chapter("A14-10", "签名后改动内容", expects="拒绝，应答1001")
def changed_body(play: Play) -> None:
    other = orjson.dumps({"at": "2026-01-01T00:00:00+08:00"})
    play.refused(A14, samples.ping(play), Code.SIGNATURE, letter=Letter(signed=other))


@chapter("A14-11", "签名后改动请求头", expects="X-App-Id计入签名，改动后拒绝，应答1001或1004")
def changed_header(play: Play) -> None:
    letter = Letter(headers={APP_ID: f"{play.wire.app_id}-2"})
    play.refused(A14, samples.ping(play), Code.SIGNATURE, Code.UNKNOWN_APP, letter=letter)


@chapter("A14-12", "缺少随机串", expects="拒绝，应答1001")
def no_nonce(play: Play) -> None:
    play.refused(A14, samples.ping(play), Code.SIGNATURE, letter=Letter(headers={NONCE: None}))


@chapter("A14-13", "X-Env未计入签名", expects="按正式流量签名、另加X-Env的请求拒绝，应答1001")
def unsigned_env(play: Play) -> None:
    letter = Letter(env="", headers={ENVIRONMENT: "test"})
    play.refused(A14, samples.ping(play), Code.SIGNATURE, letter=letter)


@chapter("A14-14", "测试密钥用于正式流量", expects="没有X-Env的请求不得用测试密钥，拒绝，应答1004或1001")
def test_key_for_business(play: Play) -> None:
    play.refused(A14, samples.ping(play), Code.UNKNOWN_APP, Code.SIGNATURE, letter=Letter(env=""))


@chapter("SM2-1", "SM2-SM3签名", expects="平台以SM2-SM3签名的A14应答0，应答以机构的SM2密钥签名")
def sm2(play: Play) -> None:
    said = play.ask(A14, samples.ping(play), letter=Letter(key=_own_pair(play)))
    if not said:
        raise Failed("应答为空")
    signer = play.proof[-1]["answer_headers"]
    found = {name.lower(): value for name, value in signer.items()}
    if found.get("x-sign-alg") != Algorithm.SM2_SM3:
        raise Failed(f"应答应以SM2-SM3签名，实为{found.get('x-sign-alg')}")


@chapter("SM2-2", "SM2-SM3签名无效", expects="拒绝，应答1001")
def wrong_sm2(play: Play) -> None:
    pair, other = _own_pair(play), new_sm2_key("OTHER")
    forged = Key(pair.id, pair.algorithm, other.secret, other.public)
    play.refused(A14, samples.ping(play), Code.SIGNATURE, letter=Letter(key=forged))


def forged(play: Play) -> Letter:
    """Signed with a key that is not ours, under our key's number."""
    key = play.wire.key
    return Letter(key=Key(key.id, key.algorithm, new_secret(), key.public))


def _own_pair(play: Play) -> Key:
    if play.platform is None:
        raise NotApplicable("机构未登记SM2公钥")
    return play.platform


def _accept(play: Play, raw: bytes) -> None:
    exchange = play.raw(A14, raw)
    code = exchange.envelope.get("code")
    if exchange.trouble or code != Code.OK:
        raise Failed(exchange.trouble or f"应答{code}")
