"""A1–A6 and A15 for diagrams: calls to the order's institution. A refusal in the matter is a result, not a failure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import current_app

from app import clock, money, projects
from app.db import db, transaction
from app.errors import Confidential
from app.gateway import documents, lines, news
from app.gateway.lines import Answer
from app.guarantees import secrets as guarantees
from app.institutions import get as institution_of_code
from app.orders import outgoing as orders
from app.orders import secrets as order_secrets
from app.protocol.calls import A1, A2, A3, A4, A5, A6, A15, B1, B2, B3, B11, C5, Call
from app.protocol.codes import Code
from app.protocol.messages.message import write
from app.runtime import incidents
from app.runtime.operations import OpContext

UNKNOWN_THERE = {
    "known": False,
    "underwriting_status": "PENDING",
    "pay_status": "UNPAID",
    "issue_status": "NONE",
    "guarantee_no": None,
    "premium_paid": None,
}


def quote(context: OpContext) -> dict[str, Any]:
    """A1: what this order would cost, without saying whose it is."""
    order = order_secrets.find(context.key)
    content = order_secrets.content(order)
    body = {
        "product_code": order.product,
        "lot_category": projects.get(content.lot_no).category,
        "region": content.region,
        "amount": money.yuan(content.amount),
        "valid_from": _time(content.begins),
        "valid_to": _time(content.ends),
    }
    answer = lines.ask(order.institution, A1, body, request_id=request_id(context, A1))
    if not answer.ok:
        return refused(answer)
    return {"accepted": True, **write(A1.answer, answer.data)}


def place_order(context: OpContext) -> dict[str, Any]:
    """A2. An order that is already there was accepted."""
    body = orders.order_payload(context.key)
    answer = _ask(context, A2, body)
    if not answer.ok and answer.code != Code.DUPLICATE:
        return refused(answer)
    return {"accepted": True, "institution_order_no": answer.data.get("institution_order_no")}


def payment_link(context: OpContext) -> dict[str, Any]:
    """A3: where the bidder pays, until when."""
    return_url = f"{current_app.config['PUBLIC_URL']}/orders/{context.key}/returned"
    answer = _ask(context, A3, orders.link_payload(context.key, return_url), order_no=context.key)
    if not answer.ok:
        return refused(answer)
    return {"accepted": True, **write(A3.answer, answer.data)}


def query_order(context: OpContext) -> dict[str, Any]:
    """A4: how it stands there. News the institution has and we have not is put into the inbox, as if it had called."""
    answer = _ask(context, A4, order_no=context.key)
    if answer.code == Code.UNKNOWN:
        return dict(UNKNOWN_THERE)
    if not answer.ok:
        raise lines.CallRejected(f"A4 被拒绝：{answer.code} {answer.reason}")
    institution = orders.institution_of(context.key)
    _learn(context.key, institution, answer.data)
    said = write(A4.answer, {name: answer.data[name] for name in UNKNOWN_THERE if name in answer.data})
    return {**UNKNOWN_THERE, **said, "known": True}


def close_order(context: OpContext, reason: str) -> dict[str, Any]:
    """A5 (TIMEOUT or ABANDON). `paid`: it can't be closed, money is there. Unknown there is as good as closed."""
    answer = _ask(context, A5, {"reason": reason}, order_no=context.key)
    closed = answer.ok or answer.code == Code.UNKNOWN
    return {"closed": closed, "paid": answer.code == Code.ALREADY_PAID, "code": answer.code, "reason": answer.reason}


