"""One command on one locked instance: load, apply, run to the next wait, write the difference, all in one transaction.

What an instance waits for is a function of its state, so the rows to add and to drop are the difference of what it
waited for before and after; nothing is read to find them.
"""

import base64
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import orjson
from flask import current_app
from prometheus_client import Histogram
from sqlalchemy.exc import DBAPIError

from app import clock, rules
from app.audit import Actor
from app.db import Again
from app.errors import NotFound
from app.jobs import queue
from app.runtime import definitions, engine, incidents, projection, sent, store
from app.runtime.models import ACTIVE, CANCELLED, ENDED, OPEN
from app.runtime.operations import Catalogue, LazyFacts, OpContext
from app.sealing import seal, seal_json, unseal, unseal_json
from app.statements import later, one, rows

SCOPE, STATE, SENT = "history", "instance.state", "message.sent"
NOTHING = engine.Waiting([], [], [], [], [])
_seconds = Histogram("runtime_step_seconds", "One command on one instance", ["command"])


class NoCase(NotFound):
    """Nobody has started a case under this key (yet)."""


class Taken(Exception):  # not an error: the work is done
    """The message is no longer in the inbox."""


Command = Callable[[engine.Case, "Step"], None]


def catalogue() -> Catalogue:
    return current_app.extensions["catalogue"]


class Step:
    """The host the engine asks, and the writer of its rows. `stage` takes the caller's extra rows."""

    def __init__(self, kind: str, *, policy: str, key: str, by: Actor, region: str, institution: str):
        self.kind, self.policy, self.key, self.by = kind, policy, key, by
        self.region, self.institution = region, institution
        self.now = clock.now()
        self.catalogue = catalogue()
        self.instance_id = self.number = self.version_id = 0
        self.secret: Mapping[str, Any] = {}
        self.payload: Any = None
        self.about = ""
        self.trail: list[dict[str, Any]] = []
        self.facts_seen: list[dict[str, Any]] = []
        self.incidents: list[dict[str, Any]] = []
        self.posted: list[dict[str, Any]] = []
        self.taken: list[int] = []

    def note_sent(self) -> None:
        """A market entity's step is one it may ask a receipt for."""
        if self.by.sealed:
            said = sent.document(self.policy, self.key, self.number, self.payload, self.secret)
            self.by = sent.by(self.by, self.key, said)

    # what the engine asks

    def facts(self) -> Mapping[str, Any]:
        subject = self.catalogue.subject_of(self.policy)
        found = LazyFacts(subject.facts(self.key) if subject else {})
        self.facts_seen.append(found.used)
        return found

    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> Any:
        operation = self.catalogue.operations.get(name)
        if operation is None:
            raise NotFound(f"系统中没有操作“{name}”", operation=name)
        if operation.outside:
            return engine.OUTSIDE
        return operation.run(self.context(element), **params)

    def context(self, element: engine.Element) -> OpContext:
        return OpContext(
            key=self.key,
            policy=self.policy,
            now=self.now,
            element=element.id,
            element_name=element.label,
            by=self.by,
            secret=self.secret,
            step=self,
        )

    def send(
        self, element: engine.Element, message: str, policy: str, key: str | None, payload: dict[str, Any]
    ) -> None:
        sealed = base64.b64encode(seal_json(payload, SENT)).decode()
        body = {"policy": policy, "key": key or self.key, "name": message, "sealed": sealed}
        which = f"{self.policy}:{self.key}:{element.id}:{self.number}:{len(self.posted)}"
        self.post("runtime/send", body, kind="message", key=which)

    def record(self, kind: str, element: engine.Element, detail: dict[str, Any]) -> None:
        self.trail.append({"kind": kind, "element": element.id, **detail})

    # what operations may ask of the step

    def incident(self, element: str, kind: str, message: str, *, name: str = "", job_id: int | None = None) -> None:
        """Something a person must see; it does not stop the case."""
        self.incidents.append(
            {
                "policy": self.policy,
                "key": self.key,
                "kind": kind,
                "element": element,
                "element_name": name,
                "job_id": job_id,
                "message": self.catalogue.struck(self.policy, self.key, message)[:2000],
                "status": OPEN,
                "created_at": self.now,
                "closed_by": "",
                "note": None,
            }
        )

    def post(
        self, name: str, payload: dict[str, Any], *, kind: str = "errand", key: str = "", attempts: int = 8
    ) -> None:
        """An errand carried after the commit."""
        self.posted.append(queue.row(kind=kind, name=name, payload=payload, key=key, at=self.now, attempts=attempts))

    # the writing

    def write_history(self) -> None:
        """One line a step: the plain part draws the path, the sealed part replays it."""
        plain = [_plain(entry) for entry in self.trail]
        sealed = {
            "version": self.version_id,
            "payload": self.payload,
            "secret": dict(self.secret),
            "facts": [rules.to_json(used) for used in self.facts_seen],
            "trail": self.trail,
        }
        line = {
            "instance_id": self.instance_id,
            "step": self.number,
            "at": self.now,
            "kind": self.kind,
            "element": self.about,
            "actor": "entity" if self.by.sealed else self.by.ref,
            "actor_label": self.by.label,
            "detail": orjson.dumps(plain).decode(),
            "sealed": seal(orjson.dumps(sealed, default=str), SCOPE),
        }
        later(store.ADD_HISTORY, [line])
        told = ({**row, "message": seal_json(row["message"], "incident.message")} for row in self.incidents)
        later(store.ADD_INCIDENT, ({**row, "instance_id": self.instance_id} for row in told))


