"""B10: what the institution sells; the first of its products is what the test then buys."""

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play
from app.protocol.calls import A1, A14, B10
from app.protocol.codes import Code
from app.protocol.trial import Play as Word

chapter = Chapter("产品与询价")


@chapter("B10-1", "发送产品", expects="收到echo末词为PRODUCTS的A14后发B10，至少一个产品")
def products(play: Play) -> None:
    play.ask(A14, samples.ping(play, Word.PRODUCTS))
    told = play.hear(B10, "")[-1].body
    if told["status"] != "OPEN" or not told["products"]:
        raise Failed("B10应为OPEN且至少有一个产品")
    play.known["product"] = told["products"][0]


@chapter("A1-1", "询价", expects="应答保费和费率，保费不为零", needs=("B10-1",))
def quote(play: Play) -> None:
    said = play.ask(A1, samples.quote(play))
    if said["premium"] <= 0:
        raise Failed("保费应大于零")
    play.known["premium"] = said["premium"]


@chapter("A1-2", "保费合于产品", expects="询价的保费不低于产品的最低保费", needs=("A1-1",))
def minimum(play: Play) -> None:
    least = play.known["product"]["minimum_premium"]
    if play.known["premium"] < least:
        raise Failed(f"保费{yuan(play.known['premium'])}元，最低保费{yuan(least)}元")


@chapter("A1-3", "金额超过产品限额", expects="拒绝，应答3010或2003", needs=("A1-1",))
def over_limit(play: Play) -> None:
    asked = samples.quote(play) | {"amount": play.known["product"]["limit"] + 100}
    play.refused(A1, asked, Code.INSTITUTION_UNAVAILABLE, Code.OVER_CAP)


def yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"
