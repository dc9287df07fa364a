"""The page an invitation's link leads to. Looking at it does nothing; signing in, or a press of the button, accepts."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from app.accounts import invitations, limiter, signin
from app.accounts.addresses import landing
from app.accounts.claims import Refused
from app.accounts.models import Account
from app.accounts.roles import Role
from app.db import db, transaction
from app.staff.telling import house

bp = Blueprint("invitations", __name__)


@bp.get("/invitation")
@limiter.limit("20/minute")
def show() -> Any:
    """The code leaves the address at once; the session keeps its hash till somebody signs in."""
    if code := request.args.get("code", ""):
        session["invitation"] = invitations.hashed(code)
        return redirect(url_for("invitations.show"))
    return _page()


@bp.post("/invitation")
@limiter.limit("20/minute")
def accept() -> Any:
    """By somebody who is signed in as staff already."""
    user, followed = g.user, session.get("invitation", "")
    try:
        with transaction():
            row = invitations.by_hash(followed, lock=True)
            if row is None:
                raise Refused("该邀请已失效，请联系邀请人重新发送")
            account = db.session.get_one(Account, user.id, with_for_update=True, populate_existing=True)
            invitations.accept(row, account)
            role = row.roles[0]
    except Refused as refused:
        return _page(refused.message, refused.status)
    session.pop("invitation", None)
    signin.switch(role)
    flash(_("已接受邀请"))
    return redirect(landing(g.user.role), 303)


def _page(message: str = "", status: int = 200) -> Any:
    row = invitations.by_hash(session.get("invitation", ""))
    if row is None:
        return render_template("staff/invitation_gone.html"), 404
    roles = [Role(code).label for code in row.roles]  # type: ignore[call-arg]
    page = render_template(
        "staff/invitation.html", invitation=row, roles=roles, house=house(row.institution), message=message
    )
    return page, status
