"""Sign in, sign out, choose a role, see what the platform knows of you (manual 4.1–4.3)."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app import audit, regions
from app.accounts import entering, limiter, signin
from app.accounts.access import SessionOver, WrongRole
from app.accounts.addresses import landing, page_before, safe_next
from app.accounts.claims import Refused, SecondFactorMissing
from app.accounts.models import Account
from app.accounts.oidc import Attempt, LoginFailed, Provider
from app.accounts.pending import keep, taken
from app.accounts.roles import EVERYWHERE
from app.accounts.user import Identity, current_user, identity
from app.db import transaction
from app.errors import BadInput, NotFound

bp = Blueprint("accounts", __name__)

FIELDS = {"name": "姓名", "id_no": "证件号码", "phone": "手机号"}


def platform() -> Provider:
    return current_app.extensions["login_platform"]


@bp.get("/login")
@limiter.limit("30/minute")
def login() -> Any:
    """Off to the platform; `next` is where to come back to."""
    if g.user is not None and "again" not in request.args:
        return redirect(safe_next(request.args.get("next")) or landing(g.user.role))
    return _to_platform(**_wishes())


@bp.get("/register")
@limiter.limit("30/minute")
def register() -> Any:
    """注册 is the platform's business (manual 4.1): its own page, or its sign-in page asked to create an account."""
    if page := current_app.config["OIDC_REGISTER_URL"]:
        return redirect(page)
    offered = platform().metadata().get("prompt_values_supported") or ()
    return _to_platform(**({"prompt": "create"} if "create" in offered else {}))


def _wishes() -> dict[str, str]:
    """What we ask of the platform: a fresh proof after a session ran out, a second factor for staff."""
    wishes: dict[str, str] = {}
    if g.signed_out or session.get("again"):
        wishes["prompt"] = "login"
    if "factor" in request.args:
        wishes.update(prompt="login", acr_values=current_app.config["OIDC_STAFF_ACR"])
    return wishes


def _to_platform(**wishes: str) -> Response:
    attempt = Attempt()
    url = platform().authorization_url(attempt, **wishes)
    keep(attempt, safe_next(request.args.get("next")))
    return redirect(url)  # type: ignore[return-value]


@bp.get("/oidc/callback")
@limiter.limit("30/minute")
@limiter.limit("20 per 10 minutes", deduct_when=lambda response: response.status_code in (400, 403))
def callback() -> Any:
    """Back from the platform: verify, keep the account, start a session."""
    attempt, back = taken(request.args.get("state", ""))
    if attempt is None:
        return _refused(LoginFailed(_("登录请求已过期，请重新登录")), back)
    if error := request.args.get("error"):
        words = _("您取消了登录") if error == "access_denied" else _("统一注册平台没有完成登录，请重试")
        return _refused(LoginFailed(words), back)
    try:
        proof = platform().redeem(attempt, request.args.get("code", ""), request.args.get("iss"))
        acr = frozenset(str(current_app.config["OIDC_STAFF_ACR"]).split())
        account = _entered(proof.claims, acr)
    except SecondFactorMissing as missing:
        with transaction():
            entering.failed(platform().issuer, str(proof.claims["sub"]))
        return _refused(missing, back)
    except Refused as refusal:
        return _refused(refusal, back)
    user = signin.begin(account, account.roles[0], hint=proof.hint)
    return redirect(back or landing(user.role))


def _entered(claims: Any, acr: frozenset[str], *, again: bool = True) -> Account:
    invited = session.get("invitation", "")
    try:
        with transaction():
            return entering.enter(platform().issuer, claims, staff_acr=acr, invited=invited)
    except IntegrityError:
        if not again:
            raise
        return _entered(claims, acr, again=False)  # two first sign-ins at once: the other one made the row


def _refused(refusal: Refused, back: str) -> tuple[str, int]:
    factor = isinstance(refusal, SecondFactorMissing)
    page = render_template("accounts/refused.html", message=refusal.message, factor=factor, back=back)
    return page, refusal.status


@bp.post("/logout")
def logout() -> Any:
    """End our session, then the platform's."""
    if g.user is not None:
        with transaction():
            audit.record(f"account-{g.user.id}", "退出", by=g.user.actor)
    hint = signin.end()
    here = f"{current_app.config['PUBLIC_URL']}{url_for('accounts.signed_out')}"
    return redirect(platform().logout_url(hint, here) or url_for("accounts.signed_out"), 303)


@bp.get("/logout")
def signed_out() -> Any:
    return redirect("/") if g.user else render_template("accounts/signed_out.html")


@bp.get("/role")
def role() -> str:
    return render_template("accounts/role.html", back=safe_next(request.args.get("next")), wanted=g.user.role)


@bp.post("/role")
def switch_role() -> Any:
    """切换角色 (manual 4.2)."""
    user = current_user()
    wanted = next((own for own in user.roles if own.value == request.form.get("role")), None)
    back = safe_next(request.form.get("next"))
    if wanted is None:
        error = BadInput(_("请选择您拥有的角色"), fields={"role": _("请选择您拥有的角色")})
        return render_template("accounts/role.html", back=back, wanted=None, error=error), error.status
    if wanted != user.role:
        with transaction():
            audit.record(f"account-{user.id}", f"切换角色：{user.role.label}→{wanted.label}", by=user.actor)
        signin.switch(wanted.value)
    flash(_("角色切换成功"), "success")
    return redirect(back or landing(wanted), 303)


@bp.get("/work/profile", endpoint="profile")
def profile_page() -> str:
    """用户信息 (manual 4.3)."""
    return _profile(identity(current_user()))


@bp.post("/work/profile/handler/<field>")
@limiter.limit("20/minute")
def reveal_handler(field: str) -> Any:
    """Show one field of 经办人信息 in this one answer; the showing is audited."""
    user = current_user()
    who = identity(user)
    if field not in who.handler:
        raise NotFound(_("没有登记该信息"))
    with transaction():
        audit.record(f"account-{user.id}", f"查看经办人信息：{FIELDS[field]}", by=user.actor)
    if request.accept_mimetypes.best == "application/json":
        return {"value": who.handler[field]}
    return _profile(who, shown=field)


def _profile(who: Identity, *, shown: str = "") -> str:
    user = current_user()
    return render_template(
        "accounts/profile.html",
        who=who,
        shown=shown,
        kind=user.kind.label,
        roles=[role.label for role in user.roles],
        regions=[_("全省")] if EVERYWHERE in user.regions else [regions.name(code) for code in user.regions],
    )


def session_over(error: SessionOver) -> tuple[str, int]:
    """Asks to sign in again, and leads back to the page the form stood on."""
    back = safe_next(page_before(request.referrer, request.host))
    page = render_template(
        "accounts/sign_in_first.html", title=_("请先登录"), message=error.message, back=back, request_id=g.request_id
    )
    return page, error.status


def wrong_role(error: WrongRole) -> tuple[str, int]:
    """The page of somebody in another role: which one it takes, and a button if they hold it."""
    back = safe_next(request.full_path.rstrip("?")) if request.method == "GET" else ""
    page = render_template(
        "accounts/forbidden.html", message=error.message, own=error.own, back=back, request_id=g.request_id
    )
    return page, error.status
