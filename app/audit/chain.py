"""The chain: lines numbered one after the other, each hash over the line and the hash before it.

A job of its own (the relay) chains what is committed and not yet chained; nobody's transaction waits for it. On
PostgreSQL a lower id may become visible after a higher one: it is found because it is unchained, whatever its id, and
gets the next number. So the order is that of the commits, to within one look. The head's row is the lock, and says
how long the chain is: a missing tail is noticed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.audit import marks
from app.db import BigKey, UtcDateTime, db, insert_new, transaction
from app.errors import AppError
from app.protocol.digests import same, sm3
from app.statements import Statement, later, moment, one, rows

START = sm3(b"baohan audit chain 1")
"""What the first line's hash is over, in place of a hash before it."""
BATCH = 1000
COLUMNS = "id, at, subject, text, actor, actor_label, actor_sealed, CAST(facts AS TEXT), mark"
_ANY = Statement("SELECT 1 FROM audit_line WHERE chain_no IS NULL LIMIT 1")
_HEAD = "SELECT no, hash, marked_from, checkpoints, at, mac FROM audit_head WHERE id = 1"
_SEEN, _MINE = Statement(_HEAD), Statement(f"{_HEAD} FOR UPDATE SKIP LOCKED")
_UNCHAINED = Statement(f"SELECT {COLUMNS} FROM audit_line WHERE chain_no IS NULL ORDER BY id LIMIT :limit")  # noqa: S608
_STRETCH = Statement(
    f"SELECT chain_no, chain_hash, {COLUMNS} FROM audit_line WHERE chain_no > :after "  # noqa: S608
    "ORDER BY chain_no LIMIT :limit"
)
_HASH = Statement("SELECT chain_hash FROM audit_line WHERE chain_no = :no")
_OLDEST = Statement("SELECT at FROM audit_line WHERE chain_no IS NULL ORDER BY id LIMIT 1")
_CHAINED = Statement("SELECT 1 FROM audit_line WHERE chain_no IS NOT NULL LIMIT 1")
_LAST = Statement(
    "SELECT chain_no, chain_hash FROM audit_line WHERE chain_no IS NOT NULL ORDER BY chain_no DESC LIMIT 1"
)
_UNMARKED = Statement("SELECT 1 FROM audit_line WHERE mark IS NULL LIMIT 1")
_LINK = Statement(
    "UPDATE audit_line SET chain_no = :no, chain_hash = :hash WHERE id = :id AND chain_no IS NULL", only=True
)
_MOVE = Statement(
    "UPDATE audit_head SET no = :no, hash = :hash, marked_from = :marked_from, checkpoints = :checkpoints, at = :at, "
    "mac = :mac WHERE id = 1 AND no = :was",
    only=True,
)


class AuditHead(db.Model):  # type: ignore[name-defined]
    """The chain's last line and what only this program can write over it. Lines beyond `marked_from` must be marked;
    None: lines of before there were marks may still come. `checkpoints`: how many there are."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    marked_from: Mapped[int | None] = mapped_column(BigKey)
    checkpoints: Mapped[int]
    at: Mapped[Any] = mapped_column(UtcDateTime)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class Broken(AppError):
    """The head is not as this program left it: chaining on would make it look right again."""

    code = "audit_broken"


class Head(NamedTuple):
    """The head's row, read."""

    no: int
    hash: bytes
    marked_from: int | None
    checkpoints: int
    at: datetime
    mac: bytes = b""

    @property
    def genuine(self) -> bool:
        return same(self.mac, marks.of_head(self[:-1]))


def canonical(no: int, columns: Sequence[Any]) -> bytes:
    """A line as it is hashed and exported: a JSON list of its number in the chain and every column."""
    identity, at, *rest = columns
    return marks.plain([no, identity, as_moment(at), *rest])


def following(before: bytes, line: bytes) -> bytes:
    """The hash of a line."""
    return sm3(before + line)


