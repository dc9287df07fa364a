"""What happens before a lot is opened: bidders, two lots with orders in every state, and one that nobody wants."""

import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.guarantees.models import Guarantee
from app.jobs import relay
from app.protocol.calls import C3, C6
from app.protocol.codes import Code, Refusal
from app.protocol.digests import sm3_hex
from app.sandbox.cast import ENTITIES
from tests.applications.desk import Desk
from tests.invoices.counting import PAPER, Books
from tests.orders.scene import Bidder, Scene
from tests.support.people import login_as

WANTED, ALSO, UNWANTED = LOTS = ("LOT-QZ81", "LOT-QZ82", "LOT-QZ83")
BIDDERS: tuple[Bidder, ...] = ENTITIES[:6]
BOND = 61_234_500
AMOUNTS = ("612345", "612345.00", "61234500", "1837.04", "183704", "3061.73", "306173")
"""The bond, and what 0.30 % and 0.50 % of it are: yuan, fen."""
TAX_INVOICE, COURIER, ACCOUNT, ADDRESS = "26430000007788990011", "SF7788990011", "6222027788990011", "望城坡街道7788号"
"""What is on an invoice and its envelope."""
BANK, INSURER = "BANK01-TB", "INS01-TB"
TENDERER = ENTITIES[6]
AWARD = {"winner": {"name": BIDDERS[0]["name"], "uscc": BIDDERS[0]["uscc"]}}


@dataclass
class Life:
    """`orders`: lot → the numbers of its orders, all that were ever begun."""

    orders: dict[str, list[str]] = field(default_factory=dict)
    early: str = ""  # the number of an early access to WANTED
    digests: list[str] = field(default_factory=list)  # of everything institutions said, as anybody can compute them

    @property
    def numbers(self) -> set[str]:
        return {no for numbers in self.orders.values() for no in numbers}


def lived(scene: Scene) -> Life:
    """The same on WANTED and on ALSO, with the bidders in another order, so that nothing but the lot tells them apart.
    What happens to a lot itself happens to all three."""
    life = Life()
    for lot in LOTS:
        scene.lot(lot, bond_amount=BOND)
    for lot, bidders in ((WANTED, BIDDERS), (ALSO, BIDDERS[1:] + BIDDERS[:1])):
        life.orders[lot] = [act(scene, lot, who) for act, who in zip(ACTS, bidders, strict=True)]
    for lot in LOTS:
        scene.lot_event("SUSPENDED", lot)
        scene.lot_event("RESUMED", lot)
        scene.lot(lot, bond_amount=BOND, version=2)
        scene.work()
        assert scene.trading.say(C3, lot_id=lot).code == Code.CONFIDENTIAL
        assert scene.trading.say(C6, AWARD | {"awarded_at": clock.now().replace(microsecond=0)}, lot_id=lot).code != 0
    for lot, who in ((WANTED, BIDDERS[0]), (ALSO, BIDDERS[1])):
        _after_the_change(scene, life.orders[lot][0], who)
    _complained(scene, BIDDERS[0])
    life.early = _read_early(scene, WANTED)
    scene.applied(WANTED, who=BIDDERS[5], until="details", amount="612345.00")
    assert "新" in scene.client(BIDDERS[0]).get("/work/notices/").text
    _looked_at(scene, life)
    _work_left_in_redis(scene)
    for party in scene.parties.values():
        for sent in party.sent:
            said = f"{sent['method']}\n{sent['path']}\n".encode() + sent["data"]
            life.digests += [sm3_hex(said), sm3_hex(sent["data"]), hashlib.sha256(sent["data"]).hexdigest()]
    return life


def _issued(scene: Scene, lot: str, who: Bidder) -> str:
    no = _placed(scene, lot, who, BANK)
    scene.passes(no)
    scene.pay(no, who=who)
    scene.paid(no)
    scene.paid(no)
    scene.issues(no, paper="tampered", known=False)
    scene.issues(no)
    _asked_back(scene, no, who)
    _invoiced(scene, no, who)
    return no


def _invoiced(scene: Scene, no: str, who: Bidder) -> None:
    """开具发票: refused once in words that name the bidder, then made out by post."""
    books, handler = Books(scene), who["handler"]
    said = PAPER | {
        "title": who["name"], "tax_no": who["uscc"], "recipient": handler["name"], "recipient_phone": handler["phone"],
        "recipient_address": f"{who['name']}{ADDRESS}", "account": ACCOUNT,
    }  # fmt: skip
    refused = books.asked(no, who=who, **said)
    books.decide(refused, result="REJECTED", reject_code="T01", reason=f"{who['name']}的税号{who['uscc']}有误")
    invoice = books.asked(no, who=who, **said)
    told = {"courier": "顺丰速运", "courier_no": COURIER, "number": TAX_INVOICE}
    assert books.tells_of(invoice, no, **told).code == 0
    assert handler["name"][0] in books.page(f"/invoices/{invoice}", who=who)


def _asked_back(scene: Scene, no: str, who: Bidder) -> None:
    """申请退保 and its refusal, both in words that name the bidder."""
    guarantee = scene.guarantee(no)
    assert guarantee is not None
    desk, handler = Desk(scene), who["handler"]
    why = f"{who['name']}不再投标，保费1837.04元请退回，联系{handler['name']}{handler['phone']}"
    refund = desk.applied(guarantee.no, "refund", who=who, reason_code="R01", note=why)
    assert handler["name"] in desk.page(f"/applications/{refund}", who=who)
    refused = f"{who['name']}的担保金额612345.00元不符合退保条件"
    assert desk.decide(refund, result="REJECTED", reject_code="N01", reason=refused).status_code == 303


