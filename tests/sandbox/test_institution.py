"""The sandbox institution as a well-mannered partner: the whole dance of A and B over loopback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from app.protocol import documents, signing
from app.protocol.calls import A1, A2, A3, A4, A5, A6, A7, A9, A12, A13, A14, A15
from app.protocol.client import Client, Refused, Untrusted
from app.protocol.codes import Code
from app.protocol.digests import sha256_hex, sm3_hex
from app.sandbox import demo
from tests.sandbox.receiver import until

PREMIUM = 240_000  # 0.30 % of 800,000 yuan, in fen


def place(client: Client, body: dict, **more: str) -> None:
    client.call(A2, body, request_id=f"A2-{body['order_no']}", **more)


def link(client: Client, order_no: str, **changed: object) -> str:
    asked = {"return_url": "http://127.0.0.1:9/back", "expires_at": datetime.now(UTC) + timedelta(minutes=30)}
    return client.call(A3, asked | changed, request_id=f"A3-{order_no}", order_no=order_no)["url"]


def pay(url: str) -> requests.Response:
    return requests.post(url, data={"channel": "扫码支付"}, allow_redirects=False, timeout=5)


def issued(platform, order: dict, code: str = "BANK01", **how) -> dict:
    """Play an order to its guarantee; B3's body."""
    client = platform.client(code, **how)
    place(client, order, **({"env": "test"} if how.get("env") else {}))
    platform.wait(order["order_no"], "B1")
    pay(link(client, order["order_no"]))
    return platform.wait(order["order_no"], "B3")[0].body


