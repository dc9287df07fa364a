"""What expressions may read of an early access, and what whoever decides on it is shown."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.break_glass import access
from app.break_glass.models import AccessState, EarlyAccess
from app.runtime.operations import Fact, Subject
from app.runtime.panels import Panel, Row, Section


def facts(no: str) -> Mapping[str, Callable[[], Any]]:
    return {"access": lambda: _facts(access.find(no))}


def _facts(row: EarlyAccess) -> dict[str, Any]:
    return {"state": row.state, "created_at": row.created_at, "until": row.until}


def panel(no: str, _user: Any) -> Panel:
    """Who asks for which lot, and why. Nothing of what the lot's seal hides."""
    row = access.find(no)
    lot = access.lot_of(row)
    return Panel(
        sections=(
            Section(
                _("启封申请"),
                (
                    Row(_("编号"), row.no),
                    Row(_("申请人"), row.requester_label),
                    Row(_("申请时间"), clock.shown(row.created_at)),
                    Row(_("标段"), f"{lot.name}（{lot.number}）"),
                    Row(_("开标时间"), clock.shown(lot.opening_at)),
                    Row(_("文书文号"), row.sealed["document_no"]),
                    Row(_("申请理由"), row.sealed["reason"]),
                ),
            ),
        ),
        state=AccessState(row.state),  # type: ignore[call-arg]
    )


SUBJECT = Subject(
    kind="early_access",
    title="紧急启封",
    facts=facts,
    fields=(
        Fact("access.state", "string", "状态"),
        Fact("access.created_at", "date and time", "申请时间"),
        Fact("access.until", "date and time", "查阅至"),
        Fact("basis", "string", "启封依据（申请时）"),
    ),
    policies=("break_glass",),
    link=lambda no: f"/work/early-access/{no}",
    panel=panel,
)
