"""A3, B2, B3: paid as agreed, issued as ordered, signed with the registered certificate."""

from collections.abc import Mapping
from typing import Any

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.acceptance.script.products import yuan
from app.protocol import documents
from app.protocol.calls import A3, A4, A5, B2, B3
from app.protocol.codes import Code
from app.protocol.trial import Play as Word

chapter = Chapter("支付与出函")


@chapter("A3-3", "获取支付链接", expects="应答网址，支付截止不晚于平台给出的时间", needs=("B1-1",))
def link(play: Play) -> None:
    asked = samples.link()
    said = play.ask(A3, asked, order_no=play.number(Word.PAID))
    if said["expires_at"] > asked["expires_at"]:
        raise Failed("支付截止晚于平台给出的时间")


@chapter("B2-1", "支付结果", expects="收到A3后发B2 SUCCESS", needs=("A3-3",))
def paid(play: Play) -> None:
    said = play.hear(B2, play.number(Word.PAID))[0].body
    if said["status"] != "SUCCESS":
        raise Failed(f"支付应成功，实为{said['status']}")
    play.known["payment"] = said


@chapter("B2-2", "支付金额", expects="B2的金额等于B1的保费", needs=("B2-1",))
def exact(play: Play) -> None:
    told, asked = play.known["payment"]["amount"], play.known["asked"]
    if told != asked:
        raise Failed(f"保费{yuan(asked)}元，支付{yuan(told)}元")


@chapter("B3-1", "出函", expects="收款后发B3 ISSUED，金额、有效期、密文方式与订单一致", needs=("B2-2",))
def issued(play: Play) -> None:
    said = play.hear(B3, play.number(Word.PAID))[0].body
    if said["result"] != "ISSUED":
        raise Failed(f"应出函，实为{said['result']} {said.get('reason', '')}")
    order = play.known["order"]
    play.known["issued"] = said
    names = {"amount": "guarantee_amount", "valid_from": "valid_from", "valid_to": "valid_to", "mode": "mode"}
    wrong = [name for name, ordered in names.items() if said[name] != order[ordered]]
    if wrong:
        raise Failed(f"与订单不一致：{'、'.join(wrong)}")


@chapter("B3-2", "保函文件", expects="PDF完好，SM3和SHA-256相符，由登记的签章证书签名并覆盖整个文件", needs=("B3-1",))
def document(play: Play) -> None:
    judge(play, play.known["issued"]["file"])


@chapter("B2-3", "先支付后出函", expects="B2先于B3到达", needs=("B3-1",))
def in_order(play: Play) -> None:
    number = play.number(Word.PAID)
    came = [one.call for one in play.listen() if one.number == number and one.call in ("B2", "B3") and not one.refused]
    if came.index("B3") < came.index("B2"):
        raise Failed("B3先于B2到达")


@chapter("A4-3", "查询已出函的订单", expects="已支付、已出函，保函编号和支付流水与回调一致", needs=("B3-1",))
def standing(play: Play) -> None:
    said, told = play.ask(A4, order_no=play.number(Word.PAID)), play.known["issued"]
    wrong = [
        f"{name}应为{wanted}，实为{said.get(name)}"
        for name, wanted in (
            ("pay_status", "PAID"),
            ("issue_status", "ISSUED"),
            ("guarantee_no", told["guarantee_no"]),
        )
        if said.get(name) != wanted
    ]
    if [one["pay_txn_no"] for one in said.get("payments", ())] != [play.known["payment"]["pay_txn_no"]]:
        wrong.append("payments应恰为B2告知的一笔")
    if wrong:
        raise Failed("；".join(wrong))


@chapter("A5-2", "关闭已支付的订单", expects="拒绝，应答3004", needs=("B2-1",))
def close_paid(play: Play) -> None:
    play.refused(A5, {"reason": "TIMEOUT"}, Code.ALREADY_PAID, order_no=play.number(Word.PAID))


@chapter("A3-4", "已支付的订单获取支付链接", expects="拒绝，应答3004", needs=("B2-1",))
def link_paid(play: Play) -> None:
    play.refused(A3, samples.link(), Code.ALREADY_PAID, order_no=play.number(Word.PAID))


def judge(play: Play, file: Mapping[str, Any]) -> None:
    """The file as a guarantee: fetched if it is told of by address, hashed, its signature verified."""
    content = play.wire.fetch(file["url"]) if "url" in file else file["content"]
    if content is None:
        raise Failed("文件无法下载：应位于机构登记的接口地址之下")
    if file["format"] != "PDF":
        raise Failed(f"验收要求PDF，实为{file['format']}")
    if not play.certificate:
        raise Failed("机构尚未登记签章证书，无法核对电子签名")
    judged = documents.verify(content, certificate=play.certificate, sm3=file["sm3"], sha256=file["sha256"])
    if not judged.ok:
        raise Failed(judged.text)
