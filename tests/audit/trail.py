"""A trail to work on: lines of staff and of an entity, chained."""

from typing import Any

from sqlalchemy import text

from app.audit import SYSTEM, Actor, chain, record
from app.db import db, transaction

CLERK = Actor("staff-7", "周明")
BIDDER = Actor("entity-sub-1", "投标人", sealed=True)


def write(count: int, subject: str = "DD1") -> None:
    """So many lines, three actors in turn."""
    with transaction():
        for number in range(count):
            by = (SYSTEM, CLERK, BIDDER)[number % 3]
            record(subject, f"第 {number} 步", by=by, number=number)


def written(count: int = 10) -> None:
    write(count)
    chain.seal()


def order() -> list[tuple[int, str]]:
    """(number in the chain, text) of every chained line."""
    query = text("SELECT chain_no, text FROM audit_line WHERE chain_no IS NOT NULL ORDER BY chain_no")
    found = [(int(no), str(words)) for no, words in db.session.execute(query)]
    db.session.rollback()
    return found


def attack(*statements: str, **values: Any) -> None:
    """What somebody does who may write into the database and has no key."""
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)
