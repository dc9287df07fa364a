"""What staff are shown of a lot's event: how far the way through its guarantees came.

Before opening only whether it is under way: neither numbers nor a share, which falls in steps that tell the whole.
"""

from typing import Any

from flask_babel import gettext as _

from app import clock, projects
from app.applications import walks
from app.applications.walks import Progress
from app.errors import NotFound
from app.notices import telling
from app.runtime.panels import Panel, Row, Section


def panel(key: str, user: Any) -> Panel:
    lot = projects.get(key.partition(":")[0])
    opened = lot.opened_at is not None
    rows = tuple(Row(_title(one.about), _said(one, opened=opened)) for one in walks.of_case(key))
    about = Section(_("标段"), (Row(_("标段"), lot.name), Row(_("标段编号"), lot.number)))
    return Panel((about, Section(_("办理进度"), rows)) if rows else (about,))


def _title(about: str) -> str:
    if about == "lots/unseal":
        return _("逐份还原密文保函")
    try:
        return telling.text_of(about).title
    except NotFound:
        return about


def _said(one: Progress, *, opened: bool) -> str:
    since = clock.shown(one.began_at)
    if one.ended_at is None:
        said = [_("进行中，%(since)s开始", since=since)]
    else:
        said = [_("已完成，%(since)s开始，%(until)s结束", since=since, until=clock.shown(one.ended_at))]
    if opened:
        said.append(_("%(done)s / %(total)s 份", done=one.done, total=one.total))
        if one.failed:
            said.append(_("%(failed)s 份失败，在异常中重试", failed=one.failed))
    elif one.failed:
        said.append(_("有失败的，在异常中重试"))
    return _("；").join(said)
