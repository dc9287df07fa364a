"""人员管理: the register, and what its keepers do to an entry: operators the centre's, an institution's administrator
her own. An auditor reads it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.accounts import User, current_user, invitations, predicate, staff, substitutes
from app.accounts.invitations import Invitation
from app.accounts.models import Account
from app.accounts.roles import OF_AN_INSTITUTION, Role
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput, NotFound
from app.runtime import timeline
from app.staff import listing

bp = Blueprint("staff", __name__, url_prefix="/work/staff")
Answer = BaseResponse | str | tuple[str, int]
OFFERED = (*staff.OF_THE_CENTRE, Role.INSTITUTION_ADMIN)


def scope(user: User) -> str | None:
    """The institution whose people one sees; None: everybody."""
    return user.institution if user.role == Role.INSTITUTION_ADMIN else None


@predicate("own_person")
def own_person(user: User, account_id: int, **_more: Any) -> bool:
    """Somebody of the user's own institution."""
    account = db.session.get(Account, account_id)
    return account is not None and account.institution == user.institution != ""


@predicate("own_invitation")
def own_invitation(user: User, invitation_id: int, **_more: Any) -> bool:
    row = db.session.get(Invitation, invitation_id)
    return row is not None and row.institution == user.institution != ""


@bp.get("/")
def index() -> str:
    user = current_user()
    house = scope(user)
    group = request.args.get("group", "")
    said = request.args.get("page", "")
    found = listing.page(
        group if group in listing.GROUPS else "",
        request.args.get("q", "").strip()[:64],
        int(said) if said.isascii() and said.isdigit() and len(said) < 6 and int(said) else 1,
        institution=house,
    )
    words = {
        "": _("在职"),
        "centre": _("交易中心"),
        "institution": _("金融机构"),
        "ended": _("已停用或离职"),
    }
    return render_template(
        "staff/index.html",
        found=found,
        groups=[
            (name, words[name], found.counts[name])
            for name in listing.GROUPS
            if house is None or name not in ("centre", "institution")
        ],
        waiting=invitations.waiting(house),
        houses=listing.houses(),
        keeps=user.role != Role.AUDITOR,
    )


@bp.get("/invite")
def invite_form() -> Answer:
    return _invite_page({}, {})


@bp.post("/invite")
def invite() -> Answer:
    """By an operator into the centre, or as an institution's administrator; by her into her institution."""
    user, form = current_user(), request.form
    house = scope(user)
    roles = _roles(form.getlist("roles"), _offered(user))
    institution = house if house is not None else form.get("institution", "") if Role.INSTITUTION_ADMIN in roles else ""
    if Role.INSTITUTION_ADMIN in roles and institution not in listing.houses():
        return _invite_page(form, {"institution": _("请选择所属机构")}, 422)
    try:
        _edge(
            lambda: invitations.invite_as(
                roles,
                name=form.get("name", ""),
                phone=form.get("phone", ""),
                regions=_regions(roles),
                institution=institution,
                by=user.actor,
            )
        )
    except BadInput as wrong:
        return _invite_page(form, wrong.fields, wrong.status)
    flash(_("邀请已发送"))
    return redirect(url_for("staff.index"), 303)


@bp.post("/invitations/<int:invitation_id>/resend")
def resend(invitation_id: int) -> Answer:
    user = current_user()
    _edge(lambda: invitations.resend(invitation_id, by=user.actor))
    flash(_("邀请已重新发送，原链接失效"))
    return redirect(url_for("staff.index"), 303)


@bp.post("/invitations/<int:invitation_id>/withdraw")
def withdraw(invitation_id: int) -> Answer:
    user = current_user()
    _edge(lambda: invitations.withdraw(invitation_id, by=user.actor))
    flash(_("邀请已撤回"))
    return redirect(url_for("staff.index"), 303)


@bp.get("/<int:account_id>")
def detail(account_id: int) -> Answer:
    return _page(staff.get(account_id))


@bp.post("/<int:account_id>")
def change(account_id: int) -> Answer:
    """Other roles and regions."""
    user = current_user()
    roles = _roles(request.form.getlist("roles"), _held_by(staff.get(account_id)))
    return _act(
        account_id,
        lambda: staff.change(account_id, roles=roles, regions=_regions(roles), by=user),
        _("角色和地区已变更，对方下一次操作起生效"),
    )


ACTS = ("lock", "unlock", "leave", "return")


@bp.get("/<int:account_id>/<act>")
def question(account_id: int, act: str) -> Answer:
    """What one of them means, before it is done."""
    if act not in ACTS:
        raise NotFound(_("没有找到您要访问的内容"))
    return render_template("staff/question.html", who=staff.get(account_id), act=act, errors={})


