"""An installation of an earlier day is restored, brought to today's schema, and its orders go on to their ends.

tests/house/earlier holds backups taken with the code of their revision, one a kind of database: orders in every state
(the .json names them), the master key beside each. They are never written again.
"""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from app import clock, gateway, schema
from app.db import db, transaction
from app.institutions import catalogue
from app.institutions.keys import ApiKey
from app.runtime.models import Incident
from app.sandbox import demo as sandbox
from app.sandbox.cast import ENTITIES
from app.sandbox.demo import Demo
from app.studio.models import PolicyDraft
from tests.orders.counter import Counter
from tests.orders.scene import PREMIUM, YANCHI, YUEYUN, Scene, staged
from tests.support.installation import Installation
from tests.support.people import login_as

pytestmark = pytest.mark.both_databases
EARLIER = Path(__file__).parent / "earlier"
Aged = tuple[Scene, dict[str, str]]


@pytest.fixture(params=sorted({path.name[:4] for path in EARLIER.glob("*.tar")}))
def aged(
    request: pytest.FixtureRequest,
    installation: Installation,
    tmp_path: Path,
    papers: dict[str, bytes],
    _counter: Counter,
    _demo_made: Demo,
) -> Iterator[Aged]:
    """The installation as operators have it after the upgrade, and its orders by the state they were left in.

    The institutions are the stage's: their keys and certificates have been changed since.
    """
    name = f"{request.param}-{installation.kind}"
    orders = json.loads((EARLIER / f"{name}.json").read_text())
    app = installation.bare(MASTER_KEY_FILE=str(EARLIER / f"{name}.key"), FILES_URL=f"file://{tmp_path}")
    began = clock.offset()
    try:
        clock.shift(datetime.fromisoformat(orders.pop("at")) - datetime.now(UTC) + timedelta(seconds=1))
        for command in (["restore", str(EARLIER / f"{name}.tar")], ["prepare"], ["resume"]):
            answer = app.test_cli_runner().invoke(args=command)
            assert answer.exit_code == 0, answer.output
        document: dict[str, Any] = copy.deepcopy(_demo_made.content)
        for one in document["institutions"]:
            one["endpoint_url"] = f"{_counter.url}/{one['code']}"
        _counter.reset({one["code"]: sandbox.key(one["key"]) for one in document["institutions"]})
        with app.app_context(), transaction():
            db.session.execute(delete(ApiKey))
            gateway.seed_demo(document)
            for one in document["institutions"]:
                catalogue.get(one["code"]).signer_certificate = one["certificate_pem"]
        app.config["SMS_URL"] = f"{_counter.url}/sms"
        for no in orders.values():
            _counter.order(no).asked.append(("A2", {}))
        with staged(app, _counter, document, papers) as scene:
            yield scene, orders
    finally:
        clock.shift(began)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_it_stands_as_it_was_left_and_what_is_new_in_the_drawings_is_proposed(aged: Aged) -> None:
    scene, orders = aged
    with scene.app.app_context():
        assert schema.seen().ready
        db.session.rollback()
    assert {left: scene.state(no) for left, no in orders.items()} == {
        "underwriting": "核保中",
        "awaiting": "等待支付",
        "issuing": "出函中",
        "repaying": "退款中",
        "issued": "成功出函",
        "failed": "核保中",
    }
    assert scene.incidents(orders["failed"]) == ["A2 被拒绝：2002 handler.phone 格式不正确"]
    assert scene.ledger(orders["issuing"]) == {"bidder": -PREMIUM, "held": PREMIUM}
    assert "order" in [draft.policy for draft in scene.rows(select(PolicyDraft))]
    buyer = scene.client(YANCHI)
    assert orders["issued"] in buyer.get("/orders/").text
    paper = buyer.get(f"/guarantees/BH-{orders['issued']}/file")
    assert paper.data.startswith(b"%PDF")
    assert "继续" in scene.client(ENTITIES[3]).get("/orders/apply").text


def test_its_orders_go_on_to_their_ends(aged: Aged) -> None:
    scene, orders = aged
    scene.passes(orders["underwriting"])
    for left, who in (("underwriting", None), ("awaiting", YANCHI)):
        no = orders[left]
        assert scene.pay(no, **({"who": who} if who else {})).status_code == 302
        scene.paid(no)
        if who is None:
            scene.issues(no)
        else:
            scene.refuses_issue(no)
    scene.issues(orders["issuing"])
    scene.counter.order(orders["repaying"]).payments.append({"pay_txn_no": "OLD-2", "amount": PREMIUM})
    scene.repays(orders["repaying"], "OLD-2")
    assert {left: scene.state(no) for left, no in orders.items()} == {
        "underwriting": "成功出函",
        "awaiting": "退款中",
        "issuing": "成功出函",
        "repaying": "已退款",
        "issued": "成功出函",
        "failed": "核保中",
    }
    _retried(scene, orders["failed"])
    scene.rejects(orders["failed"])
    assert scene.state(orders["failed"]) == "核保不通过"
    again = scene.apply("LOT-2", who=YUEYUN)
    scene.passes(again)
    scene.paid(again)
    scene.issues(again)
    assert scene.state(again) == "成功出函"


def _retried(scene: Scene, no: str) -> None:
    """An operator has the call that failed on the old day made again."""
    client = scene.app.test_client()
    login_as(client, "operator")
    (incident,) = scene.rows(select(Incident).where(Incident.key == no))
    assert client.post(f"/desk/incidents/{incident.id}/retry").status_code == 303
    scene.work()
