"""我的保函, 查看保函, 点击下载 and 保函查验, through the pages."""

import html
import re
from datetime import timedelta

import pytest
import segno
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.audit import AuditLine
from app.protocol.calls import C2
from app.protocol.codes import Code
from tests.orders.scene import LOT, XIANGJIAN, YANCHI, Scene

WRONG = "没有找到与编号和查验码相符的保函，请核对后重试。"


@pytest.fixture
def scene(stage: Scene) -> Scene:
    stage.lot()
    return stage


@pytest.fixture
def no(scene: Scene) -> str:
    """XIANGJIAN's guarantee over 600,000 yuan; its code is 80514427."""
    order = scene.apply()
    scene.passes(order)
    scene.paid(order)
    scene.issues(order)
    return f"BH-{order}"


@pytest.fixture
def bidder(scene: Scene) -> FlaskClient:
    return scene.client()


def said(page: str) -> dict[str, str]:
    """The facts of a page, label → value."""
    found = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    words = [(re.sub(r"<[^>]+>", " ", label), re.sub(r"<[^>]+>", " ", value)) for label, value in found]
    return {" ".join(label.split()): html.unescape(" ".join(value.split())) for label, value in words}


# 我的保函


def test_an_issued_guarantee_stands_in_my_guarantees_and_can_be_seen_and_downloaded(
    bidder: FlaskClient, no: str
) -> None:
    page = bidder.get("/guarantees/").text
    assert no in page
    assert "生效中" in page
    assert f'href="/guarantees/{no}"' in page
    assert f'href="/guarantees/{no}/file"' in page
    assert page.index("查看保函") < page.index("点击下载")


def test_my_guarantees_can_be_narrowed_to_a_state(bidder: FlaskClient, no: str) -> None:
    assert no in bidder.get("/guarantees/?state=in_force").text
    assert no not in bidder.get("/guarantees/?state=refunded").text
    assert no in bidder.get("/guarantees/?state=nonsense").text


def test_without_a_guarantee_the_page_says_how_one_comes(bidder: FlaskClient) -> None:
    assert "保函申请成功出函后，会出现在这里。" in bidder.get("/guarantees/").text


def test_somebody_elses_guarantee_is_not_there(scene: Scene, no: str) -> None:
    other = scene.client(YANCHI)
    assert no not in other.get("/guarantees/").text
    for part in ("", "/file"):
        assert other.get(f"/guarantees/{no}{part}").status_code in (403, 404)
    visitor = scene.app.test_client()
    assert visitor.get(f"/guarantees/{no}/file").status_code == 302


# 查看保函


def test_the_guarantee_shows_what_was_bought(bidder: FlaskClient, no: str) -> None:
    facts = said(bidder.get(f"/guarantees/{no}").text)
    assert facts["投标人"] == XIANGJIAN["name"]
    assert facts["受益人"] == "湖南麓谷投资建设有限公司"
    assert facts["出函机构"] == "云麓商业银行股份有限公司"
    assert facts["保函性质"] == "独立保函"
    assert "¥600,000.00" in facts["担保金额"]
    assert "陆拾万元整" in facts["担保金额"]
    assert "¥1,800.00" in facts["保费"]
    assert "80514427" in facts["查验码"]
    assert facts["订单编号"] == no.removeprefix("BH-")


def test_an_order_leads_to_its_guarantee(scene: Scene, bidder: FlaskClient, no: str) -> None:
    order = no.removeprefix("BH-")
    assert bidder.get(f"/guarantees/of/{order}").location == f"/guarantees/{no}"
    scene.lot("LOT-2")
    unissued = scene.apply("LOT-2")
    answer = bidder.get(f"/guarantees/of/{unissued}")
    assert (answer.status_code, "该订单还没有保函" in answer.text) == (404, True)


def test_an_unknown_guarantee_is_not_found(bidder: FlaskClient) -> None:
    answer = bidder.get("/guarantees/BH-404")
    assert (answer.status_code, "没有这份保函" in answer.text) == (404, True)


# 点击下载


def test_the_download_is_the_document_that_was_signed_and_is_recorded(
    scene: Scene, bidder: FlaskClient, no: str
) -> None:
    answer = bidder.get(f"/guarantees/{no}/file")
    assert answer.data == scene.papers["BANK01:good"]
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{no}.pdf"'
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    (line,) = scene.rows(select(AuditLine).where(AuditLine.subject == no, AuditLine.text == "下载保函"))
    assert (line.actor, line.actor_label) == ("entity", "投标人")


# 保函查验


def test_before_opening_anybody_learns_that_it_exists_and_its_state_and_no_more(scene: Scene, no: str) -> None:
    answer = scene.app.test_client().get("/verify", query_string={"no": f" {no} ", "code": "80514427"})
    assert answer.status_code == 200
    assert said(answer.text) == {"保函编号": no, "状态": "生效中"}
    hidden = (XIANGJIAN["name"], "麓谷", "梅溪湖", "云麓", "600,000")
    assert [word for word in hidden if word in answer.text] == []


def test_after_opening_anybody_who_holds_it_sees_whose_it_is(scene: Scene, no: str) -> None:
    scene.wait(days=10, hours=2)
    opened = {
        "event_id": "E-open",
        "event": "OPENED",
        "at": scene.now.replace(microsecond=0) + timedelta(days=10, hours=1),
    }
    assert scene.trading.say(C2, opened, lot_id=LOT).code == Code.OK
    facts = said(scene.app.test_client().get(f"/verify?no={no}&code=80514427").text)
    assert facts["投标人"] == XIANGJIAN["name"]
    assert facts["受益人"] == "湖南麓谷投资建设有限公司"
    assert "¥600,000.00" in facts["担保金额"]


@pytest.mark.parametrize(("number", "code"), [("", "80514428"), ("BH-404", "80514427"), ("", "8051442７")])
def test_a_wrong_number_and_a_wrong_code_are_answered_alike(scene: Scene, no: str, number: str, code: str) -> None:
    answer = scene.app.test_client().get("/verify", query_string={"no": number or no, "code": code})
    assert answer.status_code == 404
    assert WRONG in answer.text
    assert f'value="{number or no}"' in answer.text


def test_half_a_question_is_only_the_form(scene: Scene, no: str) -> None:
    answer = scene.app.test_client().get("/verify", query_string={"no": no})
    assert (answer.status_code, WRONG in answer.text, said(answer.text)) == (200, False, {})


def test_the_qr_code_is_of_the_address_that_verifies_it(scene: Scene, bidder: FlaskClient, no: str) -> None:
    page = bidder.get(f"/guarantees/{no}").text
    address = html.unescape(re.search(r'<a href="([^"]+/verify\?[^"]+)"', page)[1])
    drawn = html.unescape(re.search(r'<img src="(data:image/svg[^"]+)"', page)[1])
    assert drawn == segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    public = scene.app.config["PUBLIC_URL"]
    assert address.startswith(f"{public}/verify?")
    assert "查验到这份保函。" in scene.app.test_client().get(address.removeprefix(public)).text


def test_codes_can_not_be_tried_out_on_the_page(scene: Scene, no: str) -> None:
    client = scene.app.test_client()
    with time_machine.travel(clock.now(), tick=False):
        answers = [client.get(f"/verify?no={no}&code={code}") for code in range(7)]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429] * 2
    assert "查验过于频繁，请稍后再试" in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "1"