def test_an_order_becomes_a_signed_guarantee(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    (verdict,) = platform.wait(order_no, "B1")
    assert (verdict.body["result"], verdict.body["premium"]) == ("PASS", PREMIUM)
    answer = pay(link(client, order_no))
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:9/back")
    (guarantee,) = platform.wait(order_no, "B3")
    assert [message.call for message in platform.of(order_no)] == ["B1", "B2", "B3"]
    payment = platform.of(order_no, "B2")[0].body
    assert (payment["amount"], payment["channel"], payment["status"]) == (PREMIUM, "扫码支付", "SUCCESS")
    file = guarantee.body["file"]
    certificate = sandbox.config.institution("BANK01")["certificate_pem"]
    judged = documents.verify(file["content"], certificate=certificate, sm3=file["sm3"], sha256=file["sha256"])
    assert (judged.ok, judged.pages) == (True, 1), judged.text
    books = sandbox.ledger(order_no)
    assert [len(books[book]) for book in ("orders", "payments", "guarantees", "repayments")] == [1, 1, 1, 0]


def test_a_query_tells_all_that_the_callbacks_told(platform, sandbox, order, order_no):
    told = issued(platform, order())
    now = platform.client("BANK01").call(A4, request_id="q1", order_no=order_no)
    assert (now["underwriting_status"], now["pay_status"], now["issue_status"]) == ("PASS", "PAID", "ISSUED")
    assert now["issuance"] == told
    assert now["payments"] == [platform.of(order_no, "B2")[0].body]
    assert now["guarantee_no"] == told["guarantee_no"]
    assert now["premium_paid"] == PREMIUM


def test_a_plain_order_is_issued_plain(platform, sandbox, order):
    party = {"name": "长沙浏水城市发展集团有限公司", "uscc": "91430100MA8LXC0881"}
    named = {
        "lot": {"lot_no": "L1", "name": "一标段"},
        "project": {"project_no": "P1", "name": "浏阳河大道道路工程"},
        "beneficiary": party,
    }
    assert issued(platform, order(mode="PLAIN", **named))["mode"] == "PLAIN"


def test_a_sealed_guarantee_is_replaced_after_opening(platform, sandbox, order, order_no):
    told = issued(platform, order())
    assert told["mode"] == "SEALED"
    lot = {
        "guarantee_no": told["guarantee_no"],
        "lot": {"lot_no": "L1", "name": "一标段"},
        "project": {"project_no": "P1", "name": "浏阳河大道道路工程"},
        "beneficiary": {"name": "长沙浏水城市发展集团有限公司", "uscc": "91430100MA8LXC0881"},
        "opening_at": datetime.now(UTC),
    }
    client = platform.client("BANK01")
    assert client.call(A6, {"guarantees": [lot]}, request_id=f"A6-{order_no}")["accepted"] == [told["guarantee_no"]]
    (plain,) = until(
        lambda: [m for m in platform.messages if m.call == "B4" and m.body["guarantee_no"] == told["guarantee_no"]],
        "B4",
    )
    assert plain.body["replaces_sm3"] == told["file"]["sm3"] != plain.body["file"]["sm3"]
    certificate = sandbox.config.institution("BANK01")["certificate_pem"]
    assert documents.verify(plain.body["file"]["content"], certificate=certificate).ok


def test_the_quote_is_the_premium_that_is_asked_later(platform, sandbox):
    now = datetime.now(UTC)
    asked = {"lot_category": "works", "valid_from": now, "valid_to": now + timedelta(days=100)}
    client = platform.client("BANK01")
    assert client.call(A1, asked | {"amount": 80_000_000}, request_id="q-1")["premium"] == PREMIUM
    assert client.call(A1, asked | {"amount": 100_000}, request_id="q-2")["premium"] == 20_000


def test_a_ping_is_answered(platform, sandbox):
    assert (
        platform.client("INS01").call(A14, {"at": datetime.now(UTC), "echo": "你好"}, request_id="p")["echo"] == "你好"
    )


def test_the_same_request_gets_the_same_answer_and_does_nothing_twice(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    place(client, order())
    platform.wait(order_no, "B1")
    first, second = (client.call(A5, {"reason": "ABANDON"}, request_id="c", order_no=order_no) for _ in range(2))
    assert first == second
    assert len(platform.of(order_no, "B1")) == 1


def test_the_same_request_id_with_another_body_is_3003(platform, sandbox, order):
    client = platform.client("BANK01")
    place(client, order())
    with pytest.raises(Refused) as refused:
        place(client, order(guarantee_amount=1_000_000))
    assert refused.value.code == Code.DUPLICATE


def test_an_order_number_is_used_once(platform, sandbox, order):
    client = platform.client("BANK01")
    place(client, order())
    client.call(A2, order(), request_id="again")
    with pytest.raises(Refused) as refused:
        client.call(A2, order(guarantee_amount=1_000_000), request_id="other")
    assert refused.value.code == Code.DUPLICATE


def test_a_returned_application_comes_again_under_its_number(platform, sandbox, order):
    guarantee, client = issued(platform, order()), platform.client("BANK01")
    no, content = guarantee["guarantee_no"], guarantee["file"]["content"]
    paper = {"format": "PDF", "content": content, "sm3": sm3_hex(content), "sha256": sha256_hex(content)}
    later = {"extension_no": f"YQ-{no}", "valid_to": guarantee["valid_to"] + timedelta(days=30)}
    returned = {"cancellation_no": f"ZX-{no}", "evidence": [paper]}
    for n, reason in enumerate(("已开标", "已开标，未中标")):
        client.call(A9, returned | {"reason": reason}, request_id=f"A9-{no}-{n}", guarantee_no=no)
    client.call(A7, later | {"reason": "开标延期"}, request_id=f"A7-{no}-0", guarantee_no=no)
    with pytest.raises(Refused) as refused:
        client.call(A7, later | {"reason": "再次延期"}, request_id=f"A7-{no}-1", guarantee_no=no)
    assert refused.value.code == Code.DUPLICATE


def test_a_closed_order_takes_no_money(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    url = link(client, order_no)
    assert client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{order_no}", order_no=order_no)["result"] == "CLOSED"
    answer = pay(url)
    assert (answer.status_code, "该订单已关闭" in answer.text) == (409, True)
    assert sandbox.ledger(order_no)["payments"] == []


def test_a_paid_order_is_not_closed(platform, sandbox, order, order_no):
    issued(platform, order())
    with pytest.raises(Refused) as refused:
        platform.client("BANK01").call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{order_no}", order_no=order_no)
    assert refused.value.code == Code.ALREADY_PAID


def test_paying_twice_on_the_page_pays_once(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    url = link(client, order_no)
    assert [pay(url).status_code, pay(url).status_code] == [303, 303]
    assert "该订单已支付" in requests.get(url, timeout=5).text
    platform.wait(order_no, "B3")
    assert len(sandbox.ledger(order_no)["payments"]) == 1


def test_the_page_refuses_money_after_the_payment_deadline(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    url = link(client, order_no, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert "已超过支付时限" in pay(url).text
    assert sandbox.ledger(order_no)["payments"] == []


def test_the_payment_page_says_that_it_is_a_demonstration(platform, sandbox, order, order_no):
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    page = requests.get(link(client, order_no), timeout=5).text
    for text in ("演示支付页面", "云麓商业银行股份有限公司", order_no, "¥2,400.00", "确认支付"):
        assert text in page


def test_money_is_given_back_once(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"never_issue": {}})
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    pay(link(client, order_no))
    paid = platform.wait(order_no, "B2")[0].body
    asked = {"pay_txn_no": paid["pay_txn_no"], "amount": paid["amount"], "reason": "NOT_ISSUED"}
    for n in range(2):
        client.call(A15, asked, request_id=f"A15-{order_no}-{n}", order_no=order_no)
    (repaid,) = platform.wait(order_no, "B11")
    assert (repaid.body["result"], repaid.body["amount"]) == ("DONE", PREMIUM)
    assert len(sandbox.ledger(order_no)["repayments"]) == 1
    now = client.call(A4, request_id="q", order_no=order_no)
    assert (now["pay_status"], now["issue_status"], now["repayments"]) == ("REPAID", "REFUSED", [repaid.body])


def test_money_a_guarantee_rests_on_is_not_given_back(platform, sandbox, order, order_no):
    issued(platform, order())
    paid = platform.of(order_no, "B2")[0].body
    asked = {"pay_txn_no": paid["pay_txn_no"], "amount": paid["amount"], "reason": "NOT_ISSUED"}
    with pytest.raises(Refused) as refused:
        platform.client("BANK01").call(A15, asked, request_id=f"A15-{order_no}", order_no=order_no)
    assert refused.value.code == Code.STATE_CONFLICT


def test_another_sum_than_was_paid_is_not_given_back(platform, sandbox, order, order_no):
    issued(platform, order())
    txn_no = platform.of(order_no, "B2")[0].body["pay_txn_no"]
    with pytest.raises(Refused) as refused:
        platform.client("BANK01").call(
            A15, {"pay_txn_no": txn_no, "amount": 1, "reason": "LATE"}, request_id=f"A15-{order_no}", order_no=order_no
        )
    assert refused.value.code == Code.AMOUNT_MISMATCH


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"guarantee_amount": 900_000_000}, Code.INSTITUTION_UNAVAILABLE),
        ({"product_code": "NO-SUCH"}, Code.UNKNOWN),
        ({"bid_validity_days": 120}, Code.VALIDITY_TOO_SHORT),
    ],
)
def test_what_the_institution_cannot_take_is_refused_with_its_code(platform, sandbox, order, changed, code):
    with pytest.raises(Refused) as refused:
        place(platform.client("BANK01"), order(**changed))
    assert refused.value.code == code


def test_an_unknown_order_is_3001(platform, sandbox):
    with pytest.raises(Refused) as refused:
        platform.client("BANK01").call(A4, request_id="q", order_no="DD404")
    assert refused.value.code == Code.UNKNOWN


def test_a_forged_call_is_1001_and_a_stranger_1004_signed_by_the_institution(platform, sandbox):
    institution = sandbox.config.institution("BANK01")
    own = demo.key(institution["key"])
    forged = signing.Key(own.id, own.algorithm, signing.new_secret())
    believed = [demo.key(institution["sm2"])]
    for app_id, code in (("BANK01", Code.SIGNATURE), ("NOBODY", Code.UNKNOWN_APP)):
        client = Client(institution["endpoint_url"], app_id, forged, believed)
        with pytest.raises(Refused) as refused:
            client.call(A14, {"at": datetime.now(UTC)}, request_id="p")
        assert refused.value.code == code


def test_one_institutions_key_opens_no_other_institution(platform, sandbox):
    bank, other = sandbox.config.institution("BANK01"), sandbox.config.institution("BANK02")
    client = Client(other["endpoint_url"], "BANK01", demo.key(bank["key"]), [demo.key(other["sm2"])])
    with pytest.raises(Refused) as refused:
        client.call(A14, {"at": datetime.now(UTC)}, request_id="p")
    assert refused.value.code == Code.UNKNOWN_APP


def test_an_institution_may_speak_sm2(platform, sandbox, order, order_no):
    told = issued(platform, order(product_code="GUA02-TB"), "GUA02", sm2=True)
    assert {message.key_id for message in platform.of(order_no)} == {"GUA02-S1"}
    assert told["guarantee_no"].startswith("GUA02")


def test_test_traffic_has_its_own_key_and_stays_marked(platform, sandbox, order, order_no):
    client = platform.client("BANK01", env="test")
    place(client, order(), env="test")
    assert platform.wait(order_no, "B1")[0].env == "test"
    with pytest.raises(Refused) as refused:
        client.call(A4, request_id="q", order_no=order_no)
    assert refused.value.code == Code.UNKNOWN_APP


def test_an_answer_by_an_unknown_key_is_not_believed(platform, sandbox):
    institution = sandbox.config.institution("BANK01")
    client = Client(institution["endpoint_url"], "BANK01", demo.key(institution["key"]), [])
    with pytest.raises(Untrusted):
        client.call(A14, {"at": datetime.now(UTC)}, request_id="p")


def test_the_days_books_agree_with_what_was_told(platform, sandbox, order, order_no):
    told = issued(platform, order(product_code="INS01-TB"), "INS01")
    client = platform.client("INS01")
    entries = [
        entry
        for day in {(datetime.now(UTC) + timedelta(hours=hours)).date() for hours in (7, 8)}
        for entry in client.call(A13, request_id=f"A13-{day}", date=day.isoformat())["entries"]
        if entry["order_no"] == order_no
    ]
    assert [entry["kind"] for entry in entries] == ["PAYMENT", "ISSUANCE"]
    assert entries[1]["guarantee_no"] == told["guarantee_no"]


def test_news_of_a_lot_is_received(platform, sandbox):
    news = {"lot_ref": "LR-1", "event": "CHANGED", "at": datetime.now(UTC)}
    assert platform.client("INS02").call(A12, news, request_id="A12-1")["received_at"]


def test_a_file_offered_by_address_is_the_one_announced(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"by_url": {}})
    file = issued(platform, order())["file"]
    assert sm3_hex(requests.get(file["url"], timeout=5).content) == file["sm3"]
