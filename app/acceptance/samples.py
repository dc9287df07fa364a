"""The bodies of the test's calls, as Python values: invented parties, TEST- numbers, the institution's own product."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.acceptance.play import Play
from app.protocol import trial, uscc
from app.protocol.digests import sha256_hex, sm3_hex

AMOUNT = 50_000_000  # fen; less if the product's limit is lower
DAYS = 90  # bid validity
EXPIRES = timedelta(minutes=30)


def _party(name: str, first_17: str) -> dict[str, Any]:
    return {"name": name, "uscc": first_17 + uscc.check_digit(first_17)}


BIDDER = _party("验收测试投标人有限公司", "91430100MA7YXKT01")
BENEFICIARY = _party("验收测试招标人有限公司", "91430100MA7YXKT02")
HANDLER = {"name": "TEST", "id_no": "430102199001010011", "phone": "13800000000"}


def _pdf() -> bytes:
    """One empty page."""
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer


_EVIDENCE = _pdf()
EVIDENCE = [
    {
        "name": "证明材料.pdf",
        "format": "PDF",
        "content": _EVIDENCE,
        "sm3": sm3_hex(_EVIDENCE),
        "sha256": sha256_hex(_EVIDENCE),
    }
]


def now() -> datetime:
    return clock.now().replace(microsecond=0)


def amount(play: Play) -> int:
    return min(AMOUNT, play.known["product"]["limit"])


def begins(play: Play) -> datetime:
    """The same all through a run, so that the quote is for what is then ordered."""
    moment: datetime = play.known.setdefault("begins", now())
    return moment


def ping(play: Play, *words: str) -> dict[str, Any]:
    return {"at": now(), "echo": play.number(*(words or ("PING",)))}


def quote(play: Play) -> dict[str, Any]:
    product = play.known["product"]
    return {
        "product_code": product["product_code"],
        "lot_category": product["categories"][0],
        "region": product["regions"][0],
        "amount": amount(play),
        "valid_from": begins(play),
        "valid_to": begins(play) + timedelta(days=DAYS + 40),
    }


def order(play: Play, word: trial.Play | str, **changes: Any) -> dict[str, Any]:
    """A2, sealed."""
    asked = quote(play)
    return {
        "order_no": play.number(word),
        "product_code": asked["product_code"],
        "mode": "SEALED",
        "lot_ref": play.number("LOT"),
        "guarantee_amount": asked["amount"],
        "premium": play.known.get("premium"),
        "valid_from": asked["valid_from"],
        "valid_to": asked["valid_to"],
        "bid_validity_days": DAYS,
        "opening_date": clock.local(begins(play) + timedelta(days=20)).date(),
        "bidder": BIDDER,
        "handler": HANDLER,
        "expires_at": now() + EXPIRES,
        **changes,
    }


def link() -> dict[str, Any]:
    return {"return_url": "https://example.invalid/returned", "expires_at": now() + EXPIRES}


def unsealing(play: Play, guarantee_no: str) -> dict[str, Any]:
    return {
        "guarantees": [
            {
                "guarantee_no": guarantee_no,
                "lot": {"lot_no": play.number("LOT"), "name": "验收测试标段", "category": quote(play)["lot_category"]},
                "project": {"project_no": play.number("PROJECT"), "name": "验收测试项目"},
                "beneficiary": BENEFICIARY,
                "opening_at": now() - timedelta(minutes=1),
            }
        ]
    }


def extension(play: Play, word: str) -> dict[str, Any]:
    later = play.known.get("issued", {}).get("valid_to", begins(play)) + timedelta(days=30)
    return {"extension_no": play.number("EXTENSION", word), "reason": "开标时间推迟", "valid_to": later}


def refund(play: Play, word: str, **changes: Any) -> dict[str, Any]:
    return {
        "refund_no": play.number("REFUND", word),
        "reason_code": "R01",
        "reason": "不再参加投标",
        "premium": play.known.get("premium", 0),
        **changes,
    }


def cancellation(play: Play, word: str) -> dict[str, Any]:
    return {"cancellation_no": play.number("CANCELLATION", word), "reason": "已开标且未中标", "evidence": EVIDENCE}


def claim(play: Play, word: str, **changes: Any) -> dict[str, Any]:
    return {
        "claim_no": play.number("CLAIM", word),
        "amount": amount(play) // 2,
        "reason": "投标有效期内撤销投标文件",
        "claimant": BENEFICIARY,
        "payee": {"name": BENEFICIARY["name"], "bank": "验收测试银行", "account": "6200000000000000000"},
        "contact": "验收测试",
        "phone": "13800000001",
        "evidence": EVIDENCE,
        **changes,
    }


def invoice(play: Play, word: str) -> dict[str, Any]:
    return {
        "invoice_no": play.number("INVOICE", word),
        "order_no": play.number(trial.Play.PAID),
        "kind": "VAT_NORMAL",
        "form": "ELECTRONIC",
        "amount": play.known.get("premium", 0),
        "title": BIDDER["name"],
        "tax_no": BIDDER["uscc"],
        "email": "test@example.invalid",
    }


def credit_note(play: Play, word: str) -> dict[str, Any]:
    """Takes back the invoice that the institution agreed to make out."""
    original = invoice(play, trial.Play.APPROVE)["invoice_no"]
    told = {"type": "CREDIT_NOTE", "original_no": original, "invoice_no": play.number("CREDIT", word)}
    return {**invoice(play, word), **told}


def lot_event(play: Play) -> dict[str, Any]:
    return {"lot_ref": play.number("LOT"), "event": "OPENED", "at": now(), "orders": [play.number(trial.Play.PAID)]}


def repayment(play: Play, **changes: Any) -> dict[str, Any]:
    return {
        "pay_txn_no": play.known.get("unused_txn", play.number("TXN")),
        "amount": play.known.get("premium", 0),
        "reason": "NOT_ISSUED",
        **changes,
    }
