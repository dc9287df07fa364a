"""A2 and B1: orders are taken once, and underwritten."""

from datetime import timedelta

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.acceptance.script.products import yuan
from app.protocol.calls import A2, A3, A4, A5, B1
from app.protocol.codes import Code
from app.protocol.trial import Play as Word

chapter = Chapter("订单与核保")


@chapter("A2-1", "提交订单", expects="密文订单应答0", needs=("A1-1",))
def place(play: Play) -> None:
    play.known["order"] = samples.order(play, Word.PAID)
    play.ask(A2, play.known["order"])


@chapter("B1-1", "核保通过", expects="末词为PAID的订单发B1 PASS", needs=("A2-1",))
def passed(play: Play) -> None:
    said = play.hear(B1, play.number(Word.PAID))[0].body
    if said["result"] != "PASS":
        raise Failed(f"核保应通过，实为{said['result']} {said.get('reason', '')}")
    play.known["asked"] = said["premium"]


@chapter("B1-2", "核保保费", expects="B1的保费与A1的询价相同", needs=("B1-1",))
def same_premium(play: Play) -> None:
    quoted, asked = play.known["premium"], play.known["asked"]
    play.known["premium"] = asked  # what is then paid
    if quoted != asked:
        raise Failed(f"询价{yuan(quoted)}元，核保{yuan(asked)}元")


@chapter("A4-1", "查询已核保的订单", expects="核保PASS、未支付、未出函", needs=("B1-1",))
def standing(play: Play) -> None:
    _stands(play, Word.PAID, underwriting_status="PASS", pay_status="UNPAID", issue_status="NONE")


@chapter("A2-2", "重复提交同一订单", expects="另一请求编号、内容相同：应答0或3003，不再核保", needs=("A2-1",))
def same_again(play: Play) -> None:
    exchange = play.raw(A2, play.sent["A2"].raw)
    if exchange.trouble or exchange.envelope.get("code") not in (Code.OK, Code.DUPLICATE):
        raise Failed(exchange.trouble or f"应答{exchange.envelope.get('code')}")


@chapter("A2-3", "同一订单编号用于另一份订单", expects="拒绝，应答3003", needs=("A2-1",))
def other_content(play: Play) -> None:
    other = play.known["order"] | {"guarantee_amount": samples.amount(play) - 100}
    play.refused(A2, other, Code.DUPLICATE)


@chapter("A2-4", "有效期不足", expects="保函有效期短于投标有效期的订单拒绝，应答2004", needs=("A1-1",))
def too_short(play: Play) -> None:
    short = samples.begins(play) + timedelta(days=samples.DAYS)
    play.refused(A2, samples.order(play, "SHORT", valid_to=short), Code.VALIDITY_TOO_SHORT)


@chapter("A2-5", "没有的产品", expects="拒绝，应答3001", needs=("A1-1",))
def no_product(play: Play) -> None:
    play.refused(A2, samples.order(play, "NOPRODUCT", product_code="NO-SUCH-PRODUCT"), Code.UNKNOWN)


@chapter("B1-3", "核保不通过", expects="末词为REJECTED的订单发B1 REJECT，带拒绝代码和原因", needs=("A1-1",))
def rejected(play: Play) -> None:
    play.ask(A2, samples.order(play, Word.REJECTED))
    said = play.hear(B1, play.number(Word.REJECTED))[0].body
    if said["result"] != "REJECT":
        raise Failed(f"核保应不通过，实为{said['result']}")


@chapter("A3-1", "核保不通过的订单获取支付链接", expects="拒绝，应答3002", needs=("B1-3",))
def no_link_when_rejected(play: Play) -> None:
    play.refused(A3, samples.link(), Code.STATE_CONFLICT, order_no=play.number(Word.REJECTED))


@chapter("A2-6", "同一请求同时到达四次", expects="四次应答相同，只受理一份订单，只发一次B1", needs=("A1-1",))
def at_once(play: Play) -> None:
    exchanges = play.at_once(A2, samples.order(play, Word.CLOSED), 4)
    for exchange in exchanges:
        if exchange.trouble or exchange.envelope.get("code") != Code.OK:
            raise Failed(exchange.trouble or f"应答{exchange.envelope.get('code')}")
    if len({exchange.answer for exchange in exchanges}) > 1:
        raise Failed("四次应答不相同")
    said = play.hear(B1, play.number(Word.CLOSED))[0].body
    if said["result"] != "PASS":
        raise Failed(f"核保应通过，实为{said['result']} {said.get('reason', '')}")


@chapter("B1-4", "回调被应答5001", expects="以同一请求编号重发B1", needs=("A1-1",))
def told_again(play: Play) -> None:
    play.ask(A2, samples.order(play, Word.AGAIN))
    taken = play.hear(B1, play.number(Word.AGAIN))[0]
    first = [one for one in play.listen() if one.again and one.number == play.number(Word.AGAIN)]
    if not first:
        raise Failed("第一次B1未收到")
    if first[0].request_id != taken.request_id:
        raise Failed(f"重发时请求编号由{first[0].request_id}变为{taken.request_id}")


@chapter("A5-1", "关闭未支付的订单", expects="应答CLOSED", needs=("A2-6",))
def close(play: Play) -> None:
    play.ask(A3, samples.link(), order_no=play.number(Word.CLOSED))
    play.ask(A5, {"reason": "TIMEOUT"}, order_no=play.number(Word.CLOSED))


@chapter("A4-2", "查询已关闭的订单", expects="支付状态为CLOSED", needs=("A5-1",))
def closed(play: Play) -> None:
    _stands(play, Word.CLOSED, pay_status="CLOSED", issue_status="NONE")


@chapter("A3-2", "已关闭的订单获取支付链接", expects="拒绝，应答3002", needs=("A5-1",))
def no_link_when_closed(play: Play) -> None:
    play.refused(A3, samples.link(), Code.STATE_CONFLICT, order_no=play.number(Word.CLOSED))


def _stands(play: Play, word: Word, **wanted: str) -> None:
    said = play.ask(A4, order_no=play.number(word))
    wrong = [f"{name}应为{value}，实为{said[name]}" for name, value in wanted.items() if said[name] != value]
    if wrong:
        raise Failed("；".join(wrong))
