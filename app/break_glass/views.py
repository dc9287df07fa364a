"""紧急启封: ask for it, see what was asked for, read the list while it is open, end it."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as BaseResponse

from app import clock, formjs, numbering, runtime
from app.accounts.access import predicate
from app.accounts.roles import Role
from app.accounts.user import User, current_user
from app.break_glass import access
from app.break_glass.models import AccessState, EarlyAccess
from app.break_glass.subject import panel
from app.db import db, retrying, transaction
from app.errors import BadInput, Forbidden
from app.projects import Lot
from app.runtime import answers, definitions, timeline
from app.runtime.models import UserTask
from app.runtime.way import way

bp = Blueprint("break_glass", __name__, url_prefix="/work/early-access")
POLICY = "break_glass"
PER_PAGE = 50
S = AccessState
Page = str | BaseResponse | tuple[str, int]


@predicate("own_access")
def own_access(user: User, no: str) -> bool:
    return access.find(no).requester == user.ref


@bp.get("/")
def index() -> str:
    """Every one there was, the newest first; a reviewer's own."""
    user, query = current_user(), select(EarlyAccess)
    if user.role == Role.CENTRE_REVIEWER:
        query = query.where(EarlyAccess.requester == user.ref)
    found = db.paginate(query.order_by(EarlyAccess.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    return render_template(
        "break_glass/index.html",
        found=found,
        rows=[_row(one) for one in found.items],
        may_ask=user.role in (Role.OPERATOR, Role.CENTRE_REVIEWER),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """申请启封, through workflows/break_glass."""
    user = current_user()
    form = formjs.load(definitions.live(POLICY).form("break_glass/request"))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = form.read(request.form, request.files)
            lot = _lot(said["lot"], user)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            db.session.rollback()
            sent = answers.written(said)
            no = retrying(lambda: _ask(user, form, sent, lot))
            flash(_("提交成功，已通知业务运营、政策发布审批和审计监管人员"))
            return redirect(url_for(".detail", no=no), 303)
    page = render_template("break_glass/new.html", form=form, errors=errors, sent=request.form if errors else None)
    return (page, 422) if errors else page


@bp.get("/<no>")
def detail(no: str) -> str:
    row, user = access.find(no), current_user()
    instance = runtime.instance_of(POLICY, no)
    task = db.session.scalar(select(UserTask).where(UserTask.policy == POLICY, UserTask.key == no))
    mine = row.requester == user.ref
    return render_template(
        "break_glass/detail.html",
        access=row,
        panel=panel(no, user),
        instance=instance,
        way=way(instance, remarks=True),
        task=task if task is not None and task.role == user.role.value and not mine else None,
        may_read=mine and row.open and user.role in (Role.OPERATOR, Role.CENTRE_REVIEWER),
        may_end=_may_end(row, user),
    )


@bp.get("/<no>/state.json")
def case_state(no: str) -> BaseResponse:
    """Where the case stands, for its drawing."""
    return jsonify(timeline.path(POLICY, no))


@bp.get("/<no>/bidders")
def bidders(no: str) -> str:
    """The list, to the one who asked for it; every look is audited."""
    user = current_user()

    def edge() -> tuple[EarlyAccess, list[access.Bid]]:
        with transaction():
            bids = access.read(no, by=user)
            return access.find(no), bids

    row, bids = retrying(edge)
    return render_template(
        "break_glass/bidders.html", access=row, lot=access.lot_of(row), bids=bids, reader=user.name, now=clock.now()
    )


@bp.post("/<no>/end")
def end(no: str) -> BaseResponse:
    """Before its time: the reading, or the asking."""
    user, row = current_user(), access.find(no)
    if not _may_end(row, user):
        raise Forbidden(_("当前不能结束，请刷新后查看最新状态"))

    def edge() -> None:
        with transaction():
            runtime.tell(POLICY, no, "end_access", {}, by=user.actor)

    retrying(edge)
    flash(_("已结束"))
    return redirect(url_for(".detail", no=no), 303)


def _may_end(row: EarlyAccess, user: User) -> bool:
    """A request is withdrawn by whoever made it; a reading is ended by operators and publishers, too."""
    mine = row.requester == user.ref and user.role in (Role.OPERATOR, Role.CENTRE_REVIEWER)
    if row.state == S.PENDING:
        return mine
    return row.state == S.GRANTED and (mine or user.role in (Role.OPERATOR, Role.PUBLISHER))


def _lot(number: str, user: User) -> Lot:
    """By its own number or the trading platform's; raises BadInput at the field."""
    query = select(Lot).where(or_(Lot.number == number, Lot.no == number)).order_by(Lot.id.desc()).limit(1)
    lot = db.session.scalar(query) if "\0" not in number else None
    if lot is None:
        raise BadInput(fields={"lot": _("没有这个标段，请核对编号")})
    if lot.opened_at is not None:
        raise BadInput(fields={"lot": _("该标段已开标，无需启封")})
    if user.role == Role.CENTRE_REVIEWER and not user.covers(lot.prefecture):
        raise BadInput(fields={"lot": _("该标段不在您负责的地区")})
    return lot


def _ask(user: User, form: formjs.Form, sent: dict[str, Any], lot: Lot) -> str:
    with transaction():
        no = numbering.next_number("QF")
        data, secret = answers.parted(form, sent)
        runtime.start(POLICY, key=no, data=data, by=user.actor, secret={**secret, "lot_no": lot.no})
    return no


def _row(one: EarlyAccess) -> dict[str, Any]:
    return {"access": one, "state": S(one.state), "lot": access.lot_of(one)}  # type: ignore[call-arg]
