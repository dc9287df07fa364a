"""延期记录, 退保记录, 注销记录, 理赔记录 (manual 5.3.2–5.3.4, 6): what each kind's table tells of an application."""

from collections.abc import Iterable

from app import formjs, money
from app.accounts.roles import Role
from app.accounts.user import User
from app.applications import secrets
from app.applications.models import Application, Kind
from app.applications.subject import reasons
from app.runtime import definitions

TITLES = {Kind.EXTENSION: "延期记录", Kind.REFUND: "退保记录", Kind.CANCELLATION: "注销记录", Kind.CLAIM: "理赔记录"}
TOLD = {
    Kind.EXTENSION: ("reason_code", "valid_to"),
    Kind.REFUND: ("reason_code", "note"),
    Kind.CANCELLATION: ("note",),
    Kind.CLAIM: ("amount", "reason"),
}
"""Answers of the form that stand in the table, under the form's own labels."""


def kinds_of(user: User) -> tuple[Kind, ...]:
    """What the user can have applied for in this role."""
    return (Kind.EXTENSION, Kind.REFUND, Kind.CANCELLATION) if user.role == Role.BIDDER else (Kind.CLAIM,)


def labels(kind: Kind) -> list[str]:
    return [field.name for field in _form(kind).fields if field.key in TOLD[kind]]


def cells(kind: Kind, applications: Iterable[Application]) -> dict[str, dict[str, str]]:
    """Number → label → words, of applications of one kind."""
    form, given = _form(kind), {"reasons": reasons(kind.value)}
    found = {}
    for one in applications:
        said = secrets.content(one).said
        found[one.no] = dict(form.shown({key: said[key] for key in TOLD[kind] if key in said}, given))
    return found


def paid(application: Application) -> str:
    """What was approved of a claim."""
    amount = secrets.content(application).said.get("approved_amount")
    return money.shown(amount) if amount is not None else ""


def _form(kind: Kind) -> formjs.Form:
    return formjs.load(definitions.live(kind.value).form(f"{kind.value}/apply"))