def repay(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """A15: give the money of one transaction back; B11 says when it is done."""
    answer = _ask(context, A15, orders.repayment_payload(context.key, txn_no, reason), order_no=context.key)
    if not answer.ok and answer.code != Code.DUPLICATE:
        return refused(answer)
    return {"accepted": True}


def unseal(context: OpContext, guarantee_no: str) -> dict[str, Any]:
    """A6: after opening, tell the institution what its sealed guarantee was for."""
    guarantee = guarantees.find(guarantee_no)
    lot = projects.get(guarantees.content(guarantee).lot_no)
    if lot.opened_at is None:
        raise Confidential("开标前保密，不予还原", no=guarantee_no)
    entry = {
        "guarantee_no": guarantee_no,
        "lot": {"lot_no": lot.number, "name": lot.name, "category": lot.category, "region": lot.region},
        "project": {"project_no": lot.project.no, "name": lot.project.name},
        "beneficiary": {"name": lot.tenderer_name, "uscc": lot.tenderer_uscc},
        "opening_at": _time(lot.opened_at),
    }
    body = {"guarantees": [entry]}
    answer = lines.ask(guarantee.institution, A6, body, request_id=request_id(context, A6))
    return {"accepted": True} if answer.ok else refused(answer)


def bidding_right(context: OpContext) -> dict[str, Any]:
    """C5: may this order's bidder bid on its lot. `eligible` is null where nobody can be asked, or knows."""
    content = order_secrets.content(order_secrets.find(context.key))
    body = {"bidder": {"name": content.bidder_name, "uscc": content.bidder_uscc}}
    answer = lines.ask_trading(C5, body, request_id=request_id(context, C5), lot_id=content.lot_no)
    if answer is None or not answer.ok:
        return {"eligible": None, "reason": answer.reason if answer is not None else ""}
    return {"eligible": answer.data["eligible"], "reason": answer.data.get("reason", "")}


def _ask(context: OpContext, call: Call, body: Mapping[str, Any] | None = None, **numbers: str) -> Answer:
    institution = orders.institution_of(context.key)
    return lines.ask(institution, call, body, request_id=request_id(context, call), **numbers)


def _learn(order_no: str, institution: str, status: Mapping[str, Any]) -> None:
    sender = f"institution:{institution}"
    told: list[tuple[str, dict[str, Any]]] = []
    if status.get("underwriting"):
        told.append(("underwriting", write(B1.body, status["underwriting"])))  # type: ignore[arg-type]
    told += [("payment", write(B2.body, one)) for one in status.get("payments", ())]  # type: ignore[arg-type]
    told += [("repayment", write(B11.body, one)) for one in status.get("repayments", ())]  # type: ignore[arg-type]
    with transaction():
        for name, one in told:
            news.keep(news.ORDER, order_no, name, one, sender=sender)
    if status.get("issuance"):
        _learn_issuance(order_no, institution, sender, status["issuance"])


def _learn_issuance(order_no: str, institution: str, sender: str, issuance: Mapping[str, Any]) -> None:
    file = issuance.get("file")
    told = write(B3.body, {key: value for key, value in issuance.items() if key != "file"})  # type: ignore[arg-type]
    content = b""
    if file is not None:
        hashes = {key: file[key] for key in ("sm3", "sha256")}
        if news.known(sender, news.identity("issuance", order_no, {**told, **hashes})) is not None:
            return
        endpoint = institution_of_code(institution).endpoint_url
        db.session.rollback()
        content = documents.fetch(file, endpoint=endpoint) if "url" in file else file["content"]
        if problem := documents.flaw(file, content):
            with transaction():
                incidents.add(news.ORDER, order_no, "business", f"查询得到的保函文件不合格：{'：'.join(problem)}")
            return
    written = documents.write(file, content) if file is not None else None
    with transaction():
        stored = documents.keep(file, written) if file is not None and written is not None else {}
        news.keep(news.ORDER, order_no, "issuance", {**told, **stored}, sender=sender)


def refused(answer: Answer) -> dict[str, Any]:
    return {"accepted": False, "code": str(answer.code), "reason": answer.reason}


def request_id(context: OpContext, call: Call) -> str:
    """The same at every attempt of one job, so that a call repeated after a crash is answered the same."""
    return f"{call.id}-{hashlib.sha256(context.idempotency.encode()).hexdigest()[:40]}"


def _time(moment: Any) -> str:
    return clock.local(moment).isoformat(timespec="seconds")
