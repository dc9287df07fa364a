"""Whether the trail is as it was written: every line, its place, the head. Reads page by page, keeps nearly nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.audit import chain, marks
from app.db import db
from app.statements import Statement, rows

SHOWN = 100
DATED_BACK = "时间早于它前面的记录一小时以上"
LATE = timedelta(hours=1)
"""So much earlier than one before it a line may be: transactions commit late, clocks differ."""
_UNCHAINED = Statement(
    f"SELECT {chain.COLUMNS} FROM audit_line WHERE chain_no IS NULL AND id > :after ORDER BY id LIMIT 2000"  # noqa: S608
)
_COPIED = Statement(
    "SELECT min(chain_no), max(chain_no) FROM audit_line WHERE mark IS NOT NULL AND chain_no > :after "
    "GROUP BY mark HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
)


@dataclass(frozen=True)
class Finding:
    """What is wrong with the line of that number; 0: with the chain as a whole."""

    no: int
    what: str

    def __str__(self) -> str:
        return f"第 {self.no} 条：{self.what}" if self.no else self.what


@dataclass
class Verdict:
    """`lines` looked at, up to number `last`; `unchained` of them wait for the job. The first findings are kept, all
    are counted."""

    lines: int = 0
    last: int = 0
    unchained: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.count == 0

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.findings) < SHOWN:
            self.findings.append(finding)


def verify(after: int = 0, before: bytes = chain.START) -> Verdict:
    """Look at every line behind number `after`, whose hash `before` is trusted; then at what is not yet chained."""
    db.session.rollback()
    verdict = Verdict(last=after)
    head = chain.seen()
    marked_from = head.marked_from if head is not None else None
    for finding in _chained(verdict, before, marked_from, head):
        verdict.add(finding)
    for first, again in rows((_COPIED, {"after": after}))[0]:
        verdict.add(Finding(again, f"是第 {first} 条的复制品"))
    for finding in _unchained(verdict, marked_from):
        verdict.add(finding)
    db.session.rollback()
    return verdict


def _chained(verdict: Verdict, before: bytes, marked_from: int | None, head: chain.Head | None) -> Iterator[Finding]:
    latest: datetime | None = None
    hash_at_head = before if head is not None and head.no == verdict.last else b""
    for no, digest, columns in chain.stretch(verdict.last):
        if no > verdict.last + 1:
            yield _missing(verdict.last + 1, no - 1)
        elif chain.following(before, chain.canonical(no, columns)) != digest:
            yield Finding(no, _wrong(columns))
        elif not _marked(columns, no, marked_from):
            yield Finding(no, _unmarked(columns))
        at = chain.as_moment(columns[1])
        if isinstance(at, datetime):
            if latest is not None and at < latest - LATE:
                yield Finding(no, DATED_BACK)
            latest = at if latest is None else max(at, latest)
        verdict.lines, verdict.last, before = verdict.lines + 1, no, digest
        if head is not None and no == head.no:
            hash_at_head = digest
    yield from _ends(verdict, hash_at_head, head)


def _ends(verdict: Verdict, hash_at_head: bytes, head: chain.Head | None) -> Iterator[Finding]:
    if head is None:
        if verdict.last:
            yield Finding(0, "链首记录不见了")
        return
    if not head.genuine:
        yield Finding(0, "链首记录被改动：不是本系统写入的")
    if head.no > verdict.last:
        yield _missing(verdict.last + 1, head.no)
    elif hash_at_head != head.hash:
        yield Finding(head.no, "与链首记录不符：整条链被重算过")


def _unchained(verdict: Verdict, marked_from: int | None) -> Iterator[Finding]:
    after = 0
    while found := rows((_UNCHAINED, {"after": after}))[0]:
        for columns in found:
            verdict.unchained += 1
            if not _marked(columns, verdict.last + 1, marked_from):
                yield Finding(0, f"尚未入链的记录（{columns[2]}，{columns[3]}）{_unmarked(columns)}")
        after = found[-1][0]


def _wrong(columns: Sequence[Any]) -> str:
    if columns[8] is not None and not _holds(columns):
        return "内容被改动"
    return "与前一条不衔接：这里有记录被改动、移动或插入"


def _marked(columns: Sequence[Any], no: int, marked_from: int | None) -> bool:
    if columns[8] is None:
        return marked_from is None or no <= marked_from
    return _holds(columns)


def _unmarked(columns: Sequence[Any]) -> str:
    return "不是本系统写入的（没有印记）" if columns[8] is None else "内容被改动，链也被重算"


def _holds(columns: Sequence[Any]) -> bool:
    if not isinstance(columns[8], bytes):
        return False
    return marks.holds(columns[8], [chain.as_moment(columns[1]), *columns[2:8]])


def _missing(first: int, last: int) -> Finding:
    return Finding(first, "记录被删除" if first == last else f"到第 {last} 条，共 {last - first + 1} 条记录被删除")
