"""Looks at the rows of orders and applications a few times a second, so that nobody else has to ask."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from app import clock
from app.orders.models import END
from tests.chaos.stage import Stage

EVERY = 0.25
STANDING = timedelta(seconds=60)  # an order that nothing has moved for so long is not in flight: it waits for a clock

_LOOK = """
SELECT o.no, o.state, i.updated_at FROM bid_order o
LEFT JOIN instance i ON i.policy = 'order' AND i.key = o.no
"""
_APPLIED = "SELECT count(*) FROM application WHERE open_key IS NOT NULL"
_TASKS = "SELECT id, key, form, role FROM user_task"


@dataclass
class Watch:
    stage: Stage
    states: dict[str, str] = field(default_factory=dict)
    moved: dict[str, datetime] = field(default_factory=dict)
    tasks: list[tuple[Any, ...]] = field(default_factory=list)
    applied: int = 0  # applications being dealt with at the last look
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._work())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, no: str, true: Callable[[str], bool], seconds: float) -> bool:
        """Whether the order's state became so in time."""
        end = time.monotonic() + seconds
        while not true(self.states.get(no, "")):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(EVERY)
        return True

    def in_flight(self) -> int:
        """Orders on their way at the last look."""
        return sum(self._flying(state, self.moved.get(no)) for no, state in self.states.items())

    def count_now(self) -> int:
        """Orders on their way at this very moment."""
        return sum(self._flying(state, moved) for _, state, moved in self.stage.rows(_LOOK))

    def applied_now(self) -> int:
        """Applications being dealt with at this very moment."""
        return int(self.stage.rows(_APPLIED)[0][0])

    async def _work(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.stage.url, autocommit=True) as connection:
            while True:
                found = await (await connection.execute(_LOOK)).fetchall()
                self.states = {no: state for no, state, _ in found}
                self.moved = {no: moved for no, _, moved in found}
                (self.applied,) = await (await connection.execute(_APPLIED)).fetchone() or (0,)
                self.tasks = await (await connection.execute(_TASKS)).fetchall()
                await asyncio.sleep(EVERY)

    @staticmethod
    def _flying(state: str, moved: datetime | None) -> bool:
        return state not in END and moved is not None and clock.now() - moved < STANDING
