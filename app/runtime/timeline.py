"""One line after the other: what happened to a case, and who holds it now, since when, due when."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from flask_babel import gettext as _

from app import clock
from app.runtime import definitions
from app.runtime.models import ACTIVE
from app.runtime.places import Place, places
from app.runtime.waits import Wait
from app.statements import Statement, moment, one, rows

_CASE = Statement("SELECT id, policy, key, version_id, status FROM instance WHERE policy = :policy AND key = :key")
_LINES = Statement("SELECT text, actor_label, at, CAST(facts AS TEXT) FROM audit_line WHERE subject = :key ORDER BY id")
_TRAIL = Statement("SELECT detail FROM history WHERE instance_id = :id ORDER BY id")
_TAG = Statement(
    "SELECT i.id, i.row_version, (SELECT max(l.id) FROM audit_line l WHERE l.subject = i.key), "
    "(SELECT count(*) FROM user_task t WHERE t.instance_id = i.id), "
    "(SELECT max(t.claimed_at) FROM user_task t WHERE t.instance_id = i.id), "
    "(SELECT count(*) FROM incident n WHERE n.instance_id = i.id AND n.status = 'open'), "
    "(SELECT max(n.id) FROM incident n WHERE n.instance_id = i.id AND n.status = 'open') "
    "FROM instance i WHERE i.policy = :policy AND i.key = :key"
)


class Case(NamedTuple):
    """What pages need to know of an instance; its state stays where it is."""

    id: int
    policy: str
    key: str
    version_id: int
    status: str


def of(policy: str, key: str, *, held: bool | Sequence[Wait] = True) -> list[dict[str, Any]]:
    """Entries for ui/timeline.html: the audit's lines of `key`, then what the case waits for. `held` is that, where
    the caller has asked for it, or whether it is to be shown."""
    return read(rows(*asked(policy, key)), held=held)


def asked(policy: str, key: str) -> list[tuple[Statement, dict[str, Any]]]:
    """The queries of `of`, for whoever asks them together with others."""
    place = {"policy": policy, "key": key}
    return [(_LINES, place), (_CASE, place)]


def read(answers: Sequence[list[tuple[Any, ...]]], *, held: bool | Sequence[Wait]) -> list[dict[str, Any]]:
    """What `of` makes of their rows."""
    lines, cases = answers
    past = [
        {"what": " → ".join(map(_, text.split(" → "))), "who": _(who), "at": moment(at), "state": "done"}
        for text, who, at, _facts in lines
    ]
    for entry, position in zip(past, receipts(facts for *_line, facts in lines), strict=True):
        entry["receipt"] = position
    waiting = (None if held else []) if isinstance(held, bool) else held
    return past + [now(place) for case in cases for place in places(Case(*case), waiting)]


def receipts(facts: Iterable[str | None]) -> Iterator[int | None]:
    """For each line's facts its place in the row, if it is the first of a step that a receipt may be asked for."""
    told = set()
    for position, text in enumerate(facts, 1):
        digest = orjson.loads(text).get("sent", "") if text and '"sent":' in text else ""
        yield position if digest and digest not in told else None
        told.add(digest)


def now(place: Place) -> dict[str, Any]:
    """A present place as an entry."""
    broken = place.kind == "incident"
    return {
        "what": place.name,
        "who": place.holder,
        "at": place.since,
        "due": place.due,
        "state": "stop" if broken else "now",
        "said": _("出现异常，已通知业务运营处理") if broken else "",
    }


def drawing(policy: str, key: str) -> str:
    """The diagram the case follows, as XML."""
    case = _case(policy, key)
    return definitions.get(case.version_id).files["process.bpmn"] if case else ""


def path(policy: str, key: str) -> dict[str, Any]:
    """What the live diagram draws: shapes and flows taken, places held now, incidents."""
    case = _case(policy, key)
    if case is None:
        return {"taken": [], "current": [], "incidents": [], "ended": True}
    taken: dict[str, None] = {}
    for (detail,) in rows((_TRAIL, {"id": case.id}))[0]:
        for entry in orjson.loads(detail):
            taken[entry["flow"] if entry["kind"] == "flow" else entry["element"]] = None
    held = places(case)
    return {
        "taken": list(taken),
        "current": [_drawn(place) for place in held if place.kind != "incident"],
        "incidents": [{"element": one.element, "message": one.said} for one in held if one.kind == "incident"],
        "ended": case.status != ACTIVE,
    }


def tag(policy: str, key: str) -> str:
    """Changes whenever of() or path() may; one read of the rows' counters."""
    found = one(_TAG, policy=policy, key=key)
    return hashlib.sha256(repr(found).encode()).hexdigest()[:32] if found is not None else "none"


def _drawn(place: Place) -> dict[str, Any]:
    return {
        "element": place.element,
        "label": place.holder,
        "since": clock.local(place.since).isoformat(timespec="seconds"),
        "due": clock.local(place.due).isoformat(timespec="seconds") if place.due else None,
    }


def _case(policy: str, key: str) -> Case | None:
    found = one(_CASE, policy=policy, key=key)
    return Case(*found) if found is not None else None