@bp.post("/<int:account_id>/<act>")
def stand(account_id: int, act: str) -> Answer:
    """停用, 启用, 离职, 恢复."""
    user, reason = current_user(), request.form.get("reason", "").strip()[:200]
    verbs: Mapping[str, Callable[[], Account]] = {
        "lock": lambda: staff.lock(account_id, by=user, reason=reason),
        "unlock": lambda: staff.unlock(account_id, by=user),
        "leave": lambda: staff.leave(account_id, by=user),
        "return": lambda: staff.come_back(account_id, by=user),
    }
    if act not in verbs:
        raise NotFound(_("没有找到您要访问的内容"))
    if act == "lock" and not reason:
        errors = {"reason": _("请输入停用原因")}
        return render_template("staff/question.html", who=staff.get(account_id), act=act, errors=errors), 422
    return _act(account_id, verbs[act], DONE[act]())


DONE: Mapping[str, Callable[[], str]] = {
    "lock": lambda: _("账号已停用"),
    "unlock": lambda: _("账号已启用"),
    "leave": lambda: _("已登记离职，领取的待办已退回"),
    "return": lambda: _("已恢复任职"),
}


@bp.post("/<int:account_id>/substitutes")
def appoint(account_id: int) -> Answer:
    """代办 from a day to a day, both included."""
    user, form = current_user(), request.form
    chosen = form.get("substitute", "")
    try:
        start, end = _day(form.get("start", ""), "start"), _day(form.get("end", ""), "end")
    except BadInput as wrong:
        return _page(staff.get(account_id), errors=wrong.fields, status=wrong.status)
    return _act(
        account_id,
        lambda: substitutes.appoint(
            account_id,
            substitute=int(chosen) if chosen.isascii() and chosen.isdigit() else 0,
            start=start,
            end=end + clock.days(1),
            by=user,
        ),
        _("代办已安排"),
    )


@bp.post("/<int:account_id>/substitutes/<int:substitution_id>/end")
def recall(account_id: int, substitution_id: int) -> Answer:
    user = current_user()
    return _act(account_id, lambda: substitutes.recall(substitution_id, by=user), _("代办已结束"))


def _act(account_id: int, act: Callable[[], Any], done: str) -> Answer:
    try:
        _edge(act)
    except NotFound:
        raise
    except AppError as refused:
        fields = refused.fields if isinstance(refused, BadInput) else {}
        return _page(staff.get(account_id), message=refused.message, errors=fields, status=refused.status)
    flash(done)
    return redirect(url_for("staff.detail", account_id=account_id), 303)


def _edge(act: Callable[[], Any]) -> None:
    def once() -> None:
        with transaction():
            act()

    retrying(once)


def _page(
    account: Account, *, message: str = "", errors: Mapping[str, str] | None = None, status: int = 200
) -> tuple[str, int]:
    user: User = current_user()
    keeps = user.role == Role.OPERATOR and staff.may_change(user, account)
    keeps = not user.stands_in_for and staff.may_change(user, account)
    arranged = substitutes.of(account.id)
    names = {one.id: one.name for one in staff.people()}
    page = render_template(
        "staff/detail.html",
        person=listing.person(account, listing.houses()),
        who=account,
        keeps=keeps,
        own=account.id == user.id,
        offered=_held_by(account),
        may_lift=bool(account.institution) == (user.role == Role.INSTITUTION_ADMIN),
        arranged=arranged,
        names=names,
        colleagues=[(one.id, one.name) for one in substitutes.possible(account, user)] if keeps else [],
        trail=timeline.of("", f"account-{account.id}", held=False)[-50:],
        message=message,
        errors=dict(errors or {}),
        sent=request.form,
    )
    return page, status


def _invite_page(sent: Mapping[str, Any], errors: Mapping[str, str], status: int = 200) -> tuple[str, int]:
    chosen = request.form.getlist("roles"), request.form.getlist("regions")
    page = render_template(
        "staff/invite.html",
        sent=sent,
        errors=dict(errors),
        offered=_offered(current_user()),
        house=scope(current_user()),
        roles_chosen=chosen[0],
        regions_chosen=chosen[1],
        houses=sorted(listing.houses().items()),
    )
    return page, status


def _offered(user: User) -> tuple[Role, ...]:
    return OF_AN_INSTITUTION if user.role == Role.INSTITUTION_ADMIN else OFFERED


def _held_by(account: Account) -> tuple[Role, ...]:
    """What somebody of this house may hold."""
    return OF_AN_INSTITUTION if account.institution else staff.OF_THE_CENTRE


def _roles(said: Iterable[str], offered: Iterable[Role]) -> list[Role]:
    wanted = set(said)
    return [role for role in offered if role.value in wanted]


def _regions(roles: Iterable[Role]) -> list[str]:
    """Of an institution's people regions say nothing."""
    return [] if set(OF_AN_INSTITUTION) & set(roles) else request.form.getlist("regions")


def _day(said: str, field: str) -> datetime:
    """The beginning of that day in Shanghai."""
    try:
        return datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=clock.SHANGHAI)
    except ValueError as wrong:
        raise BadInput(fields={field: _("请选择日期")}) from wrong
