"""申请理赔 (manual 6), by the tenderer of an opened lot or the agent it delegates."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.db import transaction
from app.gateway import news
from app.protocol.calls import A10, B9
from tests.applications.desk import Desk, words
from tests.orders.scene import BOND, LOT, PREMIUM, YANCHI, Scene
from tests.support.people import login_as

Issued = Callable[..., str]
LUGU = {
    "sub": "tenderer-1", "name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785", "roles": ["tenderer"],
    "handler": {"name": "周敏", "id_no": "430102199001011238", "phone": "13900000021"},
}  # fmt: skip
OTHER = LUGU | {"sub": "tenderer-2", "name": "湖南另一招标有限公司", "uscc": "91430000MA8OTHER05"}
AGENT = LUGU | {
    "sub": "agent-1",
    "name": "湖南招标代理有限公司",
    "uscc": "91430000MA8AGENT06",
    "roles": ["tender_agent"],
}
PAYEE = {
    "account": "6222020200012345678", "contact": "周敏", "contact_phone": "13900000021",
    "reason": "中标人无正当理由不与招标人订立合同",
}  # fmt: skip
YES = {"result": "APPROVED", "approved_amount": "600000.00"}
NO = {"result": "REJECTED", "reject_code": "N02", "reason": "索赔材料不符合保函约定"}


class Beneficiary:
    """The tenderer's or its agent's side."""

    def __init__(self, scene: Scene, role: str, who: dict[str, Any]):
        self.scene, self.role, self.who = scene, role, who

    @property
    def client(self) -> FlaskClient:
        """Signed in just now: days pass between two acts."""
        client = self.scene.app.test_client()
        login_as(client, self.role, **self.who)
        return client

    def fills_in(self, guarantee: str, **changes: Any) -> TestResponse:
        said = {"amount": "600000.00", **PAYEE, "evidence": (self.paper(), "索赔函.pdf")} | changes
        return self.client.post(f"/guarantees/{guarantee}/apply/claim", data=said)

    def claims(self, guarantee: str, **changes: Any) -> str:
        """Filled in and confirmed; the claim's number."""
        looked_over = self.fills_in(guarantee, **changes)
        assert looked_over.status_code == 302, words(looked_over)
        sent = self.client.post(looked_over.location)
        assert sent.status_code == 302, words(sent)
        self.scene.work()
        return sent.location.rsplit("/", 1)[1]

    def paper(self) -> io.BytesIO:
        return io.BytesIO(self.scene.papers["BANK01:unsigned"])

    def page(self, path: str) -> str:
        return words(self.client.get(path))


@pytest.fixture
def tenderer(scene: Scene) -> Beneficiary:
    return Beneficiary(scene, "tenderer", LUGU)


@pytest.fixture
def opened(scene: Scene, issued: Issued) -> str:
    """A guarantee whose lot was opened; the lot has an agent."""
    scene.lot(LOT, version=2, agent={"name": AGENT["name"], "uscc": AGENT["uscc"]})
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    return guarantee


def paid(scene: Scene, desk: Desk, no: str) -> TestResponse:
    voucher = (io.BytesIO(scene.papers["BANK01:unsigned"]), "付款凭证.pdf")
    return desk.decide(no, result="PAID", paid_at="2026-01-20T10:00", voucher=voucher)


@pytest.mark.both_databases
def test_paid_in_full_the_guarantee_has_lapsed(scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str) -> None:
    looked_over = tenderer.fills_in(opened)
    assert "以下信息提交后将无法修改, 请再次确认后提交" in tenderer.page(looked_over.location)
    assert desk.state(opened) == "生效中"
    no = tenderer.claims(opened)
    assert desk.state(opened) == "理赔中"
    (sent,) = scene.asked(no, A10)
    assert (sent["claimant"]["name"], sent["amount"], sent["payee"]["account"]) == (
        LUGU["name"], BOND, "6222020200012345678",
    )  # fmt: skip
    desk.decide(no, **YES)
    assert "待赔付" in tenderer.page(f"/applications/{no}")
    assert paid(scene, desk, no).status_code == 303
    assert desk.state(opened) == "已失效"
    assert "已赔付" in tenderer.page("/applications/?kind=claim")
    standing = {"bidder": -PREMIUM, "earned": PREMIUM, "issuer": -BOND, "claimed": BOND}
    assert scene.ledger(scene.order_of(opened)) == standing


def test_paid_in_part_its_balance_is_less(scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str) -> None:
    desk.decide(no := tenderer.claims(opened, amount="200000.00"), result="APPROVED", approved_amount="200000.00")
    paid(scene, desk, no)
    assert desk.state(opened) == "生效中"
    assert "¥400,000.00" in tenderer.page(f"/guarantees/{opened}")
    answer = tenderer.fills_in(opened, amount="400000.01")
    assert "索赔金额不能超过保函余额" in words(tenderer.client.post(answer.location))


