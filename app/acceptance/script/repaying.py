"""A15 and B11: money that bought nothing is given back, once, in the sum that was paid."""

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.acceptance.script.products import yuan
from app.protocol.calls import A2, A3, A4, A15, B1, B2, B3, B11
from app.protocol.codes import Code
from app.protocol.trial import Play as Word

chapter = Chapter("拒绝出函与退款")


@chapter("B3-3", "拒绝出函", expects="末词为REFUSED的订单收款后发B3 REFUSED，带拒绝代码和原因", needs=("B3-1",))
def refused(play: Play) -> None:
    number = play.number(Word.REFUSED)
    play.ask(A2, samples.order(play, Word.REFUSED))
    play.hear(B1, number)
    play.ask(A3, samples.link(), order_no=number)
    payment = play.hear(B2, number)[0].body
    play.known["unused_txn"] = payment["pay_txn_no"]
    said = play.hear(B3, number)[0].body
    if said["result"] != "REFUSED":
        raise Failed(f"应拒绝出函，实为{said['result']}")


@chapter("A15-1", "退款金额与支付不符", expects="拒绝，应答3005", needs=("B3-3",))
def wrong_amount(play: Play) -> None:
    wrong = samples.repayment(play, amount=play.known["premium"] + 100)
    play.refused(A15, wrong, Code.AMOUNT_MISMATCH, order_no=play.number(Word.REFUSED))


@chapter("A15-2", "没有的支付流水", expects="拒绝，应答3001", needs=("B3-3",))
def unknown_payment(play: Play) -> None:
    wrong = samples.repayment(play, pay_txn_no=play.number("NOTXN"))
    play.refused(A15, wrong, Code.UNKNOWN, order_no=play.number(Word.REFUSED))


@chapter("A15-3", "已出函的订单退款", expects="拒绝，应答3002", needs=("B3-1",))
def issued(play: Play) -> None:
    asked = samples.repayment(play, pay_txn_no=play.known["payment"]["pay_txn_no"])
    play.refused(A15, asked, Code.STATE_CONFLICT, order_no=play.number(Word.PAID))


@chapter("A15-4", "退款", expects="应答0", needs=("B3-3",))
def repay(play: Play) -> None:
    play.ask(A15, samples.repayment(play), order_no=play.number(Word.REFUSED))


@chapter("B11-1", "退款结果", expects="发B11 DONE，流水和金额与支付一致", needs=("A15-4",))
def repaid(play: Play) -> None:
    said = play.hear(B11, play.number(Word.REFUSED))[0].body
    if said["result"] != "DONE":
        raise Failed(f"退款应完成，实为{said['result']} {said.get('reason', '')}")
    if said["pay_txn_no"] != play.known["unused_txn"]:
        raise Failed("B11的支付流水不是要求退款的那一笔")
    if said["amount"] != play.known["premium"]:
        raise Failed(f"支付{yuan(play.known['premium'])}元，退款{yuan(said['amount'])}元")


@chapter("A4-4", "查询已退款的订单", expects="支付状态为REPAID", needs=("B11-1",))
def standing(play: Play) -> None:
    said = play.ask(A4, order_no=play.number(Word.REFUSED))
    if said["pay_status"] != "REPAID":
        raise Failed(f"pay_status应为REPAID，实为{said['pay_status']}")
