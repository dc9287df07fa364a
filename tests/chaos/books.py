"""Everything both sides know of each order, read once when all is still."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from sqlalchemy import select

from app import files
from app.audit import AuditLine
from app.db import db
from app.guarantees.models import Guarantee
from app.ledger import Account, LedgerEntry
from app.notices.models import Notice, SmsSent
from app.orders import secrets
from app.orders.models import Order, Payment
from app.protocol import trial
from app.runtime.models import History, Instance
from tests.chaos.stage import Stage


@dataclass
class Ours:
    """One order as the platform knows it."""

    order: Order
    content: secrets.Content
    payments: list[Payment] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    guarantees: list[Guarantee] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)  # (code, text)
    sent: list[str] = field(default_factory=list)  # keys of SMS the provider took
    instance: Instance | None = None
    steps: list[int] = field(default_factory=list)

    def balance(self, account: Account) -> int:
        return sum(entry.amount for entry in self.entries if entry.account == account)


@dataclass
class Theirs:
    """One order as its institution knows it; rows of GET /ledger. The traffic of acceptance tests is not among them."""

    order: dict[str, Any] | None = None
    payments: list[dict[str, Any]] = field(default_factory=list)
    repayments: list[dict[str, Any]] = field(default_factory=list)
    guarantees: list[dict[str, Any]] = field(default_factory=list)
    chores: list[dict[str, Any]] = field(default_factory=list)
    applications: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Fen that the institution has and did not give back as nothing was bought for them."""
        return sum(one["amount"] for one in self.payments) - sum(one["amount"] for one in self.repayments)

    @property
    def refunded(self) -> bool:
        """退保: the premium of the guarantee was given back."""
        return any(one["call"] == "A8" and one["decided"] == "APPROVED" for one in self.applications)

    @property
    def paid_out(self) -> int:
        return sum(one["paid_out"] for one in self.guarantees)


@dataclass
class Books:
    ours: dict[str, Ours]
    theirs: dict[str, Theirs]
    texts: Counter[tuple[str, str]]  # (phone, text) of SMS that arrived
    asked: Counter[str]  # order → A2 calls that were done there, by request id
    broken_files: list[str]
    other_texts: set[str]  # what notices say that are not an order's own


def read(stage: Stage) -> Books:
    with stage.app.app_context():
        db.session.rollback()
        ours = _ours()
        others = {one.body["text"] for one in db.session.scalars(select(Notice).where(Notice.key.not_like("order:%")))}
        broken = [no for no, one in ours.items() for g in one.guarantees if not _whole(g)]
        db.session.remove()
    phones = {one.content.handler.phone for one in ours.values()}
    texts: Counter[tuple[str, str]] = Counter()
    for phone in phones:
        answer = httpx.get(f"{stage.trading}/sms.json", params={"phone": phone}, timeout=60).raise_for_status()
        texts.update((phone, one["text"]) for one in answer.json())
    return Books(ours, _theirs(stage), texts, _asked(stage), broken, others)


def _ours() -> dict[str, Ours]:
    found = {order.no: Ours(order, secrets.content(order)) for order in db.session.scalars(select(Order))}
    for payment in db.session.scalars(select(Payment).order_by(Payment.id)):
        found[payment.order_no].payments.append(payment)
    for entry in db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)):
        found[entry.order_no].entries.append(entry)
    for guarantee in db.session.scalars(select(Guarantee)):
        found[guarantee.order_no].guarantees.append(guarantee)
    for line in db.session.scalars(select(AuditLine).where(AuditLine.facts.isnot(None)).order_by(AuditLine.id)):
        if line.subject in found and "was" in line.facts:
            found[line.subject].moves.append((line.facts["was"], line.facts["now"]))
    for notice in db.session.scalars(select(Notice).order_by(Notice.id)):
        kind, *rest = notice.key.split(":")
        if kind == "order":
            no, code, _step = rest
            found[no].notices.append((code, notice.body["text"]))
    for sent in db.session.scalars(select(SmsSent).where(SmsSent.key.startswith("order:"))):
        found[sent.about].sent.append(sent.key)
    by_instance = {}
    for instance in db.session.scalars(select(Instance).where(Instance.policy == "order")):
        if instance.key in found:
            found[instance.key].instance = by_instance[instance.id] = instance
    for instance_id, step in db.session.execute(select(History.instance_id, History.step).order_by(History.id)):
        if instance_id in by_instance:
            found[by_instance[instance_id].key].steps.append(step)
    return found


def _whole(guarantee: Guarantee) -> bool:
    """Whether its document is there and is what was received."""
    return files.content(guarantee.file_id).startswith(b"%PDF")


def _theirs(stage: Stage) -> dict[str, Theirs]:
    ledger, found = stage.ledger(), defaultdict[str, Theirs](Theirs)
    calls = {
        row["id"]: row["call"] for row in stage.books("SELECT id, json_extract(body, '$.call') AS call FROM chores")
    }
    for order in ledger["orders"]:
        found[order["order_no"]].order = order
    for row in ledger["chores"]:
        row["call"] = calls[row["id"]]
    for name in ("payments", "repayments", "guarantees", "applications", "chores"):
        for row in ledger[name]:
            getattr(found[row["order_no"]], name).append(row)
    return {no: theirs for no, theirs in found.items() if not no.startswith(trial.PREFIX)}


def _asked(stage: Stage) -> Counter[str]:
    """How many different requests placed each order: one is right, two is a call made twice."""
    rows = stage.books("SELECT body FROM answers WHERE request_id LIKE 'A2-%' AND status = 200 AND env <> 'test'")
    return Counter(orjson.loads(row["body"])["data"]["order_no"] for row in rows)
