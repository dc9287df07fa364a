"""Looking back: the day's books, and what must not have happened on the way."""

from collections import Counter, defaultdict

from app import clock
from app.acceptance import evidence
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.protocol.calls import A13, B1, B2, B3, B11
from app.protocol.trial import PREFIX
from app.protocol.trial import Play as Word

chapter = Chapter("对账与回顾")


@chapter("A13-1", "对账", expects="当日测试账目恰含本次的支付、退款、出函，金额一致", needs=("B3-1",))
def books(play: Play) -> None:
    said = play.ask(A13, date=clock.local(clock.now()).date().isoformat())
    mine = [one for one in said["entries"] if one["order_no"].startswith(f"{PREFIX}{play.prefix}-")]
    told = Counter(("PAYMENT", one.body["order_no"], one.body["amount"]) for one in play.heard(B2))
    told += Counter(("REPAYMENT", one.body["order_no"], one.body["amount"]) for one in play.heard(B11))
    issued = [one.body for one in play.heard(B3) if one.body["result"] == "ISSUED"]
    told += Counter(("ISSUANCE", one["order_no"], one["amount"]) for one in issued)
    found = Counter((one["kind"], one["order_no"], one["amount"]) for one in mine)
    wrong = [f"缺{kind} {no}" for kind, no, _ in told - found] + [f"多{kind} {no}" for kind, no, _ in found - told]
    if wrong:
        raise Failed("；".join(wrong))


@chapter("A13-2", "对账不混入正式业务", expects="测试账目中只有TEST-编号的订单", needs=("B3-1",))
def only_test(play: Play) -> None:
    said = play.ask(A13, date=clock.local(clock.now()).date().isoformat())
    others = [one["order_no"] for one in said["entries"] if not one["order_no"].startswith(PREFIX)]
    if others:
        raise Failed(f"有{len(others)}条不是测试订单")


@chapter("Z-1", "回调均有效", expects="没有因签名、时间戳或格式被拒绝的回调")
def all_taken(play: Play) -> None:
    wrong = [one for one in play.listen() if one.refused]
    play.proof += [evidence.callback(one.call, dict(one.headers), one.body, one.refused) for one in wrong[:20]]
    if wrong:
        kinds = Counter(f"{one.call} {one.refused}".strip() for one in wrong)
        raise Failed("；".join(f"{text}（{number}次）" if number > 1 else text for text, number in kinds.items()))


@chapter("Z-2", "同一消息只用一个请求编号", expects="重发的回调沿用原来的请求编号")
def one_request_each(play: Play) -> None:
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in play.listen():
        if not one.refused and one.call != "B10":
            used[one.call, repr(sorted(one.body.items(), key=str))].add(one.request_id)
    twice = sorted({call for (call, _), requests in used.items() if len(requests) > 1})
    if twice:
        raise Failed(f"以不同请求编号重复发送：{'、'.join(twice)}")


@chapter("Z-3", "核保只有一个结论", expects="每份订单只有一种B1", needs=("A2-1",))
def one_verdict(play: Play) -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for one in play.heard(B1):
        said[one.number].add(str(one.body["result"]))
    wrong = [number for number, results in said.items() if len(results) > 1]
    if wrong:
        raise Failed(f"结论不一：{'、'.join(wrong)}")


@chapter("Z-4", "每份订单只收一次款", expects="每份订单至多一笔B2", needs=("A2-1",))
def paid_once(play: Play) -> None:
    txns: dict[str, set[str]] = defaultdict(set)
    for one in play.heard(B2):
        txns[one.number].add(one.body["pay_txn_no"])
    wrong = [number for number, paid in txns.items() if len(paid) > 1]
    if wrong:
        raise Failed(f"重复收款：{'、'.join(wrong)}")


@chapter("Z-5", "关闭后不再收款", expects="末词为CLOSED、AGAIN的订单没有B2", needs=("A5-1",))
def not_paid_when_closed(play: Play) -> None:
    wrong = [one.number for word in (Word.CLOSED, Word.AGAIN) for one in play.heard(B2, play.number(word))]
    if wrong:
        raise Failed(f"仍收到支付：{'、'.join(wrong)}")


@chapter("Z-6", "应答及时", expects="每次应答不超过规定的秒数")
def in_time(play: Play) -> None:
    if play.slow:
        slowest = ", ".join(f"{call} {ms / 1000:.1f}秒" for call, ms in play.slow[:10])
        raise Failed(f"超过{play.pace.answer:g}秒：{slowest}")
