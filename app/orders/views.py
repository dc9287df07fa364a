"""保函订单 (manual 5.2): list, detail with its timeline and live diagram, 获取支付, 放弃申请."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import clock, formjs, institutions, money, projects, runtime
from app.accounts.access import predicate
from app.accounts.user import User, current_user
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput, Conflict, NotFound
from app.glances import Glance
from app.institutions.catalogue import SEEN as INSTITUTION
from app.institutions.catalogue import SEEN_PRODUCT as PRODUCT
from app.orders import acts, secrets
from app.orders.models import END, Order, OrderState, Payment
from app.orders.outgoing import PAYMENT_TIMEOUT
from app.projects.search import SEEN as LOT
from app.runtime import OpContext, definitions, timeline, waits
from app.runtime.models import UserTask
from app.runtime.step import catalogue
from app.statements import rows
from app.web import fragment

bp = Blueprint("orders", __name__, url_prefix="/orders")
PER_PAGE = 20
S = OrderState
PAYMENTS = Glance(Payment, "txn_no amount channel paid_at repaid_txn_no repaid_at", "WHERE order_no = :no ORDER BY id")


@predicate("own_order")
def own_order(user: User, no: str, **_: object) -> bool:
    return secrets.owner(no) == secrets.bidder_index(user.entity_id)


@predicate("own_order_no")
def own_order_no(user: User, order_no: str) -> bool:
    return own_order(user, order_no)


@bp.get("/")
def index() -> str:
    """My orders, the newest first; the address keeps the chosen state."""
    user, state = current_user(), request.args.get("state", "")
    query = select(Order).where(Order.bidder_index == secrets.bidder_index(user.entity_id))
    if state in set(S):
        query = query.where(Order.state == state)
    found = db.paginate(query.order_by(Order.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    return render_template(
        "orders/index.html",
        found=found,
        rows=[_row(o) for o in found.items],
        options=[(s.value, _(s.label), None) for s in S],
    )


@bp.get("/<no>")
def detail(no: str) -> str:
    tag = _tag(no)
    return render_template("orders/detail.html", tag=tag, **_case(no))


@bp.get("/<no>/live")
def live(no: str) -> BaseResponse:
    """The part of the detail page that changes by itself; answers 304 while it has not."""
    return _if_changed(no, lambda: fragment("orders/live.html", **_case(no)))


@bp.get("/<no>/diagram.bpmn")
def diagram(no: str) -> BaseResponse:
    return Response(timeline.drawing("order", no), mimetype="application/xml")


@bp.get("/<no>/path.json")
def path(no: str) -> BaseResponse:
    return _if_changed(no, lambda: jsonify(timeline.path("order", no)))


@bp.get("/<no>/pay")
def pay(no: str) -> BaseResponse:
    """【获取支付】: to the institution's payment page."""
    order = secrets.find(no)
    if order.state != S.AWAITING_PAYMENT:
        raise Conflict(_("订单当前为“%(state)s”，不能支付", state=S(order.state).label))  # type: ignore[call-arg]
    until = waits.due("order", no, PAYMENT_TIMEOUT) or clock.now()  # another time limit is another question
    context = OpContext(
        key=no, policy="order", now=clock.now(), element="", idempotency=f"link:{no}:{until.isoformat()}"
    )
    db.session.rollback()
    try:
        link = catalogue().operations["gateway/payment_link"].run(context)
    except AppError:
        link = {"accepted": False, "reason": _("机构暂时没有答复")}
    if not link["accepted"]:
        flash(_("暂时无法获取支付链接：%(reason)s。请稍后重试。", reason=link["reason"]), "stop")
        return redirect(url_for(".detail", no=no))
    return redirect(link["url"])


@bp.get("/<no>/returned")
def returned(no: str) -> BaseResponse:
    """Back from the payment page: the institution's word is still to come."""
    if secrets.find(no).state == S.AWAITING_PAYMENT:
        flash(_("支付结果确认中，请稍候，本页会自动更新。"), "info")
    return redirect(url_for(".detail", no=no))