def test_more_than_was_claimed_is_not_approved(desk: Desk, tenderer: Beneficiary, opened: str) -> None:
    no = tenderer.claims(opened, amount="200000.00")
    answer = desk.decide(no, result="APPROVED", approved_amount="200000.01")
    assert (answer.status_code, "不超过索赔金额和保函余额" in words(answer)) == (409, True)
    desk.decide(no, **NO)
    assert desk.state(opened) == "生效中"
    assert "索赔材料不符合保函约定" in tenderer.page(f"/applications/{no}")


@pytest.mark.both_databases
def test_by_its_calls_the_institution_takes_it_up_asks_for_papers_approves_and_pays(
    scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str
) -> None:
    no = tenderer.claims(opened)
    told = {"claim_no": no, "guarantee_no": opened}
    assert desk.tells(B9, told | {"result": "ACCEPTED"}).code == 0
    assert "机构已受理理赔申请" in tenderer.page(f"/applications/{no}")
    assert desk.tells(B9, told | {"result": "NEED_DOCS", "reason": "请补充中标通知书"}).code == 0
    assert "请补充中标通知书" in tenderer.page(f"/applications/{no}")
    (task,) = [one for one in scene.tasks_of(no) if one.role == "tenderer"]
    sent = {**PAYEE, "evidence": (tenderer.paper(), "中标通知书.pdf")}
    assert tenderer.client.post(f"/applications/{no}/tasks/{task.id}", data=sent).status_code == 302
    assert desk.tells(B9, told | {"result": "APPROVED", "approved_amount": BOND}).code == 0
    content = scene.papers["BANK01:unsigned"]
    voucher = scene.file(content)
    now = clock.now().replace(microsecond=0)
    assert desk.tells(B9, told | {"result": "PAID", "paid_at": now, "voucher": voucher}).code == 0
    assert desk.state(opened) == "已失效"


def test_only_its_tenderer_sees_it_and_only_after_opening(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    tenderer, other = Beneficiary(scene, "tenderer", LUGU), Beneficiary(scene, "tenderer", OTHER)
    assert tenderer.client.get(f"/guarantees/{guarantee}").status_code == 404
    assert tenderer.client.get(f"/guarantees/lots/{LOT}").status_code == 404
    assert "还没有已开标的标段" in tenderer.page("/guarantees/lots/")
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    assert guarantee in tenderer.page(f"/guarantees/lots/{LOT}")
    assert "申请理赔" in tenderer.page(f"/guarantees/{guarantee}")
    for path in (f"/guarantees/{guarantee}", f"/guarantees/lots/{LOT}", f"/guarantees/{guarantee}/apply/claim"):
        assert other.client.get(path).status_code == 404
    assert scene.client(YANCHI).get(f"/guarantees/{guarantee}/apply/claim").status_code == 404


def test_the_agent_claims_while_the_delegation_stands(scene: Scene, desk: Desk, opened: str) -> None:
    tenderer, agent = Beneficiary(scene, "tenderer", LUGU), Beneficiary(scene, "tender_agent", AGENT)
    assert opened in agent.page(f"/guarantees/lots/{LOT}")
    assert agent.fills_in(opened).status_code == 404
    tenderer.client.post(f"/guarantees/lots/{LOT}/delegation")
    no = agent.claims(opened)
    assert no in tenderer.page(f"/applications/{no}")
    desk.decide(no, **NO)
    tenderer.client.post(f"/guarantees/lots/{LOT}/delegation/revoke")
    assert agent.fills_in(opened).status_code == 404


def test_the_tenderer_takes_all_papers_of_a_lot_at_once(scene: Scene, tenderer: Beneficiary, opened: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(tenderer.client.get(f"/guarantees/lots/{LOT}/guarantees.zip").data))
    assert archive.namelist() == [f"{opened}.pdf"]
    assert archive.read(f"{opened}.pdf") == scene.papers["BANK01:good"]
    table = tenderer.client.get(f"/guarantees/lots/{LOT}/guarantees.csv").text
    assert f"{opened},湘建一川建设集团有限公司" in table
    assert "600000.00" in table


def test_a_claim_without_papers_names_the_field(tenderer: Beneficiary, opened: str) -> None:
    answer = tenderer.fills_in(opened, evidence="", amount="")
    assert answer.status_code == 422
    assert "请上传证明材料" in words(answer)
    assert "请输入索赔金额" in words(answer)


@pytest.mark.both_databases
def test_taking_a_claim_up_needs_nobody_once_the_desk_has_approved_it(
    scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str
) -> None:
    """The call was kept, and before it was delivered the reviewer had decided."""
    no = tenderer.claims(opened)
    with scene.app.app_context(), transaction():
        news.keep("claim", no, "claim", {"claim_no": no, "result": "ACCEPTED"}, sender="BANK01", correlation="ACCEPTED")
    assert desk.decide(no, **YES).status_code == 303
    scene.wait(hours=2)
    assert (scene.incidents(no), scene.undelivered(no)) == ([], [])
    paid(scene, desk, no)
    assert desk.state(opened) == "已失效"