def begin(
    policy: str,
    *,
    key: str,
    by: Actor,
    data: Mapping[str, Any],
    secret: Mapping[str, Any],
    region: str,
    institution: str,
) -> int:
    """Start a case on the live version; the caller holds the transaction. Returns the instance's id."""
    started = perf_counter()
    version = definitions.live(policy)
    step = Step("start", policy=policy, key=key, by=by, region=region, institution=institution)
    step.secret, step.payload, step.version_id = secret, dict(data), version.id
    step.note_sent()
    case = engine.start(version.definition, dict(data), step)
    waiting = case.waiting()
    inbox = rows((store.INBOX, {"policy": policy, "key": key}))[0]
    if inbox:
        _drain(case, step, inbox)
        waiting = case.waiting()
    row = {
        "policy": policy,
        "version_id": version.id,
        "key": key,
        "region": step.region,
        "institution": step.institution,
        "status": ENDED if case.ended else ACTIVE,
        "state": seal(case.dump(), STATE),
        "listens": projection.listening(waiting, "[]", step.now),
        "now": step.now,
        "ended_at": step.now if case.ended else None,
    }
    found = one(store.INSERT_INSTANCE, **row)
    assert found is not None  # RETURNING
    step.instance_id = found[0]
    projection.write(step, NOTHING, waiting)
    step.write_history()
    _seconds.labels("start").observe(perf_counter() - started)
    return step.instance_id


def advance(
    kind: str,
    command: Command,
    *,
    by: Actor,
    instance_id: int | None = None,
    place: tuple[str, str] | None = None,
    message_id: int | None = None,
    about: str = "",
    payload: Any = None,
    secret: Mapping[str, Any] | None = None,
    jobs_done: tuple[int, ...] = (),
    drain_first: bool = False,
) -> Step | None:
    """Lock the instance, apply `command`, run, write; the caller holds the transaction. None: it has ended.

    `command(case, step)` raises engine.NotWaiting when it came late. The instance is found by its id, its place
    (policy, key), or a message for it that lies in the inbox; Taken if that has been taken meanwhile.
    """
    started = perf_counter()
    if place is not None:
        values = {"policy": place[0], "key": place[1]}
        locked, inbox = rows((store.LOCK_BY_KEY, values), (store.INBOX, values))
    elif message_id is not None:
        told = {"id": message_id}
        locked, inbox = rows((store.LOCK_BY_MESSAGE, told), (store.INBOX_BY_MESSAGE, told))
        name = next((line[1] for line in inbox if line[0] == message_id), None)
        if name is None:
            raise Taken
        about = about or name
    else:
        locked, inbox = rows((store.LOCK_BY_ID, {"id": instance_id}), (store.INBOX_BY_INSTANCE, {"id": instance_id}))
    if not locked:
        raise NoCase("没有这个流程实例")
    identity, policy, version_id, key, region, institution, status, state, row_version, listens = locked[0]
    if status != ACTIVE:
        return None
    version = definitions.get(version_id)
    step = Step(kind, policy=policy, key=key, by=by, region=region, institution=institution)
    step.instance_id, step.number, step.version_id = identity, row_version + 1, version_id
    step.about, step.payload = about, payload
    step.secret = secret or {}
    step.note_sent()
    case = engine.load(version.definition, opened_state(state))
    before = case.waiting()
    if drain_first:
        _drain(case, step, inbox)
    command(case, step)
    _drain(case, step, inbox)
    if not step.trail and kind == "message":  # nobody waits for it yet: nothing happened
        return step
    after = NOTHING if case.ended else case.waiting()
    projection.write(step, before, after)
    saved = {
        "id": identity,
        "row_version": row_version,
        "status": (CANCELLED if kind == "cancel" else ENDED) if case.ended else ACTIVE,
        "state": seal(case.dump(), STATE),
        "listens": projection.listening(after, listens, step.now),
        "version_id": step.version_id,
        "region": step.region,
        "institution": step.institution,
        "now": step.now,
        "ended_at": step.now if case.ended else None,
    }
    later(store.SAVE_INSTANCE, [saved])
    step.write_history()
    later(store.END_JOB, ({"id": job, "now": step.now} for job in jobs_done))
    _seconds.labels(kind).observe(perf_counter() - started)
    return step


def _drain(case: engine.Case, step: Step, inbox: list[tuple[Any, ...]]) -> None:
    """Give waiting messages to the tokens that wait for them, oldest first, until none fits.

    Raises Spoilt if a message's path can not be gone: it is put by, and the step is done again without it.
    """
    moved = bool(inbox)
    while moved and not case.ended:
        moved = False
        for identity, name, correlation, payload, held in inbox:
            if identity in step.taken:
                continue
            fits = (w for w in case.waiting().messages if w.name == name and (w.key or "") in ("", correlation))
            wait = max(fits, key=lambda w: bool(w.key), default=None)
            if wait is None:
                continue
            content = unsealed(payload, "inbox.payload")
            step.record("message", wait.element, {"message": name, "inbox": identity, "payload": content})
            try:
                case.deliver(wait.token, name, content, step)
            except (DBAPIError, Again):
                raise
            except Exception as error:
                raise incidents.Spoilt(step.policy, step.key, identity, wait.element, error) from error
            step.taken.append(identity)
            later(store.TAKE_MESSAGE, [{"id": identity, "now": step.now}])
            if held:
                taken = {"id": identity, "now": step.now, "note": seal_json("消息已办理", "incident.note")}
                later(store.MOOT_MESSAGE, [taken])
            moved = True
            break


def opened_state(state: Any) -> bytes:
    return unseal(bytes(state), STATE)


def unsealed(blob: Any, scope: str) -> Any:
    return None if blob is None else unseal_json(bytes(blob), scope)


_OPEN_DETAIL = frozenset({"kind", "element", "flow", "operation", "decision", "token", "message", "timer", "to"})


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in _OPEN_DETAIL}
