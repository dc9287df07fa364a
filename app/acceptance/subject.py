"""What expressions may read of a run, and what reviewers are shown of the latest one beside their decision."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app import clock, institutions
from app.acceptance import patrol
from app.acceptance.checks import FIRST, Outcome
from app.acceptance.models import Cause, Run, RunState
from app.acceptance.running import latest
from app.db import db
from app.errors import NotFound
from app.runtime.operations import Fact, Subject
from app.runtime.panels import Panel, Row, Section

SHOWN = 12  # failures beside a decision; the report has all


def find(no: str) -> Run:
    run = db.session.scalar(select(Run).where(Run.no == no))
    if run is None:
        raise NotFound("没有找到该验收报告", no=no)
    return run


def facts(no: str) -> Mapping[str, Callable[[], Any]]:
    return {"run": lambda: _run(find(no)), "institution": lambda: _institution(find(no))}


def sections(code: str) -> Iterable[Section]:
    """For the panel of an institution: the latest run, its failures first."""
    run = latest(code)
    return () if run is None else (section(run),)


def section(run: Run) -> Section:
    state = RunState(run.state)  # type: ignore[call-arg]
    address = Markup('<a href="{}">{}</a>').format(url_for("acceptance.report", no=run.no), run.no)
    failed = [one for one in run.checks if one.outcome == Outcome.FAILED]
    rows = [
        Row(_("验收报告"), address),
        Row(_("结论"), f"{_(state.label)}　{tally(run)}"),
        Row(_("时间"), clock.shown(run.ended_at or run.started_at)),
        *(Row(f"{one.no} {one.title}", one.text, changed=_("未通过")) for one in failed[:SHOWN]),
    ]
    if len(failed) > SHOWN:
        rows.append(Row(_("其余未通过"), _("共 %(n)d 项，见验收报告", n=len(failed) - SHOWN)))
    return Section(_("接口验收"), tuple(rows))


def tally(run: Run) -> str:
    if run.state == RunState.RUNNING:
        return _("已完成 %(done)d / %(total)d 项", done=run.done, total=run.total)
    return _(
        "通过 %(passed)d 项，未通过 %(failed)d 项，未执行 %(unreached)d 项",
        passed=run.passed,
        failed=run.failed,
        unreached=run.unreached,
    )


def _panel(no: str, _user: Any) -> Panel:
    run = find(no)
    institution = institutions.get(run.institution)
    about = Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("机构编号"), institution.code)))
    return Panel(sections=(section(run), about), state=RunState(run.state))  # type: ignore[call-arg]


def _run(run: Run) -> dict[str, Any]:
    failed = [one for one in run.checks if one.outcome == Outcome.FAILED]
    return {
        "no": run.no,
        "passed": run.state == RunState.PASSED,
        "reachable": not any(one.no == FIRST for one in failed),
        "failed": run.failed,
        "unreached": run.unreached,
        "in_a_row": patrol.nights(run),
        "cause": run.cause,
        "summary": f"接口验收{run.no}未通过{run.failed}项：" + "、".join(one.title for one in failed[:5]),
    }


def _institution(run: Run) -> dict[str, Any]:
    row = institutions.get(run.institution)
    return {"code": row.code, "kind": row.kind, "online": row.online}


SUBJECT = Subject(
    kind="acceptance_run",
    title="接口验收",
    facts=facts,
    fields=(
        Fact("run.no", "string", "验收报告编号"),
        Fact("run.passed", "boolean", "全部通过"),
        Fact("run.reachable", "boolean", "接口有应答"),
        Fact("run.failed", "number", "未通过的项数"),
        Fact("run.unreached", "number", "未执行的项数"),
        Fact("run.in_a_row", "number", "连续未通过的次数（含本次）"),
        Fact("run.cause", "string", f"缘由：{'、'.join(Cause)}"),
        Fact("run.summary", "string", "未通过的内容"),
        Fact("institution.code", "string", "机构编号"),
        Fact("institution.kind", "string", "机构类型"),
        Fact("institution.online", "boolean", "机构已上线"),
    ),
    policies=(patrol.WATCH,),
    link=lambda no: f"/acceptance/{no}",
    panel=_panel,
)
