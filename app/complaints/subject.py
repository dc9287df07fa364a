"""What expressions may read of a complaint, and what a reviewer is shown of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.complaints import filing
from app.complaints.models import ComplaintState
from app.institutions import catalogue
from app.runtime.operations import Fact, Subject
from app.runtime.panels import Panel, Row, Section


def facts(no: str) -> Mapping[str, Callable[[], Any]]:
    return {
        "complaint": lambda: _complaint(no),
        "institution": lambda: _institution(no),
        "reasons": lambda: [{"value": one.code, "label": one.text} for one in catalogue.reasons("complaint")],
    }


def _complaint(no: str) -> dict[str, Any]:
    row = filing.find(no)
    return {"state": row.state, "created_at": row.created_at, "state_since": row.state_since}


def _institution(no: str) -> dict[str, Any]:
    row = catalogue.get(filing.find(no).institution)
    return {"code": row.code, "kind": row.kind, "online": row.online}


def panel(no: str, _user: Any) -> Panel:
    """The complaint itself. Name and phone stand beside it masked; the company that complains is not shown."""
    complaint = filing.find(no)
    state = ComplaintState(complaint.state)  # type: ignore[call-arg]
    institution = catalogue.get(complaint.institution)
    return Panel(
        sections=(
            Section(
                _("投诉"),
                (
                    Row(_("投诉编号"), complaint.no),
                    Row(_("状态"), _(state.label)),
                    Row(_("提交时间"), clock.shown(complaint.created_at)),
                    Row(_("投诉内容"), filing.told(complaint).content),
                ),
            ),
            Section(
                _("金融机构"),
                (
                    Row(_("名称"), institution.name),
                    Row(_("服务电话"), institution.phone),
                    Row(_("机构编号"), institution.code),
                ),
            ),
        ),
        state=state,
    )


SUBJECT = Subject(
    kind="complaint",
    title="在线投诉",
    facts=facts,
    fields=(
        Fact("complaint.state", "string", "投诉状态"),
        Fact("complaint.created_at", "date and time", "提交时间"),
        Fact("complaint.state_since", "date and time", "进入当前状态的时间"),
        Fact("institution.code", "string", "机构编号"),
        Fact("institution.kind", "string", "机构类型"),
        Fact("institution.online", "boolean", "机构已上线"),
    ),
    policies=("complaint",),
    panel=panel,
)
