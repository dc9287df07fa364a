"""What the sandbox institution plays in the acceptance test: the last word of a number decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.protocol import trial
from app.protocol.calls import A2, A3, A5, A7, A8, A9, A10, A11, A13, A14, A15
from app.protocol.client import Refused
from app.protocol.codes import Code
from app.protocol.digests import sha256_hex, sm3_hex
from app.sandbox.clock import SHANGHAI
from tests.sandbox.receiver import until

PREMIUM = 240_000
PDF = b"%PDF-1.7\nevidence"
EVIDENCE = [{"format": "PDF", "content": PDF, "sm3": sm3_hex(PDF), "sha256": sha256_hex(PDF)}]


@pytest.fixture
def played(platform, sandbox, order, order_no):
    """played("PAID") places a test order of that word and asks for its payment link if it is underwritten."""
    client = platform.client("BANK01", env="test")

    def play(word):
        number = trial.number(order_no, word)
        client.call(A2, order(order_no=number), request_id=f"A2-{number}", env="test")
        (verdict,) = platform.wait(number, "B1")
        if verdict.body["result"] == "PASS":
            asked = {"return_url": "http://127.0.0.1:9/b", "expires_at": datetime.now(UTC) + timedelta(minutes=30)}
            client.call(A3, asked, request_id=f"A3-{number}", env="test", order_no=number)
        return client, number

    return play


def told(platform, call, **about):
    def found():
        return [m for m in platform.messages if m.call == call and about.items() <= m.body.items()]

    return until(found, f"{call} for {about}")


def test_a_paid_order_pays_itself_and_is_issued(platform, played):
    _client, number = played("PAID")
    (issued,) = platform.wait(number, "B3")
    assert [message.call for message in platform.of(number)] == ["B1", "B2", "B3"]
    assert {message.env for message in platform.of(number)} == {"test"}
    assert (issued.body["result"], platform.of(number, "B2")[0].body["amount"]) == ("ISSUED", PREMIUM)


def test_an_order_to_be_rejected_is_rejected_with_its_reason(platform, played):
    _client, number = played("REJECTED")
    body = platform.of(number, "B1")[0].body
    assert (body["result"], bool(body["reject_code"]), bool(body["reason"])) == ("REJECT", True, True)


def test_an_order_nobody_pays_is_closed(platform, played):
    client, number = played("CLOSED")
    assert client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{number}", env="test", order_no=number)["result"]
    assert [message.call for message in platform.of(number)] == ["B1"]


def test_money_for_an_order_that_is_not_issued_is_given_back(platform, played):
    client, number = played("REFUSED")
    (refused,) = platform.wait(number, "B3")
    assert (refused.body["result"], bool(refused.body["reason"])) == ("REFUSED", True)
    txn = platform.of(number, "B2")[0].body["pay_txn_no"]
    body = {"pay_txn_no": txn, "amount": PREMIUM, "reason": "NOT_ISSUED"}
    client.call(A15, body, request_id=f"A15-{number}", env="test", order_no=number)
    (repaid,) = platform.wait(number, "B11")
    assert (repaid.body["pay_txn_no"], repaid.body["amount"]) == (txn, PREMIUM)


def test_applications_are_decided_as_their_numbers_say(platform, played, order_no):
    client, number = played("PAID")
    guarantee = platform.wait(number, "B3")[0].body
    no = guarantee["guarantee_no"]

    def ask(call, body, **numbers):
        request_id = f"{call.id}-{datetime.now(UTC).timestamp()}"
        return client.call(call, body, request_id=request_id, env="test", **numbers)["number"]

    def named(kind, word):
        return trial.number(order_no, kind, word)

    later = guarantee["valid_to"] + timedelta(days=30)
    ask(A7, {"extension_no": named("YQ", "APPROVE"), "reason": "开标延期", "valid_to": later}, guarantee_no=no)
    assert told(platform, "B5", extension_no=named("YQ", "APPROVE"))[0].body["valid_to"] == later
    ask(A9, {"cancellation_no": named("ZX", "REFUSE"), "reason": "已开标", "evidence": EVIDENCE}, guarantee_no=no)
    assert told(platform, "B7", cancellation_no=named("ZX", "REFUSE"))[0].body["result"] == "REJECTED"
    claim = {
        "amount": 1_000_000, "reason": "撤销投标文件", "contact": "谢知行", "phone": "13900000008",
        "claimant": {"name": "长沙浏水城市发展集团有限公司", "uscc": "91430100MA8LXC0881"},
        "payee": {"name": "长沙浏水城市发展集团有限公司", "account": "6200000000000000000"}, "evidence": EVIDENCE,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        ask(A10, claim | {"claim_no": named("LP", "REFUSE"), "amount": guarantee["amount"] + 1}, guarantee_no=no)
    assert refused.value.code == Code.OVER_BALANCE
    ask(A10, claim | {"claim_no": named("LP", "APPROVE")}, guarantee_no=no)
    until(lambda: len(told(platform, "B9", claim_no=named("LP", "APPROVE"))) == 3, "three B9")
    steps = told(platform, "B9", claim_no=named("LP", "APPROVE"))
    assert [message.body["result"] for message in steps] == ["ACCEPTED", "APPROVED", "PAID"]
    assert steps[-1].body["voucher"]["content"].startswith(b"%PDF")
    bill = {
        "order_no": number, "kind": "VAT_NORMAL", "form": "ELECTRONIC", "amount": PREMIUM, "title": "测试企业",
        "tax_no": "91430100MA8XJY0188", "email": "a@b.cn",
    }  # fmt: skip
    ask(A11, bill | {"invoice_no": named("FP", "APPROVE")})
    assert told(platform, "B8", invoice_no=named("FP", "APPROVE"))[0].body["file"]["content"].startswith(b"%PDF")
    red = bill | {"type": "CREDIT_NOTE", "invoice_no": named("HC", "APPROVE")}
    with pytest.raises(Refused) as refused:
        ask(A11, red | {"original_no": named("FP", "NONE")})
    assert refused.value.code == Code.UNKNOWN
    ask(A11, red | {"original_no": named("FP", "APPROVE"), "amount": PREMIUM - 100})
    assert told(platform, "B8", invoice_no=named("HC", "APPROVE"))[0].body["result"] == "APPROVED"
    back = {"reason_code": "R01", "reason": "不再参加投标"}
    with pytest.raises(Refused) as refused:
        ask(A8, back | {"refund_no": named("TB", "APPROVE"), "premium": PREMIUM + 1}, guarantee_no=no)
    assert refused.value.code == Code.AMOUNT_MISMATCH
    ask(A8, back | {"refund_no": named("TB", "APPROVE"), "premium": PREMIUM}, guarantee_no=no)
    assert told(platform, "B6", refund_no=named("TB", "APPROVE"))[0].body["amount"] == PREMIUM
    with pytest.raises(Refused) as refused:
        ask(A9, {"cancellation_no": named("ZX", "APPROVE"), "reason": "x", "evidence": EVIDENCE}, guarantee_no=no)
    assert refused.value.code == Code.NOT_IN_FORCE


def test_a_ping_may_ask_for_the_products(platform, sandbox, order_no):
    client = platform.client("BANK01", env="test")
    echo = trial.number(order_no, "PRODUCTS")
    client.call(A14, {"at": datetime.now(UTC), "echo": echo}, request_id=f"A14-{echo}", env="test")
    (message,) = told(platform, "B10", status="OPEN")[-1:]
    assert [one["product_code"] for one in message.body["products"]] == ["BANK01-TB"]


def test_the_days_books_of_the_test_and_of_the_business_know_nothing_of_each_other(platform, played):
    client, number = played("PAID")
    platform.wait(number, "B3")
    today = datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
    mine = client.call(A13, request_id=f"A13-{number}", env="test", date=today)["entries"]
    assert [one["kind"] for one in mine if one["order_no"] == number] == ["PAYMENT", "ISSUANCE"]
    real = platform.client("BANK01").call(A13, request_id=f"A13-real-{number}", date=today)["entries"]
    assert [one for one in real if one["order_no"].startswith("TEST-")] == []
