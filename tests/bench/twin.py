"""The payment step of workflows/order as SpiffWorkflow runs it by itself: its parser, specs, loop and serializer.

`Twin.pay` is the whole step, in the open, so that anyone can check that it is fair: it reads and locks the same rows
and writes the same rows through the same driver as the product does (app.statements, sent together), service tasks
call the same verbs, and the decision table is evaluated by the same app.rules. What differs is what is measured: the
library's own state as JSON with its spec inside, its own loop, and its Python expressions.
"""

import logging
import re
from datetime import datetime
from typing import Any, ClassVar

import orjson
from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser, TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import select

from app import clock, rules
from app.audit import SYSTEM
from app.db import db, transaction
from app.jobs.models import Job
from app.runtime import definitions, engine, projection, step, store
from app.runtime.models import ACTIVE, Instance
from app.runtime.operations import LazyFacts
from app.sealing import seal, unseal
from app.statements import later, rows

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
POLICY = "{urn:baohan:policy:1}"
OUTSIDE = ("gateway/", "guarantees/verify")
for _name in ("spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.ERROR)  # the product quiets them too


def python(feel: str) -> str:
    """The few forms of FEEL that the order's conditions and parameters use, as Python."""
    text = re.sub(r"if (.+) then (.+) else (.+)", r"(\2) if (\1) else (\3)", feel)
    parts = re.split(r'("[^"]*")', text)
    for n in range(0, len(parts), 2):
        part = re.sub(r"\b([a-z_]\w*)\.([a-z_]\w*)", r'\1["\2"]', parts[n])
        part = re.sub(r"(?<![<>!=])=(?!=)", "==", part)
        parts[n] = re.sub(r"\bnumber\(", "float(", part)
    return "".join(parts)


def pythonised(drawing: bytes) -> bytes:
    """The diagram with Python where ours has FEEL; nothing else is changed."""
    root = etree.fromstring(drawing)
    for node in root.iter(f"{BPMN}timeDuration", f"{BPMN}timeDate", f"{BPMN}timeCycle"):
        text = node.text or ""
        node.text = python(text[1:]) if text.startswith("=") else f'"{text}"'
    for node in root.iter(f"{BPMN}conditionExpression"):
        node.text = python(node.text or "")
    return etree.tostring(root)


class Called(ServiceTask):
    """A service task that calls our operation, a business rule task that asks our table; an outside call waits."""

    def _run_hook(self, my_task: Any) -> bool | None:
        act = my_task.workflow.top_workflow.act
        return act(my_task, self.bpmn_id)


class Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, Any]] = {
        full_tag("serviceTask"): (TaskParser, Called),
        full_tag("businessRuleTask"): (TaskParser, Called),
    }


