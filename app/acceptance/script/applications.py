"""A7–A11 and B5–B9: applications on the guarantee, refused and granted; the refund at the end ends it."""

from collections.abc import Callable, Mapping
from typing import Any

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.acceptance.script.products import yuan
from app.protocol.calls import A7, A8, A9, A10, A11, B5, B6, B7, B8, B9, Call
from app.protocol.codes import Code
from app.protocol.trial import Play as Word

chapter = Chapter("延期、退保、注销、理赔、开票")

Sample = Callable[[Play, str], dict[str, Any]]
REFUSALS: tuple[tuple[str, Call, Call, Sample, str], ...] = (
    ("B5-1", A7, B5, samples.extension, "extension_no"),
    ("B6-1", A8, B6, samples.refund, "refund_no"),
    ("B7-1", A9, B7, samples.cancellation, "cancellation_no"),
    ("B8-1", A11, B8, samples.invoice, "invoice_no"),
    ("B9-1", A10, B9, samples.claim, "claim_no"),
)
"""number of the check, application, its callback, sample, the field that numbers it"""


def _refusing(ask: Call, tell: Call, sample: Sample, name: str) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        said = _decided(play, ask, tell, sample(play, Word.REFUSE), name)[0]
        if said["result"] != "REJECTED":
            raise Failed(f"应不同意，实为{said['result']}")

    return act


for number, ask, tell, sample, name in REFUSALS:
    chapter.add(
        number,
        f"不同意{ask.title}",
        _refusing(ask, tell, sample, name),
        expects=f"{ask.id}应答0；末词为REFUSE的申请发{tell.id} REJECTED，带原因",
        needs=("B3-1",),
    )


@chapter("B5-2", "同意延期", expects="发B5 APPROVED，有效期为申请的日期", needs=("B5-1",))
def extended(play: Play) -> None:
    asked = samples.extension(play, Word.APPROVE)
    said = _granted(play, A7, B5, asked, "extension_no")
    if said.get("valid_to") != asked["valid_to"]:
        raise Failed("B5的有效期不是申请的有效期")


@chapter("A10-1", "理赔超过保函余额", expects="拒绝，应答3009", needs=("B3-1",))
def over_balance(play: Play) -> None:
    asked = samples.claim(play, "OVER", amount=samples.amount(play) + 100)
    play.refused(A10, asked, Code.OVER_BALANCE, guarantee_no=_guarantee(play))


@chapter("B9-2", "同意理赔", expects="依次发B9的ACCEPTED、APPROVED、PAID，金额与申请一致", needs=("B9-1",))
def paid_out(play: Play) -> None:
    asked = samples.claim(play, Word.APPROVE)
    steps = _decided(play, A10, B9, asked, "claim_no", count=3)
    results = [one["result"] for one in steps]
    if results != ["ACCEPTED", "APPROVED", "PAID"]:
        raise Failed(f"应依次为ACCEPTED、APPROVED、PAID，实为{'、'.join(results)}")
    if steps[1]["approved_amount"] != asked["amount"]:
        raise Failed(f"申请{yuan(asked['amount'])}元，核定{yuan(steps[1]['approved_amount'])}元")


@chapter("B8-2", "开票", expects="发B8 APPROVED，带发票文件", needs=("B8-1",))
def invoiced(play: Play) -> None:
    said = _granted(play, A11, B8, samples.invoice(play, Word.APPROVE), "invoice_no")
    if "file" not in said:
        raise Failed("电子发票应带文件")


@chapter("B8-3", "红冲", expects="A11的type为CREDIT_NOTE，发B8 APPROVED，带红字发票文件", needs=("B8-2",))
def credited(play: Play) -> None:
    said = _granted(play, A11, B8, samples.credit_note(play, Word.APPROVE), "invoice_no")
    if "file" not in said:
        raise Failed("电子发票应带红字发票文件")


@chapter("A8-1", "退保保费与支付不符", expects="拒绝，应答3005", needs=("B3-1",))
def wrong_premium(play: Play) -> None:
    asked = samples.refund(play, "WRONG", premium=play.known["premium"] + 100)
    play.refused(A8, asked, Code.AMOUNT_MISMATCH, guarantee_no=_guarantee(play))


@chapter("B6-2", "同意退保", expects="发B6 APPROVED，退还所付保费", needs=("B6-1",))
def refunded(play: Play) -> None:
    said = _granted(play, A8, B6, samples.refund(play, Word.APPROVE), "refund_no")
    if said["amount"] != play.known["premium"]:
        raise Failed(f"保费{yuan(play.known['premium'])}元，退还{yuan(said['amount'])}元")


@chapter("A9-1", "已退保的保函申请注销", expects="拒绝，应答3006", needs=("B6-2",))
def not_in_force(play: Play) -> None:
    asked = samples.cancellation(play, Word.APPROVE)
    play.refused(A9, asked, Code.NOT_IN_FORCE, guarantee_no=_guarantee(play))


def _granted(play: Play, ask: Call, tell: Call, asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    said = _decided(play, ask, tell, asked, name)[0]
    if said["result"] != "APPROVED":
        raise Failed(f"应同意，实为{said['result']} {said.get('reason', '')}")
    return said


def _decided(
    play: Play, ask: Call, tell: Call, asked: Mapping[str, Any], name: str, count: int = 1
) -> list[Mapping[str, Any]]:
    numbers: dict[str, Any] = {"guarantee_no": _guarantee(play)} if "{guarantee_no}" in ask.path else {}
    said = play.ask(ask, asked, **numbers)
    if said["number"] != asked[name]:
        raise Failed(f"{ask.id}应答的number应为{asked[name]}，实为{said['number']}")
    return [one.body for one in play.hear(tell, asked[name], count)]


def _guarantee(play: Play) -> str:
    number: str = play.known["issued"]["guarantee_no"]
    return number
