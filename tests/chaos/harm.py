"""Kills parts of the product at random moments, some of them right after a commit, and empties Redis."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.stage import Stage
from tests.support.waiting import gone

WAYS = {  # way → how often in a hundred
    "worker": 16,
    "relay": 8,
    "web": 10,
    "web child": 10,
    "valkey": 10,
    "sandbox": 10,
    "commit worker": 16,
    "commit web": 12,
    "commit relay": 8,
}
GAP = 4.0  # seconds between two kills at least
FLUSHES = 0.35  # how often Redis is emptied as well


@dataclass
class Harm:
    """`kills` spread evenly over the work's `progress`, a share; each with `least` cases in flight, of which
    `flying` knows the last look's number and `flying_now` this moment's."""

    stage: Stage
    progress: Callable[[], float]
    flying: Callable[[], int]
    flying_now: Callable[[], int]
    kills: int
    least: int
    dice: random.Random
    ways: dict[str, int] = field(default_factory=lambda: dict(WAYS))
    done: Counter[str] = field(default_factory=Counter)
    in_flight: list[int] = field(default_factory=list)
    flushes: int = 0

    @property
    def total(self) -> int:
        return len(self.in_flight)

    async def run(self, over: asyncio.Event) -> None:
        plan = self.dice.sample(list(self.ways), min(len(self.ways), self.kills))
        plan += self.dice.choices(list(self.ways), list(self.ways.values()), k=self.kills - len(plan))
        for number, way in enumerate(plan):
            while not self._due(number):
                if over.is_set():
                    return
                await asyncio.sleep(0.05)
            if self.dice.random() < FLUSHES:
                await asyncio.to_thread(self.stage.flush)
                self.flushes += 1
            await self._strike(way)
            await asyncio.sleep(GAP * self.dice.uniform(0.6, 1.4))

    def _due(self, number: int) -> bool:
        return self.progress() >= (number + 1) / (self.kills + 2) and self.flying() >= self.least + 2

    async def _strike(self, way: str) -> None:
        kind, _, part = way.rpartition(" ") if way.startswith("commit ") else ("", "", way)
        if kind == "commit":
            struck = await self._after_commit(part)
        else:
            struck = await self._now(part)
        if struck is None:
            return
        self.in_flight.append(struck)
        self.done[way] += 1

    async def _now(self, part: str) -> int | None:
        """kill -9; how many cases were in flight, or None if there were too few after all."""
        name = f"worker-{self.dice.choice((1, 2))}" if part == "worker" else part.removesuffix(" child")
        flying = await asyncio.to_thread(self.flying_now)
        if flying < self.least:
            return None
        if part == "web child":
            return flying if self.stage.kill_child("web", self.dice.randrange(2)) else None
        before = self.stage.running.pids()[name]
        self.stage.kill(name, children=part == "web")
        await self._again(name, before)
        return flying

    async def _after_commit(self, part: str) -> int | None:
        """The next process of this part that commits dies before it can tell anybody."""
        warrant = self.stage.warrants / part
        warrant.touch()
        end = time.monotonic() + 20
        while warrant.exists():
            if time.monotonic() > end:
                warrant.unlink(missing_ok=True)
                return None
            await asyncio.sleep(0.01)
        flying = await asyncio.to_thread(self.flying_now)
        return flying if flying >= self.least else None

    async def _again(self, name: str, before: int) -> None:
        """Until the supervisor has started the part anew."""
        end = time.monotonic() + 40
        while time.monotonic() < end:
            now = self.stage.running.pids()[name]
            if now != before and not gone(now):
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{name} does not come back")
