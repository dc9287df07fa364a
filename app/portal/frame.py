"""What every page's frame needs: site texts, menus, the present region, and the templates' filters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, g, request, session, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app import clock, regions
from app.formjs.masking import masked
from app.portal import languages, navigation, site
from app.regions import PROVINCE, REGIONS

SOON = timedelta(hours=1)
STYLES = ("tokens", "ground", "frame", "parts", "forms", "tables", "case", "offers", "home")
ROLES: dict[str, Callable[[], str]] = {
    "bidder": lambda: _("投标人"),
    "tenderer": lambda: _("招标人"),
    "tender_agent": lambda: _("招标代理"),
    "centre_reviewer": lambda: _("交易中心审核员"),
    "institution_reviewer": lambda: _("机构审核员"),
    "institution_admin": lambda: _("机构管理员"),
    "operator": lambda: _("业务运营"),
    "publisher": lambda: _("政策发布审批"),
    "auditor": lambda: _("审计监管"),
}


@dataclass(frozen=True)
class Left:
    """Time left to a deadline, in words, with a tone: calm, soon (under an hour) or over."""

    text: str
    tone: str
    now: str


def init(app: Flask) -> None:
    app.extensions["site"] = site.load(app.config.get("PORTAL_FILE") or site.DEFAULT)
    app.jinja_env.filters.update(
        iso=iso,
        left=left,
        weekday=weekday,
        uscc=grouped,
        masked=masked,
        filesize=filesize,
        own_words=lambda one, key: site.in_language(one, key, languages.language()),
        role_name=role_name,
    )
    app.jinja_env.globals.update(
        here=here, link_to=navigation.link, styles=STYLES, regions=REGIONS, region=region, region_name=regions.name
    )
    app.context_processor(_frame)
    app.before_request(_choose_region)
    app.after_request(_tell_scripts_where)


def _frame() -> dict[str, Any]:
    user = getattr(g, "user", None)
    return {
        "site": site.now(),
        "user": user,
        "top_links": navigation.top(),
        "work_links": navigation.work(user.role if user else None) if user else [],
    }


def region() -> str:
    """The region whose pages are shown: ?region=, else the one chosen before, else the province."""
    asked = (request.args.get("region"), session.get("region"))
    return next((code for code in asked if code in REGIONS), PROVINCE)


def _choose_region() -> None:
    chosen = request.args.get("region")
    if chosen in REGIONS and session.get("region") != chosen:
        session["region"] = chosen


def _tell_scripts_where(response: Response) -> Response:
    """A form sent by script learns where to go next instead of following there itself (it would eat the flashes)."""
    if request.headers.get("X-Form") and response.status_code in (301, 302, 303):
        response.headers["X-Location"] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")
    return response


def here(**changes: object) -> str:
    """The present address with some query arguments changed; None takes one away."""
    args = MultiDict(request.args)
    for name, value in changes.items():
        args.poplist(name)
        if value is not None:
            args[name] = str(value)
    if request.endpoint and request.endpoint != "static":
        return url_for(request.endpoint, **{**(request.view_args or {}), **args.to_dict(flat=False)})
    return request.path


def role_name(code: str) -> str:
    return ROLES[code]() if code in ROLES else code


def iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")


def weekday(moment: datetime) -> str:
    day = clock.local(moment).weekday()
    return [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")][day]


def left(deadline: datetime) -> Left:
    """还剩 12 分 30 秒: two units, the larger ones that matter."""
    now = clock.now()
    gap = deadline - now
    tone = "over" if gap <= timedelta(0) else "soon" if gap < SOON else "calm"
    return Left(_("还剩 %(time)s", time=_span(max(gap, timedelta(0)))), tone, iso(now))


def _span(gap: timedelta) -> str:
    hours, rest = divmod(gap.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if gap.days:
        return _("%(d)d 天 %(h)d 小时", d=gap.days, h=hours)
    if hours:
        return _("%(h)d 小时 %(m)d 分", h=hours, m=minutes)
    return _("%(m)d 分 %(s)02d 秒", m=minutes, s=seconds)


def grouped(code: str) -> str:
    """A credit code in groups for reading: 91110000 MA01L1EW6 5 becomes 9111 0000 MA01 L1EW 65."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def filesize(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
