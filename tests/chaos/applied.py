"""The applications on guarantees and for invoices, held against the institutions' books when all is still."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.applications.models import OPEN, Application, ApplicationState, Kind
from app.db import db
from app.guarantees import secrets
from app.guarantees.models import Guarantee, GuaranteeState
from app.invoices.models import Invoice, InvoiceState
from app.notices.models import MessageText, Notice, SmsSent
from app.runtime.models import History, Instance
from tests.chaos.holders import Asked
from tests.chaos.stage import Stage

S, G, Made = ApplicationState, GuaranteeState, InvoiceState
AGREED = {True: S.APPROVED, False: S.REFUSED}
THEIR_STATE = {G.IN_FORCE: "IN_FORCE", G.REFUNDED: "REFUNDED", G.LAPSED: "LAPSED"}
Found = tuple[str, str, str]


@dataclass
class Entered:
    """One application as the platform knows it."""

    application: Application
    steps: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # texts of its notices
    owed: list[str] = field(default_factory=list)  # keys of SMS that should have been sent
    sent: list[str] = field(default_factory=list)


def judge(stage: Stage, asked: dict[str, Asked], invoiced: dict[str, str]) -> Iterator[Found]:
    """Findings as (lost, doubled or stuck; number; what)."""
    theirs = {one["number"]: one for one in stage.ledger()["applications"] if not one["number"].startswith("TEST-")}
    policies = {one["guarantee_no"]: one for one in stage.ledger()["guarantees"]}
    with stage.app.app_context():
        db.session.rollback()
        entered = _entered()
        yield from (("lost", no, "the applicant's application is unknown") for no in asked.keys() - entered.keys())
        yield from (("doubled", no, "an application nobody sent") for no in entered.keys() - asked.keys())
        refunded = {one["order_no"] for one in theirs.values() if (one["call"], one["decided"]) == ("A8", "APPROVED")}
        yield from _invoices(invoiced, theirs, refunded)
        guarantees = {no for no, one in theirs.items() if one["call"] != "A11"}
        yield from (("lost", no, "only the institution knows it") for no in guarantees - entered.keys())
        for no, one in entered.items():
            decided = theirs[no]["decided"] if no in theirs else ""
            yield from ((which, no, what) for which, what in _one(one, decided))
        for guarantee in db.session.scalars(select(Guarantee)):
            if guarantee.no in policies:
                yield from ((w, guarantee.no, what) for w, what in _guarantee(guarantee, policies[guarantee.no]))
        db.session.remove()


def _invoices(invoiced: dict[str, str], theirs: dict[str, Any], refunded: set[str]) -> Iterator[Found]:
    """Each made out or not as the institution says, and taken back if the premium was."""
    found = {one.no: one for one in db.session.scalars(select(Invoice))}
    yield from (("lost", no, "the bidder's invoice is unknown") for no in invoiced.keys() - found.keys())
    yield from (("doubled", no, "an invoice nobody asked for") for no in found.keys() - invoiced.keys())
    known = {one["number"] for one in theirs.values() if one["call"] == "A11"}
    ours = found.keys() | {one.credit_no for one in found.values() if one.credit_no}
    yield from (("lost", no, "an invoice only the institution knows") for no in known - ours)
    for no, one in found.items():
        made_out = no in theirs and theirs[no]["decided"] == "APPROVED"
        wanted = Made.FAILED if not made_out else Made.CREDITED if one.order_no in refunded else Made.ISSUED
        if one.state in (Made.PROCESSING, Made.CREDITING):
            yield "stuck", no, f"in state {one.state}"
        elif one.state != wanted:
            yield "lost", no, f"{one.state}, not {wanted}"


def _entered() -> dict[str, Entered]:
    found = {one.no: Entered(one) for one in db.session.scalars(select(Application))}
    cases = dict(db.session.execute(select(Instance.id, Instance.key).where(Instance.policy.in_(list(Kind)))).all())
    for case, step in db.session.execute(select(History.instance_id, History.step).order_by(History.id)):
        if cases.get(case) in found:
            found[cases[case]].steps.append(step)
    by_sms = set(db.session.scalars(select(MessageText.code).where(MessageText.sms)))
    for key in db.session.scalars(select(Notice.key).where(Notice.key.startswith("application:"))):
        _, no, text, _step = key.split(":")
        found[no].told.append(text)
        if text in by_sms:
            found[no].owed.append(key)
    for key in db.session.scalars(select(SmsSent.key).where(SmsSent.key.startswith("application:"))):
        found[key.split(":")[1]].sent.append(key)
    return found


def _one(one: Entered, decided: str) -> Iterator[tuple[str, str]]:
    state = one.application.state
    if state in OPEN:
        yield "stuck", f"in state {state}"
    elif decided and state != AGREED[decided == "APPROVED"]:
        yield "lost", f"{state}, but the institution decided {decided}"
    elif not decided and state == S.APPROVED:
        yield "lost", "agreed to without the institution"
    if sorted(one.steps) != list(range(len(one.steps))):
        yield "doubled", f"steps {one.steps}"
    if not one.told:
        yield "lost", "its applicant was never told"
    yield from (("doubled", f"told again {text}") for text, n in Counter(one.told).items() if n > 1)
    if sorted(one.owed) != sorted(one.sent):
        yield "lost" if len(one.sent) < len(one.owed) else "doubled", f"SMS meant {one.owed}, sent {one.sent}"


def _guarantee(guarantee: Guarantee, theirs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    content = secrets.content(guarantee)
    if guarantee.state == G.LAPSED and guarantee.lapse == "expired":
        return
    if THEIR_STATE.get(G(guarantee.state)) != theirs["state"]:  # type: ignore[call-arg]
        yield "lost", f"{guarantee.state}, the institution says {theirs['state']}"
    if content.amount - content.balance != theirs["paid_out"]:
        yield "lost", f"{content.amount - content.balance} fen paid out, the institution says {theirs['paid_out']}"
    if content.ends != datetime.fromisoformat(theirs["valid_to"]):
        yield "lost", f"valid to {content.valid_to}, the institution says {theirs['valid_to']}"
