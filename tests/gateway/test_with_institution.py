"""The gateway and an institution of its own process speak to each other, over the loopback, both ways."""

import threading
from datetime import datetime

import pytest
import requests
from sqlalchemy import select
from werkzeug.serving import make_server

from app import clock, files, gateway
from app.db import db, transaction
from app.gateway import outgoing, reconciling
from app.guarantees.models import Guarantee
from app.ledger import LedgerEntry
from app.orders.models import Payment
from app.protocol import documents
from app.protocol.calls import C1
from app.runtime.models import InboxMessage
from app.runtime.operations import OpContext
from app.sandbox import demo as sandbox
from tests.gateway import placed
from tests.gateway.party import Party
from tests.sandbox.receiver import until
from tests.support.ports import free_port


@pytest.fixture
def platform_url(app):
    server = make_server("127.0.0.1", free_port(), app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def known(app, platform_url, tmp_path, monkeypatch, start):
    """The demo's parties, their institutions running as a process of their own."""
    ports = {"SANDBOX_INSTITUTION_PORT": str(free_port()), "PUBLIC_URL": platform_url, "SANDBOX_DELAY": "0.05"}
    for name, value in ports.items():
        monkeypatch.setenv(name, value)
    document = sandbox.create(tmp_path).content
    with app.app_context(), transaction():
        gateway.seed_demo(document)
    start("app.sandbox", "institution", "--dir", str(tmp_path), **ports)
    url = f"http://127.0.0.1:{ports['SANDBOX_INSTITUTION_PORT']}"
    until(lambda: _alive(url), "the institutions are up")
    return document


def _alive(url):
    try:
        return requests.get(f"{url}/livez", timeout=1).ok
    except requests.RequestException:
        return False


def job(number):
    return OpContext(key="DD1", policy="order", now=clock.now(), element="x", idempotency=f"order:DD1:{number}")


def told(name):
    return [one.payload for one in placed.fresh(select(InboxMessage).where(InboxMessage.name == name))]


def test_an_order_goes_out_and_its_guarantee_comes_back(app, client, known, lot_values):
    trading = sandbox.key(known["trading"]["key"])

    assert Party(client, "TRADING", trading, [trading]).say(C1, lot_values, lot_id="LOT-1").code == 0
    with app.app_context():
        placed.order("DD1", "LOT-1")
        assert outgoing.quote(job(1)) == {"accepted": True, "premium": "1800.00", "rate": "0.003"}
        assert outgoing.query_order(job(2))["known"] is False
        assert outgoing.place_order(job(3))["accepted"] is True
        (verdict,) = until(lambda: told("underwriting"), "B1")
        assert (verdict["result"], verdict["premium"]) == ("PASS", "1800.00")
        assert outgoing.query_order(job(4))["pay_status"] == "UNPAID"
        link = outgoing.payment_link(job(5))
        requests.post(link["url"], data={"channel": "扫码支付"}, allow_redirects=False, timeout=5)
        (payment,) = until(lambda: told("payment"), "B2")
        assert (payment["amount"], payment["status"]) == ("1800.00", "SUCCESS")
        (issuance,) = until(lambda: told("issuance"), "B3")
        content = files.content(issuance["file_id"])
        certificate = next(one for one in known["institutions"] if one["code"] == "BANK01")["certificate_pem"]
        judged = documents.verify(content, certificate=certificate, sm3=issuance["sm3"], sha256=issuance["sha256"])
        assert judged.ok, judged.text
        standing = outgoing.query_order(job(6))
        assert (standing["pay_status"], standing["issue_status"]) == ("PAID", "ISSUED")
        assert standing["guarantee_no"] == issuance["guarantee_no"]
        assert outgoing.close_order(job(7), "TIMEOUT")["paid"] is True
        assert len(placed.fresh(select(InboxMessage))) == 3
        assert placed.fresh(select(Guarantee)) == placed.fresh(select(LedgerEntry)) == []


def test_an_institution_that_lies_about_its_books_is_found_out(app, client, known, lot_values):
    trading = sandbox.key(known["trading"]["key"])
    assert Party(client, "TRADING", trading, [trading]).say(C1, lot_values, lot_id="LOT-1").code == 0
    url = next(one for one in known["institutions"] if one["code"] == "BANK01")["endpoint_url"].removesuffix("/BANK01")
    with app.app_context():
        placed.order("DD1", "LOT-1")
        outgoing.place_order(job(1))
        until(lambda: told("underwriting"), "B1")
        link = outgoing.payment_link(job(2))
        requests.post(link["url"], data={"channel": "扫码支付"}, allow_redirects=False, timeout=5)
        (payment,) = until(lambda: told("payment"), "B2")
        (issuance,) = until(lambda: told("issuance"), "B3")
        placed.guarantee(issuance["guarantee_no"], "DD1", "LOT-1")
        with transaction():
            paid_at = datetime.fromisoformat(payment["paid_at"])
            paid = {"amount": 180_000, "channel": "x", "paid_at": paid_at}
            db.session.add(Payment(order_no="DD1", txn_no=payment["pay_txn_no"], **paid))
        said = []
        for how in ("", "missing", "extra", "amount"):
            rule = {"institution": "BANK01", "kinds": {"lies": {"how": how}} if how else {}}
            assert requests.post(f"{url}/misbehave", json=rule, timeout=5).ok
            found = reconciling.differing("BANK01", clock.local(paid_at).date(), request_id=f"A13-{how or 'honest'}")
            said.append([(one.what, one.kind) for one in found])
        assert said == [[], [("MISSING", "PAYMENT")], [("EXTRA", "PAYMENT")], [("AMOUNT", "PAYMENT")]]
