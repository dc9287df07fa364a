"""Bodies: what is taken, what is refused, and how it is said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.protocol.calls import CALLS
from app.protocol.codes import Code, Refusal
from app.protocol.messages.callbacks import Issuance, Payment, Underwriting
from app.protocol.messages.decisions import Refund
from app.protocol.messages.lots import Lot
from app.protocol.messages.message import read, write
from app.protocol.messages.orders import Order, Quote

PARTY = {"name": "湘建一川建设集团有限公司", "uscc": "91430100MA8XJY0188"}
ORDER = {
    "order_no": "DD2026112300000001",
    "product_code": "BANK01-TB",
    "mode": "SEALED",
    "lot_ref": "LR-8812",
    "guarantee_amount": "800000.00",
    "valid_from": "2026-11-23T10:00:00+08:00",
    "valid_to": "2027-03-01T23:59:59+08:00",
    "bid_validity_days": 90,
    "opening_date": "2026-11-30",
    "bidder": PARTY,
    "handler": {"name": "刘思齐", "id_no": "430102197601100011", "phone": "13900000001"},
    "expires_at": "2026-11-23T10:10:00+08:00",
}
LOT = {
    "version": 1,
    "lot_no": "HN-GC-001",
    "name": "一标段",
    "project": {"project_no": "HN-GC", "name": "长沙市某道路工程"},
    "region": "430100",
    "category": "works",
    "estimate": "40000000.00",
    "bond_amount": "800000.00",
    "opening_at": "2026-12-01T09:00:00+08:00",
    "bid_deadline": "2026-12-01T09:00:00+08:00",
    "bid_validity_days": 90,
    "tenderer": PARTY,
}
FILE = {"format": "PDF", "base64": "JVBERg==", "sm3": "a" * 64, "sha256": "b" * 64}
ISSUED = {
    "order_no": "DD1",
    "guarantee_no": "G1",
    "verify_code": "123456",
    "issued_at": "2026-11-23T10:00:00+08:00",
    "valid_from": "2026-11-23T10:00:00+08:00",
    "valid_to": "2027-03-01T23:59:59+08:00",
    "amount": "800000.00",
    "mode": "SEALED",
    "file": FILE,
}


def refused(message, body) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        read(message, body)
    return refusal.value


def test_money_is_fen_in_python_and_two_decimals_outside():
    order = read(Order, ORDER)
    assert order["guarantee_amount"] == 80_000_000
    assert write(Order, order)["guarantee_amount"] == "800000.00"
    assert write(Quote, {"premium": 5, "rate": Decimal("0.00350")}) == {"premium": "0.05", "rate": "0.0035"}


@pytest.mark.parametrize("amount", [800000, 800000.5, "800000", "800000.0", "-1.00", "1,000.00", "01.00", "1e3", ""])
def test_money_in_any_other_form_is_refused(amount):
    refusal = refused(Order, ORDER | {"guarantee_amount": amount})
    assert (refusal.code, list(refusal.fields)) == (Code.FORMAT, ["guarantee_amount"])


def test_times_are_utc_in_python_and_plus_eight_outside():
    order = read(Order, ORDER)
    assert order["valid_from"] == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert order["opening_date"] == date(2026, 11, 30)
    assert write(Order, order) == ORDER


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-23T10:00:00",
        "2026-11-23T10:00:00Z",
        "2026-11-23T02:00:00+00:00",
        "2026-13-01T00:00:00+08:00",
        17,
    ],
)
def test_times_without_plus_eight_are_refused(moment):
    assert refused(Order, ORDER | {"expires_at": moment}).fields.keys() == {"expires_at"}


def test_a_time_without_offset_is_never_written():
    with pytest.raises(ValueError, match="offset"):
        write(Order, {"expires_at": datetime(2026, 11, 23)})


def test_a_missing_field_is_2001_and_named_with_its_path():
    refusal = refused(Order, ORDER | {"bidder": {"name": "甲"}})
    assert refusal.code is Code.MISSING
    assert "bidder.uscc" in refusal.fields
    assert refusal.envelope()["data"]["fields"] == {"bidder.uscc": "缺少该字段"}


def test_a_bad_credit_code_is_2005():
    refusal = refused(Order, ORDER | {"bidder": PARTY | {"uscc": "91110114MAD1PRJ51"}})
    assert (refusal.code, list(refusal.fields)) == (Code.CREDIT_CODE, ["bidder.uscc"])


def test_a_credit_code_with_a_wrong_check_digit_is_taken():
    assert read(Order, ORDER | {"bidder": PARTY | {"uscc": "91110214MAD1PRYJ31"}})


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_a_body_that_is_no_object_is_2002(body):
    assert refused(Order, body).code is Code.FORMAT


def test_a_sealed_order_must_not_name_the_beneficiary():
    refusal = refused(Order, ORDER | {"beneficiary": PARTY})
    assert refusal.fields == {"beneficiary": "密文模式下不得出现"}


def test_a_plain_order_must_name_lot_project_and_beneficiary():
    refusal = refused(Order, ORDER | {"mode": "PLAIN"})
    assert refusal.code is Code.MISSING
    assert refusal.fields.keys() == {"lot", "project", "beneficiary"}


def test_fields_we_do_not_know_are_ignored():
    assert "new" not in read(Order, ORDER | {"new": 1})


def test_a_rejection_without_a_reason_is_refused():
    refusal = refused(Underwriting, {"order_no": "DD1", "result": "REJECT"})
    assert refusal.fields.keys() == {"reject_code", "reason"}


def test_a_pass_without_a_premium_is_refused():
    assert refused(Underwriting, {"order_no": "DD1", "result": "PASS"}).fields.keys() == {"premium"}


def test_an_issuance_carries_its_file_as_bytes():
    issued = read(Issuance, ISSUED)
    assert issued["file"]["content"] == b"%PDF"
    assert issued["result"] == "ISSUED"
    assert write(Issuance, issued)["file"] == FILE


def test_a_file_has_either_an_address_or_content():
    assert refused(Issuance, ISSUED | {"file": {**FILE, "url": "https://a/b"}}).fields.keys() == {"file.base64"}
    neither = {name: FILE[name] for name in ("format", "sm3", "sha256")}
    assert refused(Issuance, ISSUED | {"file": neither}).code is Code.MISSING


@pytest.mark.parametrize("content", ["%%%", "JVBERg", 7])
def test_content_that_is_not_base64_is_refused(content):
    assert refused(Issuance, ISSUED | {"file": FILE | {"base64": content}}).fields.keys() == {"file.base64"}


def test_a_refused_issuance_needs_no_file_but_a_reason():
    assert refused(Issuance, {"order_no": "DD1", "result": "REFUSED"}).fields.keys() == {
        "reject_code",
        "reason",
    }
    refusal = {"order_no": "DD1", "result": "REFUSED", "reject_code": "R1", "reason": "额度不足"}
    assert read(Issuance, refusal)["reason"] == "额度不足"


@pytest.mark.parametrize("number", ["", "a b", "../x", "甲", "x" * 65, "1\n", 5, None])
def test_a_number_is_letters_and_digits_only(number):
    body = {
        "order_no": "DD1",
        "pay_txn_no": "T1",
        "amount": "1.00",
        "channel": "网银",
        "paid_at": "2026-11-23T10:00:00+08:00",
        "status": "SUCCESS",
    }
    assert read(Payment, body)
    assert refused(Payment, body | {"pay_txn_no": number}).fields.keys() == {"pay_txn_no"}


def test_control_characters_in_a_name_are_refused():
    assert refused(Lot, LOT | {"name": "一标段\x00"}).fields.keys() == {"name"}


def test_bids_cannot_be_opened_before_their_deadline():
    refusal = refused(Lot, LOT | {"opening_at": "2026-12-01T08:59:59+08:00"})
    assert refusal.fields == {"opening_at": "不得早于bid_deadline"}


@pytest.mark.parametrize("days", ["90", 90.0, True, 0, None])
def test_days_are_a_whole_number(days):
    assert refused(Lot, LOT | {"bid_validity_days": days}).fields.keys() == {"bid_validity_days"}


def test_an_approved_refund_says_what_was_repaid():
    refusal = refused(Refund, {"refund_no": "R1", "guarantee_no": "G1", "result": "APPROVED"})
    assert refusal.fields.keys() == {"amount", "repay_txn_no", "repaid_at"}


def test_every_call_has_a_path_of_its_own():
    assert len({(call.answerer, call.method, call.path) for call in CALLS.values()}) == len(CALLS) == 32
    assert CALLS["A5"].at(order_no="DD1") == "/v1/orders/DD1/close"
