"""What happens before a lot is opened: bidders, two lots with orders in every state, and one that nobody wants."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.db import db, transaction
from app.guarantees.models import Guarantee
from app.jobs import relay
from app.protocol.calls import C3
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


@dataclass
class Life:
    """`orders`: lot → the numbers of its orders, all that were ever begun."""

    orders: dict[str, list[str]] = field(default_factory=dict)
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
        assert scene.trading.say(C3, lot_id=lot).code == Code.CONFIDENTIAL
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