def advance(limit: int = BATCH) -> int:
    """Chain the oldest of what is committed and not yet chained; an edge of its own. Returns how many: 0 if there is
    nothing or another host is at it. Raises Broken."""
    waits = one(_ANY) is not None
    db.session.rollback()
    if not waits:
        return 0
    with transaction():
        head = locked()
        if head is None:
            return 0
        found = rows((_UNCHAINED, {"limit": limit}))[0]
        _link(head, found)
    return len(found)


def seal(limit: int = BATCH) -> None:
    """Chain all there is now."""
    while advance(limit) == limit:
        pass


def locked() -> Head | None:
    """The head, held by the caller's transaction; None while another has it. Raises Broken."""
    found = one(_MINE)
    if found is None:
        if one(_SEEN) is not None or not _begin():
            return None
        found = one(_MINE)
        assert found is not None  # made in this transaction
    head = _head(found)
    if not head.genuine:
        raise Broken("审计链的链首记录不是本系统写入的，已停止接续：请执行 flask --app wsgi audit verify")
    return head


def move(head: Head, **changes: Any) -> Head:
    """The head as it is to be, written with the caller's transaction."""
    moved = head._replace(**{"at": clock.now(), **changes})
    row = moved._asdict() | {"mac": marks.of_head(moved[:-1]), "was": head.no}
    later(_MOVE, [row])
    return moved


def hash_of(no: int) -> bytes | None:
    """The hash of the line of that number; what the first one is over for 0; None if there is no such line."""
    found = one(_HASH, no=no) if no else (START,)
    return bytes(found[0] or b"") if found is not None else None


def seen() -> Head | None:
    """The head as it stands; None before the first line."""
    found = one(_SEEN)
    return _head(found) if found is not None else None


def stretch(after: int, *, page: int = 2000) -> Iterator[tuple[int, bytes, Sequence[Any]]]:
    """(number, hash, columns) of the lines behind a number, in order, a page at a time."""
    while True:
        found = rows((_STRETCH, {"after": after, "limit": page}))[0]
        for no, digest, *columns in found:
            yield no, digest if isinstance(digest, bytes) else b"", columns
        db.session.rollback()
        if len(found) < page:
            return
        after = found[-1][0]


def unchained_since() -> datetime | None:
    """Since when the oldest line waits that is not yet chained."""
    found = one(_OLDEST)
    return as_moment(found[0]) if found is not None else None


def resume(checkpoints: int) -> Head:
    """Go on after the last line there is, whatever the head says, in the caller's transaction; a person has looked."""
    no, digest = one(_LAST) or (0, START)
    db.session.execute(db.delete(AuditHead))
    made = Head(no, bytes(digest), no, checkpoints, clock.now())
    insert_new(AuditHead, id=1, **made._asdict() | {"mac": marks.of_head(made[:-1])})
    return made


def _link(head: Head, found: Sequence[Sequence[Any]]) -> None:
    no, before, links = head.no, head.hash, []
    for columns in found:
        no += 1
        before = following(before, canonical(no, columns))
        links.append({"id": columns[0], "no": no, "hash": before})
    later(_LINK, links)
    move(head, no=no, hash=before)


def _begin() -> bool:
    """Enter the first head; False if a rival did. Where every line has its mark, none without comes later."""
    if one(_CHAINED) is not None:
        raise Broken("审计链的链首记录不见了，已停止接续：请执行 flask --app wsgi audit verify")
    first = Head(0, START, 0 if one(_UNMARKED) is None else None, 0, clock.now())
    return insert_new(AuditHead, id=1, **first._asdict() | {"mac": marks.of_head(first[:-1])})


def _head(found: Sequence[Any]) -> Head:
    no, digest, marked_from, checkpoints, at, mac = found
    return Head(no, bytes(digest), marked_from, checkpoints, as_moment(at), bytes(mac))


def as_moment(value: Any) -> Any:
    """As `statements.moment`; what is none stays as somebody wrote it."""
    try:
        return moment(value)
    except ValueError:
        return value
