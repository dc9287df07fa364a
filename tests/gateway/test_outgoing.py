"""A1–A6 and A15: what diagrams ask of institutions, and what becomes of every kind of answer."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock, files, outside
from app.db import db, transaction
from app.errors import Confidential, Misconfigured, Unavailable
from app.gateway import documents, outgoing
from app.gateway.documents import NoDocument
from app.gateway.lines import CallRejected
from app.gateway.models import TradingPlatform
from app.gateway.operations import OPERATIONS
from app.institutions import ApiKey, Institution
from app.institutions.own_key import platform_key
from app.orders import outgoing as orders
from app.orders.models import Payment
from app.protocol import signing
from app.protocol.calls import A3, A4, B2, B3, C1
from app.protocol.codes import Code
from app.protocol.digests import sm3_hex
from app.protocol.messages.message import write
from app.protocol.signing import Key
from app.runtime.models import InboxMessage, Incident
from app.runtime.operations import OpContext
from tests.gateway import placed
from tests.gateway.teller import Teller, Told

PDF = b"%PDF-1.7\nguarantee"


@pytest.fixture
def teller(app, bank):
    counter = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = counter.url
    yield counter
    counter.close()


@pytest.fixture
def asking(app, lot, teller):
    """The context of one job of order DD1."""
    with app.app_context():
        placed.order("DD1", lot)
        yield OpContext(key="DD1", policy="order", now=clock.now(), element="ask", idempotency="order:DD1:7")


def inbox():
    return [(message.name, message.payload) for message in placed.fresh(select(InboxMessage).order_by(InboxMessage.id))]


def test_an_order_is_placed_sealed(teller, asking, lot_values):
    teller.answer("/v1/orders", Told({"order_no": "DD1", "institution_order_no": "B-77"}))
    assert outgoing.place_order(asking) == {"accepted": True, "institution_order_no": "B-77"}
    (asked,) = teller.asked
    body = asked["body"]
    assert (body["mode"], body["guarantee_amount"], body["bidder"]["name"]) == (
        "SEALED",
        "600000.00",
        "湘建一川建设集团有限公司",
    )
    assert body["handler"]["phone"] == "13900000001"
    assert {"lot", "project", "beneficiary", "lot_category"}.isdisjoint(body)
    assert not [word for word in (lot_values["lot_no"], lot_values["name"], "LOT-1") if word in str(body)]


def test_an_order_for_an_open_lot_names_it(app, teller, trading, lot_values):
    assert trading.say(C1, lot_values | {"sealed": False, "version": 1}, lot_id="LOT-2").code == 0
    teller.answer("/v1/orders", Told({"order_no": "DD9"}))
    with app.app_context():
        placed.order("DD9", "LOT-2")
        context = OpContext(key="DD9", policy="order", now=clock.now(), element="x", idempotency="order:DD9:1")
        assert outgoing.place_order(context)["accepted"] is True
    body = teller.asked[0]["body"]
    assert (body["mode"], body["lot_ref"], body["lot"]["lot_no"]) == ("PLAIN", "LOT-2", lot_values["lot_no"])
    assert (body["project"]["project_no"], body["beneficiary"]["name"]) == (
        "P4301-2026-0107",
        "湖南麓谷投资建设有限公司",
    )


def test_a_call_repeated_after_a_crash_carries_the_same_request_id_and_another_job_another(teller, asking):
    teller.answer("/v1/orders", Told({"order_no": "DD1"}))
    outgoing.place_order(asking)
    outgoing.place_order(asking)
    outgoing.place_order(OpContext(key="DD1", policy="order", now=clock.now(), element="x", idempotency="order:DD1:8"))
    first, second, third = [asked["request_id"] for asked in teller.asked]
    assert first == second != third
    assert len(first) <= 64


@pytest.mark.parametrize(
    "told",
    [
        Told(code=Code.RETRY_LATER),
        Told(code=Code.IN_PROGRESS),
        Told(sign_with=Key("BANK01-1", signing.Algorithm.HMAC_SM3, "00" * 32)),
    ],
    ids=["5001", "5002", "forged"],
)
def test_an_answer_that_says_nothing_is_asked_for_again(teller, asking, told):
    told.data = {"order_no": "DD1"}
    teller.answer("/v1/orders", told)
    with pytest.raises(Unavailable):
        outgoing.place_order(asking)


def test_an_institution_that_is_away_is_asked_again(teller, asking):
    teller.close()
    with pytest.raises(Unavailable):
        outgoing.place_order(asking)


@pytest.mark.parametrize("url", ["https://10.0.0.1/api", "https://169.254.169.254/", "https://[::1]/api"])
def test_nothing_is_sent_to_an_endpoint_inside_a_house(teller, asking, url):
    with transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = url
    with pytest.raises(CallRejected, match="内部网络"):
        outgoing.place_order(asking)


def test_no_document_is_fetched_from_inside_a_house(app_context):
    file = {"url": "https://192.168.3.4/files/BH1.pdf", "format": "PDF", "sm3": "0" * 64, "sha256": "0" * 64}
    with pytest.raises(NoDocument, match="内部网络"):
        documents.fetch(file, endpoint="https://192.168.3.4/api")


def test_an_installation_that_allows_no_inner_network_does_not_call_the_loopback(make_app):
    with make_app(OUTSIDE_ALLOWED="").app_context():
        assert outside.problem("http://127.0.0.1:8102/BANK01") == "该地址指向内部网络，不能作为接口地址"


@pytest.mark.parametrize("code", [Code.OVER_CAP, Code.VALIDITY_TOO_SHORT, Code.INSTITUTION_UNAVAILABLE])
def test_a_refusal_in_the_matter_is_a_result_with_its_reason(teller, asking, code):
    teller.answer("/v1/orders", Told(code=code))
    assert outgoing.place_order(asking) == {"accepted": False, "code": str(int(code)), "reason": code.text}


def test_an_order_that_is_already_there_was_accepted(teller, asking):
    teller.answer("/v1/orders", Told(code=Code.DUPLICATE))
    assert outgoing.place_order(asking)["accepted"] is True


@pytest.mark.parametrize("code", [Code.SIGNATURE, Code.UNKNOWN_APP, Code.KEY_EXPIRED, Code.FORMAT, Code.MISSING])
def test_a_refusal_of_our_message_itself_is_for_a_person(teller, asking, code):
    teller.answer("/v1/orders", Told(code=code))
    with pytest.raises(CallRejected, match=str(int(code))):
        outgoing.place_order(asking)


def test_an_answer_that_breaks_the_interface_is_for_a_person(teller, asking):
    teller.answer("/v1/orders", Told(raw=b'{"code":0,"message":"","data":{"order_no":7}}'))
    with pytest.raises(CallRejected):
        outgoing.place_order(asking)


def test_an_institution_without_an_address_is_for_a_person(asking):
    with transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = ""
    with pytest.raises(Misconfigured):
        outgoing.place_order(asking)


def test_the_bidder_is_sent_to_pay_until_the_timer(teller, asking):
    until = clock.now().replace(microsecond=0) + timedelta(minutes=30)
    link = {"url": "https://pay.example/DD1", "expires_at": until}
    teller.answer("/v1/orders/DD1/pay-url", Told(write(A3.answer, link)))
    given = outgoing.payment_link(asking)
    assert (given["accepted"], given["url"]) == (True, "https://pay.example/DD1")
    assert teller.asked[0]["body"]["return_url"] == "http://127.0.0.1:8000/orders/DD1/returned"
    teller.answer("/v1/orders/DD1/pay-url", Told(code=Code.ALREADY_PAID))
    assert outgoing.payment_link(asking) == {"accepted": False, "code": "3004", "reason": "订单已支付"}


def test_closing_says_whether_money_is_there(teller, asking):
    teller.answer("/v1/orders/DD1/close", Told({"order_no": "DD1", "result": "CLOSED"}))
    assert outgoing.close_order(asking, "TIMEOUT")["closed"] is True
    assert teller.asked[0]["body"] == {"reason": "TIMEOUT"}
    teller.answer("/v1/orders/DD1/close", Told(code=Code.ALREADY_PAID))
    closed = outgoing.close_order(asking, "TIMEOUT")
    assert (closed["closed"], closed["paid"]) == (False, True)
    teller.answer("/v1/orders/DD1/close", Told(code=Code.UNKNOWN))
    closed = outgoing.close_order(asking, "ABANDON")
    assert (closed["closed"], closed["paid"]) == (True, False)
    teller.answer("/v1/orders/DD1/close", Told(code=Code.STATE_CONFLICT))
    closed = outgoing.close_order(asking, "ABANDON")
    assert (closed["closed"], closed["paid"]) == (False, False)


def status(**more):
    plain = {"order_no": "DD1", "underwriting_status": "PASS", "pay_status": "UNPAID", "issue_status": "NONE"}
    return Told(write(A4.answer, plain | more))


def test_a_query_tells_how_the_order_stands(teller, asking):
    teller.answer("/v1/orders/DD1", status())
    said = outgoing.query_order(asking)
    assert (said["known"], said["underwriting_status"], said["pay_status"], said["issue_status"]) == (
        True,
        "PASS",
        "UNPAID",
        "NONE",
    )
    assert teller.asked[0]["method"] == "GET"
    teller.answer("/v1/orders/DD1", Told(code=Code.UNKNOWN))
    said = outgoing.query_order(asking)
    assert (said["known"], said["pay_status"]) == (False, "UNPAID")


def test_news_whose_callback_was_lost_are_learnt_by_asking_and_known_ones_not_twice(teller, asking, bank):
    now = clock.now().replace(microsecond=0)
    payment = {
        "order_no": "DD1", "pay_txn_no": "T1", "amount": 180_000, "channel": "网银", "paid_at": now,
        "status": "SUCCESS",
    }  # fmt: skip
    issuance = {
        "order_no": "DD1", "result": "ISSUED", "guarantee_no": "BH1", "verify_code": "V1", "issued_at": now,
        "valid_from": now, "valid_to": now + timedelta(days=90), "amount": 60_000_000, "mode": "SEALED",
        "kind": "INDEPENDENT",
        "file": {"format": "PDF", "content": PDF, "sm3": sm3_hex(PDF), "sha256": hashlib.sha256(PDF).hexdigest()},
    }  # fmt: skip
    underwriting = {"order_no": "DD1", "result": "PASS", "premium": 180_000}
    teller.answer(
        "/v1/orders/DD1",
        status(
            pay_status="PAID", issue_status="ISSUED", premium_paid=180_000, guarantee_no="BH1",
            underwriting=underwriting, payments=[payment], issuance=issuance,
        ),
    )  # fmt: skip
    for _ in range(2):
        said = outgoing.query_order(asking)
        assert (said["pay_status"], said["premium_paid"], said["guarantee_no"]) == ("PAID", "1800.00", "BH1")
    learnt = inbox()
    assert [name for name, _ in learnt] == ["underwriting", "payment", "issuance"]
    assert files.content(learnt[-1][1]["file_id"]) == PDF
    assert bank.say(B2, payment).code == 0
    assert bank.say(B3, issuance).code == 0
    assert len(inbox()) == 3


def test_a_document_learnt_by_asking_must_be_what_it_is_said_to_be(teller, asking):
    now = clock.now()
    issuance = {
        "order_no": "DD1", "result": "ISSUED", "guarantee_no": "BH1", "verify_code": "V1", "issued_at": now,
        "valid_from": now, "valid_to": now + timedelta(days=90), "amount": 1, "mode": "SEALED",
        "file": {"format": "PDF", "content": PDF, "sm3": "0" * 64, "sha256": "0" * 64},
    }  # fmt: skip
    teller.answer("/v1/orders/DD1", status(issuance=issuance))
    for _ in range(2):
        assert outgoing.query_order(asking)["known"] is True
    assert inbox() == []
    (incident,) = placed.fresh(select(Incident))
    assert (incident.key, incident.message) == ("DD1", "查询得到的保函文件不合格：sm3：与文件内容不符")


def test_money_is_asked_back_by_its_transaction(teller, asking):
    with transaction():
        db.session.add(Payment(order_no="DD1", txn_no="T1", amount=180_000, channel="网银", paid_at=clock.now()))
    teller.answer("/v1/orders/DD1/repayments", Told({"order_no": "DD1", "pay_txn_no": "T1"}))
    assert outgoing.repay(asking, "T1", "LATE") == {"accepted": True}
    assert teller.asked[0]["body"] == {"pay_txn_no": "T1", "amount": "1800.00", "reason": "LATE"}
    teller.answer("/v1/orders/DD1/repayments", Told(code=Code.DUPLICATE))
    assert outgoing.repay(asking, "T1", "LATE") == {"accepted": True}


def test_a_price_is_asked_without_saying_whose_order_it_is(teller, asking):
    teller.answer("/v1/quote", Told({"premium": "1800.00", "rate": "0.003"}))
    assert outgoing.quote(asking) == {"accepted": True, "premium": "1800.00", "rate": "0.003"}
    assert {"bidder", "handler", "order_no", "lot_ref"}.isdisjoint(teller.asked[0]["body"])


def test_nothing_is_unsealed_before_opening(teller, asking, lot):
    placed.guarantee("BH1", "DD1", lot)
    with pytest.raises(Confidential):
        outgoing.unseal(asking, "BH1")
    assert teller.asked == []


def test_calls_are_signed_with_the_newest_key_and_with_the_platforms_where_that_is_agreed(teller, asking, bank):
    fresh = Key("BANK01-2", bank.key.algorithm, signing.new_secret())
    with transaction():
        db.session.add(
            ApiKey(
                app_id="BANK01", key_id=fresh.id, algorithm=fresh.algorithm, secret=fresh.secret, valid_from=clock.now()
            )
        )
    own = platform_key()
    teller.accepted |= {fresh.id: fresh, own.id: own}
    teller.answer("/v1/orders/DD1", status())
    outgoing.query_order(asking)
    with transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().sign_with = "SM2-SM3"
    outgoing.query_order(asking)
    assert [asked["key"] for asked in teller.asked] == ["BANK01-2", "PLATFORM-1"]


def test_every_outside_operation_says_what_it_gives_and_can_be_rehearsed(app):
    context = OpContext(key="DD1", policy="order", now=clock.now(), element="x")
    for operation in OPERATIONS:
        assert (operation.outside, bool(operation.title), bool(operation.effects)) == (True, True, True)
        given = operation.simulate(context, **{field.name: "X" for field in operation.parameters})
        promised = {field.name for field in operation.results}
        needed = {field.name for field in operation.results if field.required}
        assert needed <= set(given) <= promised, operation.name


def test_the_pseudonym_of_a_lot_differs_from_order_to_order(asking, lot):
    assert orders.pseudonym("DD1", lot) != orders.pseudonym("DD2", lot)


def test_the_trading_platform_is_asked_about_a_bidder_with_its_own_key(app, asking, trading):
    platform = Teller(trading.key)
    with transaction():
        db.session.scalars(select(TradingPlatform)).one().endpoint_url = platform.url
    path = "/v1/lots/LOT-1/eligibility"
    try:
        platform.answer(path, Told({"eligible": True}))
        assert outgoing.bidding_right(asking) == {"eligible": True, "reason": ""}
        assert platform.asked[0]["body"] == {
            "bidder": {"name": "湘建一川建设集团有限公司", "uscc": "91430100MA8XJY0152"}
        }
        platform.answer(path, Told({"eligible": False, "reason": "限制投标"}))
        assert outgoing.bidding_right(asking) == {"eligible": False, "reason": "限制投标"}
        platform.answer(path, Told(code=Code.UNKNOWN))
        assert outgoing.bidding_right(asking)["eligible"] is None
        platform.answer(path, Told(code=Code.RETRY_LATER))
        with pytest.raises(Unavailable):
            outgoing.bidding_right(asking)
    finally:
        platform.close()
    with transaction():
        db.session.scalars(select(TradingPlatform)).one().endpoint_url = ""
    assert outgoing.bidding_right(asking)["eligible"] is None
