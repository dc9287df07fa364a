"""A12, A6, B4: the lot is opened, the guarantee is shown for what it is."""

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.acceptance.script.paying import judge
from app.protocol.calls import A6, A12, B4
from app.protocol.codes import Code

chapter = Chapter("标段事件与还原")


@chapter("A12-1", "标段事件", expects="开标事件应答0")
def opened(play: Play) -> None:
    play.ask(A12, samples.lot_event(play))


@chapter("A6-1", "保函还原", expects="应答0，accepted含该保函编号", needs=("B3-1",))
def unseal(play: Play) -> None:
    number = play.known["issued"]["guarantee_no"]
    said = play.ask(A6, samples.unsealing(play, number))
    if number not in said["accepted"]:
        raise Failed(f"accepted应含{number}")


@chapter("B4-1", "还原结果", expects="发B4，replaces_sm3为密文保函的SM3", needs=("A6-1", "B3-2"))
def unsealed(play: Play) -> None:
    told = play.known["issued"]
    said = play.hear(B4, told["guarantee_no"])[0].body
    play.known["unsealed"] = said
    if said["replaces_sm3"] != told["file"]["sm3"]:
        raise Failed("replaces_sm3不是B3文件的SM3")


@chapter("B4-2", "明文保函文件", expects="PDF完好，哈希相符，由登记的签章证书签名", needs=("B4-1",))
def document(play: Play) -> None:
    judge(play, play.known["unsealed"]["file"])


@chapter("A6-2", "还原没有的保函", expects="拒绝，应答3001", needs=("B10-1",))
def unknown(play: Play) -> None:
    play.refused(A6, samples.unsealing(play, play.number("NOGUARANTEE")), Code.UNKNOWN)
