"""Waiting until nothing moves: nothing due, no message to give, nothing owed by institutions, nobody at the desk.

The acceptance test that patrols at night is traffic of its own and not waited for.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from tests.chaos.robot import Robot
from tests.chaos.stage import Stage

QUIET = 3  # looks in a row
EVERY = 0.7

_WORK = """
SELECT name FROM job WHERE state IN ('due', 'running', 'answered')
AND (kind <> 'timer' OR run_at <= clock_timestamp() + make_interval(secs => %s) + interval '2 seconds')
AND run_at <= clock_timestamp() + make_interval(secs => %s) + interval '40 minutes'
AND name <> 'acceptance/patrol' AND NOT (name IN ('orders/lot_deadline', 'applications/opening')
  AND run_at > clock_timestamp() + make_interval(secs => %s))
"""
_MESSAGES = """
SELECT count(*) FROM inbox m JOIN instance i ON i.policy = m.policy AND i.key = m.key
CROSS JOIN jsonb_array_elements(i.listens::jsonb) AS heard
WHERE m.delivered_at IS NULL AND heard->>1 = m.name AND heard->>2 IN ('', m.correlation)
"""
_CHORES = "SELECT count(*) FROM chores WHERE state = 'due' AND env <> 'test'"


@dataclass
class Calm:
    stage: Stage
    robot: Robot

    async def come(self, offset: float, seconds: float) -> str:
        """What still moves after `seconds`; "" if nothing does."""
        end, quiet, moving = time.monotonic() + seconds, 0, "nothing looked at"
        while quiet < QUIET:
            if time.monotonic() > end:
                return moving
            await asyncio.sleep(EVERY)
            moving = await asyncio.to_thread(self._moving, offset)
            quiet = 0 if moving else quiet + 1
        return ""

    def _moving(self, offset: float) -> str:
        found = {
            "messages": self.stage.rows(_MESSAGES)[0][0],
            "chores": self.stage.books(_CHORES)[0][0],
            "at the desk": self.robot.open(),
        }
        found |= Counter(f"job {name}" for (name,) in self.stage.rows(_WORK, offset, offset, offset))
        return ", ".join(f"{count} {what}" for what, count in found.items() if count)
