"""What a live table says of an action: open and until when, or closed, why, what would open it, and when.

The table's outputs are `accepted`, `reason` and, if it likes to tell, `opens_at`. Everything else that people read is
derived from it: columns by their labels, values in words, moments from the facts. So who changes the table changes
the words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app import clock, rules
from app.errors import AppError
from app.runtime import definitions
from app.runtime.operations import Fact
from app.runtime.step import catalogue

Facts = Callable[[datetime], Mapping[str, Any]]
"""The facts as they will be at a moment, if nothing else happens until then."""


@dataclass(frozen=True)
class Lack:
    """A condition that is not met, in words; `lasting`: it never will be."""

    label: str
    now: str
    wanted: str
    lasting: bool = False

    def __str__(self) -> str:
        return _("%(label)s：现在为%(now)s，须为%(wanted)s", label=self.label, now=self.now, wanted=self.wanted)


@dataclass(frozen=True)
class Verdict:
    """`ways`: any of them would open it, each with all that it takes. `opens_at`, `closes_at`: None if not known."""

    open: bool
    why: str = ""
    ways: tuple[tuple[Lack, ...], ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def lasting(self) -> bool:
        """Closed for good."""
        return bool(self.ways) and all(any(lack.lasting for lack in way) for way in self.ways)

    def __str__(self) -> str:
        """Everything in one line, for an answer that has no room for more."""
        ways = _("，或者").join(_("，并且").join(map(str, way)) for way in self.ways)
        return _("%(why)s（%(ways)s）", why=_(self.why), ways=ways) if ways else _(self.why)


def ask(policy: str, decision: str, facts: Facts) -> Verdict:
    """The live policy's decision on these facts, and what it takes to have another."""
    now = clock.now()
    known = {fact.name: fact for fact in _fields(policy)}
    try:
        model = definitions.live(policy).definition.models[decision]
        context = facts(now)
        answer: Any = model.evaluate(decision, context, now=now)
        if accepts(answer):
            return Verdict(True, closes_at=_turns(model, decision, facts, now, to=False))
        return _closed(model, decision, facts, known, now, answer)
    except rules.RuleError:
        return Verdict(False, _("办理条件暂时无法判断，请稍后再试"))
    except AppError as error:
        return Verdict(False, error.message)


def accepts(answer: Any) -> bool:
    return isinstance(answer, Mapping) and answer.get("accepted") is True


def _closed(
    model: rules.Model, decision: str, facts: Facts, known: Mapping[str, Fact], now: datetime, answer: Any
) -> Verdict:
    if not isinstance(answer, Mapping):
        return Verdict(False, _("办理条件暂时无法判断，请稍后再试"))
    context = facts(now)
    lasting = {name for name, fact in known.items() if fact.lasting(context)}
    ways = rules.nearest(model, decision, context, accepts, held=lasting, now=now)
    ways = ways or rules.nearest(model, decision, context, accepts, now=now)
    told = tuple(tuple(_said(lack, known.get(lack.asks), lack.asks in lasting) for lack in way) for way in ways)
    opens_at = answer.get("opens_at") or _turns(model, decision, facts, now, to=True)
    return Verdict(False, answer.get("reason") or _("当前不能办理"), told, opens_at)


def _turns(model: rules.Model, decision: str, facts: Facts, now: datetime, *, to: bool) -> datetime | None:
    """The first moment named by the facts at which the table, nothing else happening, says so."""
    for moment in sorted({one for one in _moments(facts(now)) if one > now}):
        past = moment + timedelta(seconds=1)
        if accepts(model.evaluate(decision, facts(past), now=past)) is to:
            return moment
    return None


def _moments(value: Any) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _moments(item)


def _fields(policy: str) -> tuple[Fact, ...]:
    subject = catalogue().subject_of(policy)
    return subject.fields if subject is not None else ()


def _said(lack: rules.Lack, fact: Fact | None, lasting: bool) -> Lack:
    words = fact.words if fact is not None else {}
    wanted = _("、").join(_word(one, words) for one in lack.wanted)
    if lack.stranger:
        wanted = _("“%(these)s”以外的值", these=wanted) if wanted else _("其他值")
    elif len(lack.wanted) > 1:
        wanted = _("%(these)s之一", these=wanted)
    return Lack(_(lack.label), _word(lack.value, words), wanted, lasting)


def _word(value: Any, words: Mapping[str, str]) -> str:
    """A value as people read it."""
    match value:
        case None:
            return _("空")
        case bool():
            return _("是") if value else _("否")
        case str():
            return _(words[value]) if value in words else value
        case rules.Range():
            return _range(value, words)
        case datetime():
            return clock.shown(value) if value.tzinfo is not None else value.isoformat(" ", "minutes")
        case Decimal():
            return f"{value:,f}"
        case date():
            return value.isoformat()
        case timedelta():
            return _("%(n)s 天", n=f"{value.total_seconds() / 86400:g}")
    return str(value)


def _range(range: rules.Range, words: Mapping[str, str]) -> str:
    low, high = _word(range.low, words), _word(range.high, words)
    if range.high is None:
        return _("不小于 %(low)s", low=low) if range.low_in else _("大于 %(low)s", low=low)
    if range.low is None:
        return _("不大于 %(high)s", high=high) if range.high_in else _("小于 %(high)s", high=high)
    return _("%(low)s 至 %(high)s", low=low, high=high)
