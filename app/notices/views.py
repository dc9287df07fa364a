"""通知消息 (manual 5.5): what somebody was told, the newest first."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.accounts.user import current_user
from app.db import transaction
from app.errors import BadInput
from app.notices import telling

bp = Blueprint("notices", __name__, url_prefix="/work/notices")
PER_PAGE = 20


@bp.get("/")
def index() -> str:
    """Seeing the page reads the notices; those new since last time are marked."""
    user = current_user()
    whom = telling.of_staff(user.id) if user.is_staff else user.entity_id
    asked = request.args.get("before")
    if asked is not None and not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise BadInput(_("页码有误"))
    before = None if asked is None else int(asked)
    found = telling.mine(whom, before=before, limit=PER_PAGE + 1)
    page, more = found[:PER_PAGE], len(found) > PER_PAGE
    fresh = {notice.id for notice in page if notice.read_at is None}
    shown = render_template("notices/index.html", notices=page, fresh=fresh, more=page[-1].id if more else None)
    if fresh:
        with transaction():
            telling.mark_read(whom)
    return shown
