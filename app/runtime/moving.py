"""Tokens taken up and one set down elsewhere by an operator: 退回, skip, repair."""

from collections.abc import Sequence

from SpiffWorkflow.util.task import TaskState

from app.runtime.elements import JOINS, SCOPES, Diagram, Element, Finding
from app.runtime.faults import NotWaiting, Refused
from app.runtime.gateways import Join
from app.runtime.shapes import Boundary, SubProcess
from app.runtime.tokens import LIVE, Inner, Running, Token

Place = Running | Inner


def cancel(running: Running) -> None:
    """End the case where it stands."""
    for level in running.levels():
        for token in level.living():
            token._set_state(TaskState.CANCELLED)
    running.subprocesses.clear()
    running.completed = True


def move(running: Running, diagram: Diagram, tokens: Sequence[str], to: str) -> None:
    """Cancel `tokens` and set one down at `to`; Refused where a join would then wait for ever, or go on twice.

    Out of a sub-process its remaining tokens stay; without any left it closes without going on. Into one, it is
    opened as if its flow had been taken, boundary events armed; an open one is used, if there is just one.
    """
    found = [_found(running, name) for name in dict.fromkeys(tokens)]
    if not found:
        raise NotWaiting("")
    element = diagram.elements.get(to)
    if element is None:
        raise _refused(to, to, "没有这个图形")
    if reason := _no_landing(diagram, element):
        raise _refused(element.id, element.label, reason)
    around = [level for token in found for level in _around(token.level)]
    for token in found:
        _withdraw(token)
    level, down = _route(running, diagram, [level for level in around if _is_open(level)], element)
    kept = {id(one) for one in _around(level)}
    for shape in down:
        level = level.spec.entry(shape.id).opened(level.task_tree._add_child(level.spec.entry(shape.id)))
    token = level.task_tree._add_child(level.spec.entry(to))
    running.turn.record("moved", element, tokens=list(tokens), to=to)
    for one in _around(level):
        _forget_stale(one, token.element if one is level else _door(level, one).element)
    _close_empty(around, kept)
    for one in running.levels():
        _mend_joins(one, token, element)
    _close_empty(around, kept)
    token.task_spec._update(token)


def _found(running: Running, name: str) -> Token:
    """A living token. A sub-process is moved by the tokens inside it."""
    token = running.find(name)
    if token is None or not token._state & LIVE or isinstance(token.task_spec, SubProcess):
        raise NotWaiting(name)
    return token


def _withdraw(token: Token) -> None:
    """Cancel a token; if it stands in a scope, the scope."""
    anchor = token.level.tasks[token._parent]
    for one in anchor.children if anchor.task_spec.anchors else [token]:
        if one._state & LIVE:
            one.cancel()


def _no_landing(diagram: Diagram, element: Element) -> str | None:
    if element.kind == "boundaryEvent":
        return "边界事件随所附图形开启，不能移到这里"
    if element.kind in JOINS and len(element.incoming) > 1:
        return "汇合网关要等待每条来路，不能直接移到这里：请移到网关之前或之后"
    if any(diagram.elements[diagram.flows[f].source].kind == "eventBasedGateway" for f in element.incoming):
        return "此事件由事件网关等待：请移到事件网关"
    if element.kind == "startEvent" and element.event is not None:
        return "消息开始事件只在新建时触发，不能移到这里"
    return None


def _route(running: Running, diagram: Diagram, around: list[Place], element: Element) -> tuple[Place, list[Element]]:
    """The open level to begin at, and the sub-processes to open on the way down from it."""
    down: list[Element] = []
    process = element.process
    while True:
        open_ones = [level for level in around if level.spec.name == process][:1]
        open_ones = open_ones or [level for level in running.levels() if level.spec.name == process]
        if len(open_ones) == 1:
            return open_ones[0], down
        openers = [e for e in diagram.elements.values() if process in (e.id, e.called) and e.kind in SCOPES]
        if len(open_ones) > 1 or len(openers) != 1:
            raise _refused(element.id, element.label, "它所在的流程有不止一处可进入，无法确定移到哪一处")
        down.insert(0, openers[0])
        process = openers[0].process


def _around(level: Place) -> list[Place]:
    """The level and those that enclose it, inside out."""
    found = [level]
    while isinstance(level, Inner):
        level = level.owner.level
        found.append(level)
    return found


def _is_open(level: Place) -> bool:
    return not isinstance(level, Inner) or level.top_workflow.subprocesses.get(level.parent_task_id) is level


def _door(level: Place, outer: Place) -> Token:
    """The token in `outer` behind which `level` lies."""
    owner = level.owner
    while owner is not None and owner.level is not outer:
        owner = owner.level.owner
    assert owner is not None
    return owner


def _close_empty(levels: list[Place], kept: set[int]) -> None:
    """Close sub-processes that moving has emptied, and those around them that this empties in turn."""
    for level in levels:
        while isinstance(level, Inner) and _is_open(level) and id(level) not in kept and not level.living():
            owner = level.owner
            _withdraw(owner)
            level = owner.level


def _forget_stale(level: Place, element: Element) -> None:
    """A token that waits at a join by a way which the moved one will come by again is from the run being redone."""
    for token in level.living():
        join = token.task_spec
        if isinstance(join, Join) and token.internal_data.get("by") in join.ways.get(element.id, ()):
            token.cancel()


def _mend_joins(level: Place, moved: Token, to: Element) -> None:
    """Cancel what waits at joins nobody else will reach; refuse if somebody will, but never all, or one twice."""
    coming = [t for t in level.living() if not isinstance(t.task_spec, Boundary) and not _at_join(t)]
    here = moved if moved.level is level else next((t for t in coming if _holds(t, moved)), None)
    for join in level.spec.joins:
        ways = {token.id: join.ways.get(token.element.id, frozenset()) for token in coming}
        waiting = join.first_by_flow(level)
        if not any(ways.values()):
            for token in waiting.values() if not join.patient else ():
                token.cancel()
            continue
        label = join.element.label
        missing = set(join.element.incoming) - set(waiting) - frozenset().union(*ways.values())
        if missing and not join.patient:
            raise _refused(
                to.id, to.label, f"移动之后，汇合网关“{label}”永远等不齐来路：请把其他分支一并移走，或移到分支之前"
            )
        twice = [t for t in coming if here is not None and t is not here and ways[t.id] & ways[here.id]]
        if twice:
            other = twice[0].element.label
            raise _refused(to.id, to.label, f"“{other}”仍在进行，移动之后会重复到达“{label}”：请把它一并移走")


def _at_join(token: Token) -> bool:
    return isinstance(token.task_spec, Join) and token._state == TaskState.WAITING


def _holds(token: Token, moved: Token) -> bool:
    """Whether `moved` stands somewhere inside what `token` has opened."""
    owner = moved.level.owner
    while owner is not None:
        if owner is token:
            return True
        owner = owner.level.owner
    return False


def _refused(identifier: str, name: str, reason: str) -> Refused:
    return Refused([Finding(identifier, name, "move", reason)])