class Twin:
    """The order diagram in the library's hands. `blank` is the state of a case that awaits payment."""

    serializer = BpmnWorkflowSerializer(
        BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, Called: BpmnTaskSpecConverter})
    )

    def __init__(self, premium: str) -> None:
        self.version = definitions.live("order")
        self.files = {n: t.encode() for n, t in self.version.files.items() if n.endswith(".bpmn")}
        self.verbs = self._read_verbs()
        self.blank = self._until_payment(premium)

    def pay(self, message_id: int) -> None:
        """One payment message for one order, from the inbox row to the commit."""
        told = {"id": message_id}
        with transaction():
            locked, inbox = rows((store.LOCK_BY_MESSAGE, told), (store.INBOX_BY_MESSAGE, told))
            identity, policy, version_id, key, region, institution, _status, state, row_version, listens = locked[0]
            at = step.Step("message", policy=policy, key=key, by=SYSTEM, region=region, institution=institution)
            at.instance_id, at.number, at.version_id = identity, row_version + 1, version_id

            case = self.serializer.deserialize_json(unseal(bytes(state), step.STATE).decode())
            self._equip(case, at)
            before = self._waiting(case)
            number, name, _correlation, sealed, *_ = inbox[0]
            payload, at.about = step.unsealed(sealed, "inbox.payload"), name
            self._deliver(case, name, payload)
            case.do_engine_steps()
            after = self._waiting(case)
            dumped = self.serializer.serialize_json(case).encode()

            at.record("message", self.version.definition.elements["paid"], {"message": name, "payload": payload})
            later(store.TAKE_MESSAGE, [{"id": number, "now": at.now}])
            projection.write(at, before, after)
            saved = {
                "id": identity,
                "row_version": row_version,
                "status": ACTIVE,
                "state": seal(dumped, step.STATE),
                "listens": projection.listening(after, listens, at.now),
                "version_id": version_id,
                "region": region,
                "institution": institution,
                "now": at.now,
                "ended_at": None,
            }
            later(store.SAVE_INSTANCE, [saved])
            at.write_history()

    # what the library asks of us

    def _equip(self, case: Any, at: step.Step) -> None:
        """The expressions' facts, and what a task calls; both act on this step's order."""
        subject = at.catalogue.subject_of("order")
        known: dict[str, Any] = {"order": None, "lot": None}
        case.script_engine = PythonScriptEngine(TaskDataEnvironment(known))
        models = self.version.definition.models

        def fresh() -> None:
            known.update({name: _Fact(LazyFacts(subject.facts(at.key)), name) for name in ("order", "lot")})

        def act(task: Any, element_id: str) -> bool | None:
            element = self.version.definition.elements[element_id]
            if element.decision:
                facts = LazyFacts(subject.facts(at.key))
                model = models[element.decision]
                given = {n: facts[n] if n in facts else task.data.get(n) for n in model.reads(element.decision)}
                value = orjson.loads(orjson.dumps(rules.to_json(model.evaluate(element.decision, given, now=at.now))))
                task.data[element.result or element.decision] = value
                at.record("decided", element, {"decision": element.decision, "value": value})
                return True
            name, result, given = self.verbs[element_id]
            if name.startswith(OUTSIDE):
                return None
            params = {p: case.script_engine.evaluate(task, v) for p, v in given.items()}
            answer = at.catalogue.operations[name].run(at.context(element), **params)
            at.record("operated", element, {"operation": name, "params": params, "result": answer})
            if result:
                task.data[result] = answer
            fresh()
            return True

        fresh()
        case.act = act

    def _deliver(self, case: Any, name: str, payload: Any) -> None:
        for task in case.get_tasks(state=TaskState.WAITING, spec_class=CatchingEvent):
            for definition in _definitions(task):
                if definition.name == name and not isinstance(definition, TimerEventDefinition):
                    task.set_data(**{name: payload})
                    case.send_event(BpmnEvent(definition, {}))
                    return
        raise AssertionError(f"{name} is not waited for")

    def _waiting(self, case: Any) -> engine.Waiting:
        """What the case waits for, as the rows want it."""
        found = engine.Waiting([], [], [], [], [])
        for task in case.get_tasks(state=TaskState.WAITING, spec_class=CatchingEvent):
            token = task.id.hex[:12]
            several = isinstance(task.task_spec.event_definition, MultipleEventDefinition)
            shapes = [s.name for s in task.task_spec.outputs] if several else [task.task_spec.name]
            for shape, definition in zip(shapes, _definitions(task), strict=True):
                element = self.version.definition.elements[shape]
                if isinstance(definition, TimerEventDefinition):
                    due = datetime.fromisoformat(task.internal_data["event_value"])
                    found.timers.append(engine.Timer(token, shape, element, due))
                else:
                    found.messages.append(engine.Wait(token, element, definition.name))
        return found

    # a case that awaits payment

    def _read_verbs(self) -> dict[str, tuple[str, str, dict[str, str]]]:
        """element → operation, result variable, parameters as Python."""
        found = {}
        for file in self.files.values():
            for node in etree.fromstring(file).iter(f"{POLICY}operation"):
                given = {
                    p.get("name"): python(p.get("value")[1:])
                    if p.get("value").startswith("=")
                    else repr(p.get("value"))
                    for p in node.iter(f"{POLICY}parameter")
                }
                task = node.getparent().getparent().get("id")
                found[task] = (node.get("name"), node.get("result", ""), given)
        return found

    def _until_payment(self, premium: str) -> bytes:
        """Walk a case to `payment_wait` with the answers ours gets, calling nothing."""
        parser = Parser()
        for file in self.files.values():
            parser.add_bpmn_str(pythonised(file))
        case = BpmnWorkflow(parser.get_spec("order"), parser.get_subprocess_specs("order"))
        limits = {"underwriting": "PT24H", "issuing": "PT24H"}
        said = {"eligibility": {"accepted": True, "reason": ""}, "premium": premium, "limits": limits}
        lot = {"ended": False, "open": True, "state": "open", "bid_deadline": clock.now() + clock.days(1)}
        known = {"order": {"premium": float(premium), "state": "underwriting"}, "lot": lot, "now": clock.now}
        case.script_engine = PythonScriptEngine(TaskDataEnvironment(known))

        def act(task: Any, element: str) -> bool | None:
            if element == "place":
                return None
            if element in said:
                task.data[element] = said[element]
            if element == "br_judge":
                task.data["bidding"] = {"allowed": True, "reason": ""}
            return True

        case.act = act
        case.do_engine_steps()
        (place,) = [t for t in case.get_tasks(state=TaskState.STARTED) if t.task_spec.name == "place"]
        place.data["placed"] = {"accepted": True}
        place.complete()
        case.do_engine_steps()
        self._deliver(case, "underwriting", {"result": "PASS", "premium": premium})
        case.do_engine_steps()
        waiting = {wait.element.id for wait in self._waiting(case).messages}
        assert "paid" in waiting, waiting
        return self.serializer.serialize_json(case).encode()

    def take_over(self, no: str) -> None:
        """Put the library's state and token where ours stood; the order's other rows stay."""
        with transaction():
            case = self.serializer.deserialize_json(self.blank.decode())
            waiting = self._waiting(case)
            (timer,) = waiting.timers
            listens = projection.listening(waiting, "[]", clock.now())
            case_row = db.session.scalars(select(Instance).where(Instance.policy == "order", Instance.key == no)).one()
            case_row.state, case_row.listens = seal(self.blank, step.STATE), listens
            job = db.session.scalars(select(Job).where(Job.instance_id == case_row.id, Job.kind == "timer")).one()
            job.token, job.run_at = timer.token, timer.due_at


class _Fact(dict[str, Any]):
    """One subject's facts, read when an expression asks for them."""

    def __init__(self, facts: LazyFacts, name: str) -> None:
        super().__init__()
        self.facts, self.name = facts, name

    def __missing__(self, field: str) -> Any:
        return self.facts[self.name][field]


def _definitions(task: Any) -> list[Any]:
    definition = task.task_spec.event_definition
    return definition.event_definitions if isinstance(definition, MultipleEventDefinition) else [definition]