@bp.get("/<no>/abandon")
def ask_abandon(no: str) -> str:
    return render_template("orders/abandon.html", order=secrets.find(no))


@bp.post("/<no>/abandon")
def abandon(no: str) -> BaseResponse:
    """【放弃申请】 → 【确定】 → 取消成功 (manual 5.2.2)."""
    by = current_user().actor

    def edge() -> None:
        with transaction():
            runtime.tell("order", no, "abandon", {}, by=by)

    retrying(edge)
    flash(_("取消成功"))
    return redirect(url_for(".detail", no=no))


@bp.route("/<no>/tasks/<int:task_id>", methods=["GET", "POST"])
def task(no: str, task_id: int) -> str | BaseResponse | tuple[str, int]:
    """What the diagram asks of the bidder (a new premium, say)."""
    row = db.session.get(UserTask, task_id)
    if row is None or row.key != no or row.role != "bidder":
        raise Conflict(_("该事项已被处理，请查看最新状态"))
    version = definitions.get(runtime.instance_of("order", no).version_id)
    form = formjs.load(version.form(row.form))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            data = form.read(request.form, request.files)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            by = current_user().actor

            def edge() -> None:
                with transaction():
                    runtime.complete(task_id, data, by=by)

            retrying(edge)
            flash(_("提交成功"))
            return redirect(url_for(".detail", no=no))
    asked = runtime.data_of("order", no).get("underwriting") or {}
    new_premium = money.parse(asked["premium"]) if row.form == "order/consent" and "premium" in asked else None
    page = render_template("orders/task.html", task=row, form=form, errors=errors, new_premium=new_premium, **_case(no))
    return (page, 422) if errors else page


def _if_changed(no: str, make: Callable[[], str | Response]) -> BaseResponse:
    """304 while nothing has happened to the order, at most for a minute: left times and the lot's facts change, too."""
    tag = _tag(no)
    answer = Response(status=304) if tag in request.if_none_match else make_response(make())
    answer.set_etag(tag)
    return answer


def _tag(no: str) -> str:
    minute = int(clock.now().timestamp()) // 60
    return hashlib.sha256(f"{timeline.tag('order', no)}:{minute}:{get_locale()}".encode()).hexdigest()[:32]


def _row(order: Order) -> dict[str, Any]:
    content = secrets.content(order)
    return {
        "order": order,
        "state": S(order.state),  # type: ignore[call-arg]
        "content": content,
        "lot": projects.get(content.lot_no),
        "institution": institutions.get(order.institution),
        "pay_by": waits.due("order", order.no, PAYMENT_TIMEOUT) if order.state == S.AWAITING_PAYMENT else None,
    }


def _case(no: str) -> dict[str, Any]:
    """Everything the page shows of one order, asked in two round trips."""
    number = {"no": no}
    orders, paid, *rest = rows(
        (secrets.SEEN, number), (PAYMENTS, number), *waits.asked("order", no), *timeline.asked("order", no)
    )
    if not orders:
        raise NotFound("没有这个订单", no=no)
    order, held = secrets.SEEN.read(orders)[0], waits.read(rest[:4])
    content = secrets.content(order)
    lots, sellers, products = rows(
        (LOT, {"no": content.lot_no}), (INSTITUTION, {"code": order.institution}), (PRODUCT, {"code": order.product})
    )
    due = [wait.due for wait in held if wait.kind == "timer" and wait.name == PAYMENT_TIMEOUT]
    return {
        "order": order,
        "state": S(order.state),  # type: ignore[call-arg]
        "content": content,
        "lot": LOT.read(lots)[0],
        "institution": INSTITUTION.read(sellers)[0],
        "product": PRODUCT.read(products)[0],
        "pay_by": due[0] if due and order.state == S.AWAITING_PAYMENT else None,
        "entries": timeline.read(rest[4:], held=order.state not in END and held),
        "tasks": [wait for wait in held if wait.kind == "task" and wait.role == "bidder"],
        "payments": PAYMENTS.read(paid),
        "acts": acts.of(current_user(), no),
        "may_abandon": any(w.kind == "message" and w.name == "abandon" for w in held),
    }
