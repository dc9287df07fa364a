"""An application's states, moved by its diagram."""

from dataclasses import replace

from sqlalchemy.exc import IntegrityError

from app import money
from app.applications import secrets
from app.applications.errors import AnotherOpen, NotOpen
from app.applications.models import OPEN, PENDING_AS, Application, ApplicationState, Kind
from app.applications.secrets import Content
from app.audit import record
from app.db import db, savepoint
from app.errors import Conflict
from app.guarantees import life as guarantees
from app.guarantees import secrets as guarantee_secrets
from app.runtime.operations import OpContext
from app.states import move

S = ApplicationState


def open_application(context: OpContext) -> None:
    """Make the application's row from what the applicant sent. Raises AnotherOpen; locks the guarantee."""
    told, kind = context.secret, Kind(context.policy)  # type: ignore[call-arg]
    guarantee = guarantee_secrets.locked(told["guarantee_no"])
    content = Content(
        lot_no=guarantee_secrets.content(guarantee).lot_no,
        applicant_id=told["applicant_id"],
        applicant_name=told["applicant_name"],
        applicant_uscc=told["applicant_uscc"],
        phone=told["phone"],
        said=dict(told["said"]),
        papers=list(told["papers"]),
    )
    application = Application(
        no=context.key,
        kind=kind.value,
        guarantee_no=guarantee.no,
        institution=guarantee.institution,
        state_since=context.now,
        open_key=guarantee.no,
        applicant_index=secrets.applicant_index(content.applicant_id),
        lot_sealed=content.lot_no,
        sealed=secrets.sealed(content),
        created_at=context.now,
    )
    try:
        with savepoint():
            db.session.add(application)
    except IntegrityError:
        raise AnotherOpen("该保函已有一份申请正在办理，办结后才能再次申请") from None
    record(application.no, f"提交{kind.label}申请", by=context.by)
    record(guarantee.no, f"提交{kind.label}申请", by=context.by, application=application.no)


def turn_away(context: OpContext, reason: str) -> None:
    """The policy says no; the whole application is undone and the applicant reads the table's reason."""
    raise NotOpen(reason or "当前不能办理")


def accept(context: OpContext) -> None:
    """Taken in: the guarantee is 退保中, 注销中 or 理赔中; it stays 生效中 while an extension is asked for."""
    application = secrets.find(context.key)
    if pending := PENDING_AS.get(Kind(application.kind)):  # type: ignore[call-arg]
        guarantees.become(application.guarantee_no, pending, context)
    if application.kind == Kind.REFUND:
        guarantees.ask_premium(application.guarantee_no, context)


def return_for_correction(context: OpContext, reason: str) -> None:
    """退回补正."""
    _to(context, S.CORRECTING, reason=reason)


def resubmit(context: OpContext) -> None:
    """The applicant corrected it: what is said now replaces what was, papers are added unless they are `renewed`."""
    record(context.key, "提交补正材料", by=context.by)
    application = _to(context, S.PENDING)
    old = secrets.content(application)
    said, papers = dict(context.secret.get("said", {})), list(context.secret.get("papers", ()))
    renewed = said.pop("renewed", False) and bool(papers)
    kept = [] if renewed else old.papers
    application.sealed = secrets.sealed(replace(old, said={**old.said, **said}, papers=[*kept, *papers]))


def owe(context: OpContext, amount: str) -> None:
    """A claim approved over `amount` yuan, not yet paid."""
    application = _to(context, S.PAYING)
    own, fen = secrets.content(application), money.parse(amount)
    balance = guarantee_secrets.content(guarantee_secrets.find(application.guarantee_no)).balance
    if not 0 < fen <= min(balance, own.said["amount"]):
        raise Conflict("同意赔付的金额应大于零，且不超过索赔金额和保函余额")
    guarantees.owe(application.guarantee_no, fen, key=application.no)
    said = {**own.said, "approved_amount": fen}
    application.sealed = secrets.sealed(replace(own, said=said))


def note(context: OpContext, text: str) -> None:
    """A line in the application's timeline."""
    record(context.key, text, by=context.by)


def approve(context: OpContext) -> None:
    _to(context, S.APPROVED)


def refuse(context: OpContext, reason: str, code: str = "") -> None:
    """Refused, always with a reason; the guarantee is in force again."""
    application = _to(context, S.REFUSED, reason=reason, code=code)
    if Kind(application.kind) in PENDING_AS:  # type: ignore[call-arg]
        guarantees.reinstate(application.guarantee_no, context)


def _to(context: OpContext, state: ApplicationState, *, reason: str = "", code: str = "") -> Application:
    guarantee_secrets.locked(secrets.find(context.key).guarantee_no)
    application = secrets.locked(context.key)
    move(application, state, by=context.by)
    application.state_since = context.now
    if reason:
        application.reason, application.reason_code = reason, code
    if state not in OPEN:
        application.open_key, application.decided_at = None, context.now
        label = Kind(application.kind).label  # type: ignore[call-arg]
        record(application.guarantee_no, f"{label}申请：{application.label}", by=context.by, application=application.no)
    return application
