"""Differences between an institution's books and ours: one case of `workflows/reconciliation` each, never mended by
the machine."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from flask_babel import gettext as _
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, institutions, money, numbering, runtime
from app.audit import SYSTEM, record
from app.db import BigKey, UtcDateTime, db, insert_new
from app.errors import NotFound
from app.gateway import books
from app.gateway.books import Difference
from app.institutions import catalogue
from app.runtime.operations import Fact, OpContext, Subject
from app.runtime.panels import Panel, Row, Section
from app.sealing import Sealed
from app.states import State, move

POLICY = "reconciliation"


class DifferenceState(State):
    OPEN = "open", "待核对"
    AGREED = "agreed", "已经一致"
    CORRECTED = "corrected", "已更正"
    EXPLAINED = "explained", "已查明"


class What(State):
    MISSING = books.MISSING, "机构账上没有"
    EXTRA = books.EXTRA, "平台没有登记"
    AMOUNT = books.AMOUNT, "金额不一致"
    UNREACHABLE = books.UNREACHABLE, "未取得机构账目"


class Kind(State):
    NONE = "", "全部"
    PAYMENT = books.PAYMENT, "收款"
    REPAYMENT = books.REPAYMENT, "退款"
    ISSUANCE = books.ISSUANCE, "出函"


S = DifferenceState


class BookDifference(db.Model):  # type: ignore[name-defined]
    """One difference of one day; amounts sealed, as they are everywhere. `no` is its public number."""

    MOVES: ClassVar = {S.OPEN: {S.AGREED, S.CORRECTED, S.EXPLAINED}}
    __tablename__ = "book_difference"
    __table_args__ = (
        UniqueConstraint(
            "institution", "day", "what", "kind", "order_no", "reference", name="uq_book_difference_place"
        ),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    institution: Mapped[str]
    day: Mapped[str]
    what: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    order_no: Mapped[str] = mapped_column(default="", index=True)
    reference: Mapped[str] = mapped_column(default="")
    amounts: Mapped[Any] = mapped_column(Sealed("book_difference.amounts"))
    state: Mapped[str] = mapped_column(default=S.OPEN)
    reason_code: Mapped[str] = mapped_column(default="")
    note: Mapped[Any] = mapped_column(Sealed("book_difference.note"), nullable=True)
    found_at: Mapped[Any] = mapped_column(UtcDateTime)


def find(no: str) -> BookDifference:
    row = db.session.scalar(select(BookDifference).where(BookDifference.no == no))
    if row is None:
        raise NotFound("没有这项对账差异", no=no)
    return row


def open_case(institution: str, day: date, difference: Difference) -> str | None:
    """Enter a difference and start its case, in the caller's transaction; None if it is known already."""
    place = {
        "institution": institution,
        "day": day.isoformat(),
        "what": difference.what,
        "kind": difference.kind,
        "order_no": difference.order_no,
        "reference": difference.reference,
    }
    if db.session.scalar(select(BookDifference.id).filter_by(**place)) is not None:
        return None
    no = numbering.next_number("DZ")
    amounts = {"ours": difference.ours, "theirs": difference.theirs}
    entered = insert_new(
        BookDifference, no=no, **place, amounts=amounts, state=S.OPEN, reason_code="", found_at=clock.now()
    )
    if not entered:
        return None
    runtime.start(POLICY, key=no, data={}, by=SYSTEM, institution=institution)
    return no


def settle(context: OpContext, outcome: str, note: str = "", reason: str = "") -> None:
    """How it ended: what the operator found, or that both sides agree now."""
    row = db.session.scalars(
        select(BookDifference)
        .where(BookDifference.no == context.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    move(row, DifferenceState(outcome), by=context.by)  # type: ignore[call-arg]
    row.reason_code, row.note = reason, note
    record(row.no, "对账差异处理完毕", by=context.by, outcome=outcome)


def facts(no: str) -> Mapping[str, Callable[[], Any]]:
    return {
        "difference": lambda: _difference(find(no)),
        "institution": lambda: {"code": find(no).institution},
        "reasons": lambda: [{"value": one.code, "label": one.text} for one in catalogue.reasons(POLICY)],
    }


def panel(no: str, _user: Any) -> Panel:
    row = find(no)
    state = DifferenceState(row.state)  # type: ignore[call-arg]
    what, kind = What(row.what), Kind(row.kind)  # type: ignore[call-arg]
    rows = [Row(_("差异编号"), row.no), Row(_("对账日"), row.day), Row(_("差异"), _(what.label))]
    if row.order_no:
        rows += [
            Row(_("种类"), _(kind.label)),
            Row(_("订单编号"), row.order_no),
            Row(_("流水号或保函编号"), row.reference),
            Row(_("平台登记"), _shown(row.amounts["ours"])),
            Row(_("机构账上"), _shown(row.amounts["theirs"])),
        ]
    institution = institutions.get(row.institution)
    return Panel(
        sections=(
            Section(_("对账差异"), tuple(rows)),
            Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("服务电话"), institution.phone))),
        ),
        state=state,
    )


def _shown(fen: int | None) -> str:
    return _("没有") if fen is None else f"{money.shown(fen)}{_('元')}"


def _difference(row: BookDifference) -> dict[str, Any]:
    return {"what": row.what, "kind": row.kind, "day": row.day, "state": row.state}


SUBJECT = Subject(
    kind=POLICY,
    title="对账差异",
    facts=facts,
    fields=(
        Fact("difference.what", "string", "差异：MISSING、EXTRA、AMOUNT、UNREACHABLE"),
        Fact("difference.kind", "string", "种类：PAYMENT、REPAYMENT、ISSUANCE"),
        Fact("difference.day", "string", "对账日"),
        Fact("difference.state", "string", "处理状态"),
        Fact("institution.code", "string", "机构编号"),
        Fact("reasons", "list", "可选的差异原因"),
    ),
    policies=(POLICY,),
    panel=panel,
)
