"""The complaint's verbs: filed by a market entity, accepted or declined and closed by the provincial centre."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from app.audit import record
from app.complaints.models import Complaint, ComplaintState
from app.db import db
from app.errors import NotFound
from app.institutions import ReasonCode
from app.runtime.operations import OpContext
from app.sealing import blind
from app.states import move

OUTCOMES = {"substantiated": "属实", "partly": "部分属实", "unsubstantiated": "不属实"}
S = ComplaintState


@dataclass(frozen=True)
class Told:
    """The sealed part: what is complained of, and by whom."""

    content: str
    name: str
    phone: str
    company: str
    entity: str


def complainant(entity_id: str) -> str:
    return blind("complaint.complainant", entity_id)


def find(no: str) -> Complaint:
    return _read(no)


def told(complaint: Complaint) -> Told:
    return Told(**complaint.sealed)


def phone_of(no: str) -> str:
    return told(find(no)).phone


def open_complaint(context: OpContext) -> None:
    """Make the complaint's row from what was filed; nothing of it enters process data."""
    filed = context.secret
    content = Told(**filed["told"])
    complaint = Complaint(
        no=context.key,
        state_since=context.now,
        institution=filed["of"],
        complainant=complainant(content.entity),
        sealed=asdict(content),
        created_at=context.now,
    )
    db.session.add(complaint)
    db.session.flush()
    record(complaint.no, "提交投诉", by=context.by)


def accept(context: OpContext) -> None:
    _to(context, S.PROCESSING)


def decline(context: OpContext, code: str, note: str) -> None:
    """不予受理, with the reason from the operators' list and the reviewer's words."""
    reason = db.session.get(ReasonCode, ("complaint", code))
    words = "：".join(part for part in (reason.text if reason is not None else "", note) if part)
    complaint = _to(context, S.DECLINED)
    complaint.answer = {"outcome": "", "text": words}


def close(context: OpContext, outcome: str, answer: str) -> None:
    """已办结, with what was found and what the complainant is answered."""
    complaint = _to(context, S.RESOLVED)
    complaint.answer = {"outcome": outcome, "text": answer}


def _to(context: OpContext, state: ComplaintState) -> Complaint:
    complaint = _read(context.key, lock=True)
    move(complaint, state, by=context.by)
    complaint.state_since = context.now
    return complaint


def _read(no: str, *, lock: bool = False) -> Complaint:
    query: Any = select(Complaint).where(Complaint.no == no)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    complaint = db.session.scalar(query) if "\0" not in no else None
    if complaint is None:
        raise NotFound("投诉不存在", no=no)
    return complaint
