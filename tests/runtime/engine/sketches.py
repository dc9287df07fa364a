"""Drawings nobody drew: block-structured processes from hypothesis."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.runtime.engine.bpmn import boundary, catch, end, gateway, process, receive, service, start, sub, user


@dataclass
class Sketch:
    """Shapes and flows being drawn; `next` is shared by nested sub-processes, so that ids are unique."""

    draw: st.DrawFn
    joins_in_loops: bool
    next: list[int] = field(default_factory=lambda: [0])
    shapes: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def id(self, letter: str) -> str:
        self.next[0] += 1
        return f"{letter}{self.next[0]}"

    def flow(self, source: str, target: str, condition: str = "") -> None:
        self.flows.append(f"{source} > {target}" + (f" [{condition}]" if condition else ""))

    def shape(self, text: str, id: str) -> tuple[str, str]:
        self.shapes.append(text)
        return id, id

    def block(self, depth: int, looped: bool = False) -> tuple[str, str]:
        """Draw something with one way in and one way out."""
        if not depth:
            kinds = ["user", "service", "timer", "message", "receive"]
        elif self.joins_in_loops or not looped:
            kinds = ["row", "parallel", "inclusive", "choice", "first", "loop", "sub", "guarded", "reminded"]
        else:
            kinds = ["row", "choice", "first", "loop", "sub", "guarded", "reminded"]
        return getattr(self, "_" + self.draw(st.sampled_from(kinds)))(depth, looped)

    def _user(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("u")
        return self.shape(user(id), id)

    def _service(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("s")
        return self.shape(service(id, "x/y", result=f"r_{id}"), id)

    def _timer(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("t")
        return self.shape(catch(id, duration="P1D"), id)

    def _message(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("m")
        return self.shape(catch(id, message=id), id)

    def _receive(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("m")
        return self.shape(receive(id, id), id)

    def _row(self, depth: int, looped: bool) -> tuple[str, str]:
        first, last = self.block(depth - 1, looped)
        second, out = self.block(depth - 1, looped)
        self.flow(last, second)
        return first, out

    def _choice(self, depth: int, looped: bool) -> tuple[str, str]:
        split, merge = self.id("g"), self.id("g")
        ways = [self.block(depth - 1, looped) for _ in range(self.draw(st.integers(1, 2)))]
        self.shape(gateway(split, default=f"{split}-{ways[0][0]}"), split)
        self.shape(gateway(merge), merge)
        for i, (first, last) in enumerate(ways):
            self.flow(split, first, f"x > {self.draw(st.integers(0, 9))}" if i else "")
            self.flow(last, merge)
        self.flow(split, merge, f"x > {self.draw(st.integers(0, 9))}")
        return split, merge

    def _parallel(self, depth: int, looped: bool) -> tuple[str, str]:
        split, join = self.id("p"), self.id("p")
        self.shape(gateway(split, "parallel"), split)
        self.shape(gateway(join, "parallel"), join)
        for _ in range(self.draw(st.integers(2, 3))):
            first, last = self.block(depth - 1, looped)
            self.flow(split, first)
            self.flow(last, join)
        return split, join

    def _inclusive(self, depth: int, looped: bool) -> tuple[str, str]:
        split, join = self.id("i"), self.id("i")
        ways = [self.block(depth - 1, looped) for _ in range(3)]
        self.shape(gateway(split, "inclusive", default=f"{split}-{ways[0][0]}"), split)
        self.shape(gateway(join, "inclusive"), join)
        for i, (first, last) in enumerate(ways):
            self.flow(split, first, f"x > {self.draw(st.integers(0, 9))}" if i else "")
            self.flow(last, join)
        return split, join

    def _first(self, depth: int, looped: bool) -> tuple[str, str]:
        split, merge, message, timer = self.id("e"), self.id("g"), self.id("m"), self.id("t")
        self.shape(gateway(split, "eventBased"), split)
        self.shape(gateway(merge), merge)
        self.shape(catch(message, message=message), message)
        self.shape(catch(timer, duration="PT30M"), timer)
        first, last = self.block(depth - 1, looped)
        self.flow(split, message)
        self.flow(split, timer)
        self.flow(message, first)
        self.flow(last, merge)
        self.flow(timer, merge)
        return split, merge

    def _loop(self, depth: int, looped: bool) -> tuple[str, str]:
        head, tail = self.id("g"), self.id("g")
        task, _ = self._user(depth, True)
        first, last = self.block(depth - 1, True)
        self.shape(gateway(head), head)
        self.shape(gateway(tail, default=f"{tail}-{(out := self._user(depth, looped)[0])}"), tail)
        self.flow(head, task)
        self.flow(task, first)
        self.flow(last, tail)
        self.flow(tail, head, f"x > {self.draw(st.integers(0, 9))}")
        self.flow(tail, out)
        return head, out

    def _sub(self, depth: int, looped: bool) -> tuple[str, str]:
        id = self.id("b")
        inside = Sketch(self.draw, self.joins_in_loops, self.next)
        return self.shape(sub(id, *inside.whole(depth - 1, looped), flows=";".join(inside.flows)), id)

    def _guarded(self, depth: int, looped: bool) -> tuple[str, str]:
        """An activity with an interrupting timer that leads on to the same place."""
        host = self._sub(depth, looped)[0] if self.draw(st.booleans()) else self._user(depth, looped)[0]
        timer, merge = self.id("t"), self.id("g")
        self.shape(boundary(timer, host, duration="P2D"), timer)
        self.shape(gateway(merge), merge)
        self.flow(host, merge)
        self.flow(timer, merge)
        return host, merge

    def _reminded(self, depth: int, looped: bool) -> tuple[str, str]:
        """A task with a timer that only reminds, on a branch of its own."""
        host, timer, note, done = self._user(depth, looped)[0], self.id("t"), self.id("s"), self.id("z")
        self.shape(boundary(timer, host, interrupting=False, duration="P1D"), timer)
        self.shape(service(note, "x/y"), note)
        self.shape(end(done), done)
        self.flow(timer, note)
        self.flow(note, done)
        return host, host

    def whole(self, depth: int, looped: bool = False) -> list[str]:
        """A start, a block, an end: all shapes of a level."""
        begin, finish = self.id("a"), self.id("z")
        self.shape(start(begin), begin)
        self.shape(end(finish), finish)
        last = begin
        for _ in range(self.draw(st.integers(1, 2))):
            first, out = self.block(depth, looped)
            self.flow(last, first)
            last = out
        self.flow(last, finish)
        return self.shapes


@st.composite
def sketches(draw: st.DrawFn, *, joins_in_loops: bool) -> bytes:
    sketch = Sketch(draw, joins_in_loops)
    shapes = sketch.whole(draw(st.integers(1, 2)))
    return process(*shapes, flows=";".join(sketch.flows))