def _after_the_change(scene: Scene, no: str, who: Bidder) -> None:
    """申请延期 and its refusal; 申请注销 and 申请理赔 that come too early."""
    guarantee = scene.guarantee(no)
    assert guarantee is not None
    desk, day = Desk(scene), clock.local(clock.now() + timedelta(days=200)).date()
    said = {
        "reason_code": "E01",
        "valid_to": day.isoformat(),
        "note": f"{who['name']}申请延期，联系{who['handler']['phone']}",
    }
    extension = desk.applied(guarantee.no, "extension", who=who, **said)
    refused = f"{who['name']}（{who['uscc']}）的保费3061.73元不足"
    assert desk.decide(extension, result="REJECTED", reject_code="N99", reason=refused).status_code == 303
    assert desk.apply(guarantee.no, "cancellation", who=who).status_code == 409
    tenderer: Any = scene.app.test_client()
    login_as(tenderer, "tenderer", **TENDERER)
    assert tenderer.post(f"/guarantees/{guarantee.no}/apply/claim", data={"amount": "612345.00"}).status_code == 404


def _complained(scene: Scene, who: Bidder) -> None:
    """Of an institution, in words that name the complainant."""
    client, phone = scene.client(who), who["handler"]["phone"]
    client.post("/codes", data={"phone": phone, "purpose": "complaint"})
    scene.work()
    sent = [one["text"] for one in scene.counter.texts if one["phone"] == phone]
    code = next(found[0] for text in reversed(sent) if (found := re.search(r"(?<!\d)\d{6}(?!\d)", text)))
    said = {
        "institution": "BANK01", "content": f"{who['name']}已交保费1837.04元，迟迟不出函，请核实处理",
        "name": who["handler"]["name"], "phone": phone, "code": code,
    }  # fmt: skip
    assert client.post("/complaints/new", data=said).status_code == 302


def _read_early(scene: Scene, lot: str) -> str:
    """紧急启封 by two persons."""
    asks, allows = scene.app.test_client(), scene.app.test_client()
    login_as(asks, "operator", sub="operator-1", name="沈知微")
    login_as(allows, "publisher", sub="publisher-1", name="苏慕白")
    said = {
        "lot": lot, "basis": "security", "document_no": "事件〔2026〕3号", "reason": "疑似有人窥探投标情况，须核对",
        "document": (io.BytesIO(scene.papers["BANK01:unsigned"]), "通知书.pdf"),
    }  # fmt: skip
    asked = asks.post("/work/early-access/new", data=said, content_type="multipart/form-data")
    assert asked.status_code == 303
    no = asked.location.rsplit("/", 1)[1]
    decided = {"result": "agree", "opinion": "已电话核对属实"}
    assert allows.post(f"/desk/tasks/{scene.task(no).id}", data=decided).status_code == 303
    scene.work()
    assert BIDDERS[0]["name"] in asks.get(f"/work/early-access/{no}/bidders").text
    return no


def _in_issuing(scene: Scene, lot: str, who: Bidder) -> str:
    no = _placed(scene, lot, who, INSURER)
    scene.passes(no)
    scene.paid(no)
    return no


def _refused(scene: Scene, lot: str, who: Bidder) -> str:
    """The institution's reason names the bidder."""
    no = _placed(scene, lot, who, BANK)
    scene.rejects(no, reason=f"{who['name']}（{who['uscc']}）的保证金612345.00元超出授信额度")
    return no


def _not_taken(scene: Scene, lot: str, who: Bidder) -> str:
    """So does its complaint about a message it does not take."""
    said = f"{who['name']}的经办人{who['handler']['name']}电话{who['handler']['phone']}有误，担保金额612345.00"
    scene.counter.manners["A2"] = Refusal(Code.FORMAT, said)
    no = _placed(scene, lot, who, INSURER)
    del scene.counter.manners["A2"]
    assert scene.incidents(no)
    return no


def _abandoned(scene: Scene, lot: str, who: Bidder) -> str:
    no = _placed(scene, lot, who, BANK)
    scene.passes(no)
    scene.abandon(no, who=who)
    return no


def _repaid(scene: Scene, lot: str, who: Bidder) -> str:
    no = _placed(scene, lot, who, BANK)
    scene.passes(no)
    txn = scene.paid(no)
    scene.refuses_issue(no, reason=f"{who['name']}已列入失信名单")
    scene.repays(no, txn)
    return no


ACTS = (_issued, _in_issuing, _refused, _not_taken, _abandoned, _repaid)


def _placed(scene: Scene, lot: str, who: Bidder, product: str) -> str:
    return scene.apply(lot, who=who, product=product, amount="612345.00")


def _looked_at(scene: Scene, life: Life) -> None:
    """By the bidder, an operator, and whoever holds a guarantee in hand."""
    client: Any = scene.app.test_client()
    login_as(client, "operator")
    for page in ("/desk/", "/desk/incidents/"):
        assert client.get(page).status_code == 200
    for lot in (WANTED, ALSO):
        for no, who in zip(life.orders[lot], BIDDERS if lot == WANTED else BIDDERS[1:] + BIDDERS[:1], strict=True):
            assert no in scene.page(no, who=who)
    (guarantee, *_more) = scene.rows(select(Guarantee))
    scene.app.test_client().get(f"/verify?no={guarantee.no}&code={guarantee.verify_code}")


def _work_left_in_redis(scene: Scene) -> None:
    """An order whose jobs wait in the queue."""
    with scene.app.app_context(), transaction():
        relay.due(limit=0)
    scene.applied(ALSO, who=BIDDERS[0], amount="612345.00", product=BANK)
    with scene.app.app_context():
        relay.sweep()
        db.session.remove()
