"""An institution's cases: its code is the key of the first of a policy; later ones carry a number behind it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.db import db
from app.institutions.models import Institution
from app.runtime import timeline
from app.runtime.models import ACTIVE, Instance, UserTask
from app.runtime.places import places

POLICIES = ("admission", "acceptance", "endpoint", "offline")


def code_of(key: str) -> str:
    """The institution a case is about."""
    return key.partition("-")[0]


def locked(code: str) -> Institution | None:
    """The institution's row, locked; None while there is none."""
    query = select(Institution).where(Institution.code == code)
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def next_key(policy: str, code: str) -> str:
    """The key of a new case; the caller holds the institution's row, if there is one."""
    count = len(db.session.scalars(_keys(policy, code)).all())
    return f"{code}-{count + 1}" if count else code


def open_case(policy: str, code: str) -> Instance | None:
    """The case of this policy that is under way."""
    query = _instances(policy, code).where(Instance.status == ACTIVE)
    return db.session.scalar(query.execution_options(populate_existing=True))


def tasks(code: str) -> Sequence[UserTask]:
    """What people still have to do for the institution."""
    keys = (UserTask.key == code) | UserTask.key.startswith(f"{code}-", autoescape=True)
    return db.session.scalars(select(UserTask).where(UserTask.policy.in_(POLICIES), keys)).all()


def entries(code: str) -> list[dict[str, Any]]:
    """The institution's timeline: everything the audit trail says of it, then where its open cases stand."""
    past = timeline.of("", code, held=False)
    for policy in POLICIES:
        case = open_case(policy, code)
        past += [timeline.now(place) for place in places(case)] if case is not None else []
    return past


def _instances(policy: str, code: str) -> Any:
    keys = (Instance.key == code) | Instance.key.startswith(f"{code}-", autoescape=True)
    return select(Instance).where(Instance.policy == policy, keys).order_by(Instance.id.desc())


def _keys(policy: str, code: str) -> Any:
    return _instances(policy, code).with_only_columns(Instance.key)
