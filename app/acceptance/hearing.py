"""Test callbacks: heard only while a run is open for their sender, kept for it, answered as real ones are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.acceptance.models import Callback, Run
from app.acceptance.play import Heard
from app.db import db, transaction
from app.institutions.catalogue import find_app
from app.protocol import trial
from app.protocol.calls import CALLS, INSTITUTION, Call
from app.protocol.canonical import Stamp
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write

NUMBERS = ("extension_no", "refund_no", "cancellation_no", "claim_no", "invoice_no", "order_no", "guarantee_no")
OF_THE_RUN = frozenset(NUMBERS) - {"guarantee_no"}
MOST_REFUSED = 200  # of one run: anybody may send what is not signed
NOTED = frozenset({Code.SIGNATURE, Code.TIMESTAMP, Code.KEY_EXPIRED, Code.MISSING, Code.FORMAT, Code.CREDIT_CODE})


class NotYet(Refusal):
    """The script wants this callback to be sent once more."""

    def __init__(self, number: str, body: Mapping[str, Any]) -> None:
        self.number, self.body = number, body
        super().__init__(Code.RETRY_LATER, "按验收约定应答5001，请以同一请求编号重发")


@dataclass(frozen=True)
class Ear:
    """Hears one callback for an open run. `headers` are the request's."""

    run_id: int
    round: int
    prefix: str
    call: Call
    headers: Mapping[str, str]

    def hear(self, values: Mapping[str, Any], request_id: str) -> Mapping[str, Any]:
        """In the caller's transaction; raises Refusal for numbers of nobody, and where the script says to."""
        name, number = numbered(values)
        if name in OF_THE_RUN and not number.startswith(f"{trial.PREFIX}{self.prefix}-"):
            raise Refusal(Code.UNKNOWN, "不是本次验收的编号", fields={name: "不是本次验收的编号"})
        assert self.call.body is not None
        body = write(self.call.body, values)
        if self.call.id == "B1" and trial.played(number) is trial.Play.AGAIN and not self._told_before(number):
            raise NotYet(number, body)
        self._keep(number, request_id, body)
        return {"received_at": clock.now().replace(microsecond=0)}

    def refused(self, refusal: Refusal, request_id: str) -> None:
        """Remember that a callback could not be taken, or was to be sent again; an edge of its own."""
        if isinstance(refusal, NotYet):
            with transaction():
                self._keep(refusal.number, request_id, refusal.body, again=True)
        if refusal.code not in NOTED:
            return
        with transaction():
            count = db.session.scalar(
                select(func.count()).where(Callback.run_id == self.run_id, Callback.refused != "")
            )
            if (count or 0) < MOST_REFUSED:
                self._keep("", request_id, None, refused=f"{int(refusal.code)} {refusal.message}")

    def _told_before(self, number: str) -> bool:
        query = select(Callback.id).where(
            Callback.run_id == self.run_id, Callback.round == self.round, Callback.number == number
        )
        return db.session.scalar(query.limit(1)) is not None

    def _keep(self, number: str, request_id: str, body: Any, *, refused: str = "", again: bool = False) -> None:
        db.session.add(
            Callback(
                run_id=self.run_id,
                round=self.round,
                call=self.call.id,
                number=number,
                request_id=request_id,
                headers={name: value for name, value in self.headers.items() if name.lower().startswith("x-")},
                body=body,
                refused=refused,
                again=again,
                at=clock.now(),
            )
        )


def ear(app_id: str, call: Call, headers: Mapping[str, str]) -> Ear:
    """For a verified test call; raises Refusal if no run is open for its sender."""
    found = _open(app_id) if call.asker == INSTITUTION else None
    if found is None:
        raise Refusal(Code.STATE_CONFLICT, "没有进行中的接口验收", status=403)
    return Ear(found.id, found.round, found.prefix, call, headers)


def overheard(claimed: Stamp | None, call: Call, refusal: Refusal, headers: Mapping[str, str]) -> None:
    """A test call whose signature does not hold, kept for the run of the sender it claims, if one is open."""
    if claimed is None or claimed.env != trial.ENV or call.asker != INSTITUTION:
        return
    found = _open(claimed.app_id)
    if found is not None:
        Ear(found.id, found.round, found.prefix, call, headers).refused(refusal, claimed.request_id)


def heard(run_id: int, round: int) -> list[Heard]:
    """All callbacks of this round, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(
        select(Callback).where(Callback.run_id == run_id, Callback.round == round).order_by(Callback.id)
    )
    return [
        Heard(row.call, row.number, row.request_id, _values(row), row.headers, row.refused, row.again) for row in rows
    ]


def numbered(values: Mapping[str, Any]) -> tuple[str, str]:
    """Which field numbers a callback, and the number; B10 has none."""
    name = next((name for name in NUMBERS if name in values), "")
    return name, str(values.get(name, ""))


def _values(row: Callback) -> Mapping[str, Any]:
    message = CALLS[row.call].body
    return read(message, row.body) if row.body is not None and message is not None else {}


def _open(app_id: str) -> Run | None:
    institution = find_app(app_id)
    return institution and db.session.scalar(select(Run).where(Run.open_for == institution.code))
