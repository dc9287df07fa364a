"""The register as its pages show it: everybody with a standing, filtered in memory, for names are sealed."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app import clock, regions
from app.accounts import staff
from app.accounts.models import Account, Substitution
from app.accounts.roles import EVERYWHERE
from app.db import db
from app.institutions import Institution

PAGE = 50
GROUPS = ("", "centre", "institution", "ended")


@dataclass(frozen=True)
class Person:
    """One line of the register. `tone` as ui/state.html takes it; `by` stands in for this person now."""

    account: Account
    house: str
    tone: str
    word: str
    by: str = ""

    @property
    def ended(self) -> bool:
        return not staff.works(self.account)

    @property
    def regions(self) -> str:
        """Where this person works; an institution's people wherever it does."""
        held = set(self.account.regions)
        if self.account.institution:
            return ""
        if EVERYWHERE in held or held >= set(regions.REGIONS):
            return _("全省")
        return "、".join(regions.name(code) for code in self.account.regions)

    @property
    def group(self) -> str:
        if self.ended:
            return "ended"
        return "institution" if self.account.institution else "centre"


@dataclass(frozen=True)
class Page:
    rows: list[Person]
    total: int
    pages: int
    number: int
    counts: Mapping[str, int]


def houses() -> dict[str, str]:
    """Institutions by code."""
    return dict(db.session.execute(select(Institution.code, Institution.name)).tuples().all())


def person(account: Account, names: Mapping[str, str], standing_in: Mapping[int, str] | None = None) -> Person:
    tone, word = standing(account)
    house = names.get(account.institution, account.institution) if account.institution else _("交易中心")
    by = (standing_in if standing_in is not None else _standing_in()).get(account.id, "")
    return Person(account, house, tone, word, by)


def standing(account: Account) -> tuple[str, str]:
    """(tone, word): whether this person may come in."""
    if account.left_at is not None:
        return "past", _("已离职")
    if account.locked:
        return "stop", _("已停用")
    if account.locked_until is not None and clock.now() < account.locked_until:
        return "act", _("暂停登录")
    return "done", _("在职")


def page(group: str, q: str, number: int, *, institution: str | None = None) -> Page:
    names, standing_in = houses(), _standing_in()
    found = [person(account, names, standing_in) for account in staff.people(institution)]
    if q:
        found = [one for one in found if q in one.account.name or q in one.house]
    counts = {"": sum(not one.ended for one in found)}
    counts |= {name: sum(one.group == name for one in found) for name in GROUPS if name}
    shown = [one for one in found if (one.group == group if group else not one.ended)]
    pages = max(1, -(-len(shown) // PAGE))
    number = min(number, pages)
    return Page(shown[(number - 1) * PAGE : number * PAGE], len(shown), pages, number, counts)


def _standing_in() -> dict[int, str]:
    """Absent person → who stands in now."""
    now = clock.now()
    query = (
        select(Substitution.absent_id, Account)
        .join(Account, Account.id == Substitution.substitute_id)
        .where(Substitution.ended_at.is_(None), Substitution.from_at <= now, Substitution.to_at > now)
    )
    return {absent: account.name for absent, account in db.session.execute(query)}
