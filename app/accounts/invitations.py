"""Invitations into the register: a one-time link by SMS; or just signing in with the phone that was invited.

The link's token stands nowhere: it is derived by key from the row, so that a repeated SMS says the same, and found by
its hash. Sending again makes the earlier link void.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app import audit, clock
from app.accounts import staff
from app.accounts.claims import Refused
from app.accounts.models import Account
from app.accounts.roles import Role
from app.audit import Actor
from app.db import BigKey, UtcDateTime, db
from app.errors import BadInput, Conflict, NotFound
from app.jobs import queue
from app.sealing import Sealed, blind
from app.states import State, move

LIFE = timedelta(days=7)
SEND = "accounts/invitation"
_PHONE = re.compile(r"1[3-9]\d{9}")


class InvitationState(State):
    PENDING = "pending", "待接受"
    ACCEPTED = "accepted", "已接受"
    WITHDRAWN = "withdrawn", "已撤回"


S = InvitationState


class Invitation(db.Model):  # type: ignore[name-defined]
    """Somebody asked to join: with these roles, in these regions or this institution."""

    MOVES: ClassVar = {S.PENDING: {S.ACCEPTED, S.WITHDRAWN}}
    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    state: Mapped[str] = mapped_column(default=S.PENDING)
    institution: Mapped[str] = mapped_column(default="", index=True)
    roles: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[str] = mapped_column(Sealed("invitation.name"))
    phone: Mapped[str] = mapped_column(Sealed("invitation.phone"))
    phone_index: Mapped[str] = mapped_column(index=True)
    salt: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[str]
    invited_by_label: Mapped[str]
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    sent_at: Mapped[Any] = mapped_column(UtcDateTime)
    expires_at: Mapped[Any] = mapped_column(UtcDateTime)
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    @property
    def no(self) -> str:
        return f"invitation-{self.id}"

    @property
    def expired(self) -> bool:
        return self.state == S.PENDING and self.expires_at <= clock.now()

    @property
    def open(self) -> bool:
        return self.state == S.PENDING and not self.expired


def invite(
    *, role: Role, name: str, phone: str, by: Actor, institution: str = "", regions: Iterable[str] = ()
) -> Invitation:
    """Invite into one role; see `invite_as`."""
    return invite_as((role,), name=name, phone=phone, by=by, institution=institution, regions=regions)


def invite_as(
    roles: Sequence[Role], *, name: str, phone: str, by: Actor, institution: str = "", regions: Iterable[str] = ()
) -> Invitation:
    """Invite somebody and send the SMS after the commit. Whom the same was offered already is sent it again."""
    name, phone = name.strip(), plain_phone(phone)
    wrong = {} if name else {"name": "请输入姓名"}
    if not _PHONE.fullmatch(phone):
        wrong["phone"] = "请输入11位手机号"
    places = staff.known_regions(regions)
    try:
        staff.check(roles, regions=places, institution=institution)
    except BadInput as unfit:
        wrong |= unfit.fields
    if wrong:
        raise BadInput(fields=wrong)
    offered = [str(role) for role in Role if role in set(roles)]
    for earlier in _pending(phone):
        if (earlier.institution, earlier.roles, earlier.regions) == (institution, offered, places):
            earlier.name = name[:100]
            return resend(earlier.id, by=by)
    row = Invitation(
        state=S.PENDING,
        institution=institution,
        roles=offered,
        regions=places,
        name=name[:100],
        phone=phone,
        phone_index=_index(phone),
        salt="",
        token_hash=secrets.token_hex(16),
        created_at=clock.now(),
    )
    return _send(row, "邀请", by=by)


def resend(invitation_id: int, *, by: Actor) -> Invitation:
    """A new link, good for another while; the earlier one is void."""
    row = get(invitation_id)
    if row.state != S.PENDING:
        raise Conflict("该邀请已接受或已撤回，不能重新发送")
    return _send(row, "重新发送邀请", by=by)


def withdraw(invitation_id: int, *, by: Actor) -> Invitation:
    row = get(invitation_id)
    if row.state != S.PENDING:
        raise Conflict("该邀请已接受或已撤回，不能再撤回")
    move(row, S.WITHDRAWN, by=by)
    return row


def accept(row: Invitation, account: Account) -> None:
    """Enter whom the account belongs to, with what was offered; raises Refused with what stands in the way."""
    if not row.open:
        raise Refused("该邀请已失效，请联系邀请人重新发送")
    if account.locked:
        raise Refused("您的账号已停用，请联系业务运营")
    if row.invited_by == account.sub:
        raise Refused("不能接受自己发出的邀请")
    anew = account.left_at is not None or not account.roles
    if not anew and account.institution != row.institution:
        raise Refused("您的账号已属于另一单位，请换一个账号接受邀请")
    roles = [role for role in Role if role.value in {*row.roles, *([] if anew else account.roles)}]
    regions = staff.known_regions([*row.regions, *([] if anew else account.regions)])
    try:
        staff.check(roles, regions=regions, institution=row.institution)
    except BadInput as wrong:
        raise Refused("；".join(wrong.fields.values())) from wrong
    account.roles, account.regions = [str(role) for role in roles], regions
    account.institution, account.left_at = row.institution, None
    if not (account.handler or {}).get("phone"):
        account.handler = {"phone": row.phone}  # the platform tells none, and the link came there
    row.accepted_by = account.id
    by = Actor(account.sub, account.name)
    move(row, S.ACCEPTED, by=by)
    audit.record(f"account-{account.id}", f"接受邀请：{_labels(row)}", by=by, invitation=row.id)


def get(invitation_id: int) -> Invitation:
    """Locked for a change."""
    row = db.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("没有这项邀请")
    return row


def by_hash(hashed: str, *, lock: bool = False) -> Invitation | None:
    """Whose link this is, while it may still be followed."""
    query = select(Invitation).where(Invitation.token_hash == hashed)
    row = db.session.scalar(query.with_for_update() if lock else query)
    return row if row is not None and row.open else None


def for_phone(phone: str) -> list[Invitation]:
    """What waits for whoever has this phone."""
    return [row for row in _pending(plain_phone(phone)) if row.open] if phone else []


def waiting(institution: str | None = None) -> list[Invitation]:
    """Not accepted yet, the latest first; of one institution, or all."""
    query = select(Invitation).where(Invitation.state == S.PENDING).order_by(Invitation.id.desc())
    return list(
        db.session.scalars(query if institution is None else query.where(Invitation.institution == institution))
    )


def token(row: Invitation) -> str:
    """What the link carries; only the SMS says it."""
    return blind("invitation.token", row.id, row.salt)


def plain_phone(said: str) -> str:
    digits = re.sub(r"[\s-]", "", said)
    return digits.removeprefix("+86") if len(digits) > 11 else digits


def _send(row: Invitation, word: str, *, by: Actor) -> Invitation:
    now: datetime = clock.now()
    row.salt = secrets.token_hex(8)
    row.invited_by, row.invited_by_label = by.ref, by.label
    row.sent_at, row.expires_at = now, now + LIFE
    db.session.add(row)
    db.session.flush()
    row.token_hash = hashed(token(row))
    db.session.flush()
    queue.post(SEND, {"invitation": row.id}, key=f"invitation-{row.id}-{row.salt}")
    audit.record(row.no, f"{word}：{_labels(row)}", by=by)
    if row.institution:
        audit.record(row.institution, f"{word}{_labels(row)}", by=by, invitation=row.id)
    return row


def _labels(row: Invitation) -> str:
    return "、".join(Role(code).label for code in row.roles)  # type: ignore[call-arg]


def _pending(phone: str) -> list[Invitation]:
    query = select(Invitation).where(Invitation.phone_index == _index(phone), Invitation.state == S.PENDING)
    return list(db.session.scalars(query.order_by(Invitation.id)))


def _index(phone: str) -> str:
    return blind("invitation.phone", phone)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
