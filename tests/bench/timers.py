"""Timers that wait and timers that storm: the sweep with none due, and ten thousand due at once."""

import time
from typing import Any

from sqlalchemy import func, select, text

from app import clock, runtime
from app.audit import SYSTEM
from app.db import db, transaction
from app.jobs import queue, relay
from app.jobs.models import DONE, Job
from app.runtime.models import UserTask
from app.statements import send
from tests.bench import crowd, drawings
from tests.bench.place import places
from tests.bench.running import Parts
from tests.bench.timing import each, say
from tests.support.installation import Installation
from tests.support.waiting import until

KINDS = ("sqlite", "postgresql")
WAITING, STORM, WORKERS = 100_000, 10_000, 2


def run(scale: float = 1.0) -> dict[str, Any]:
    """The sweep's figure is the slower database's; the storm is PostgreSQL's."""
    waiting, storm = max(200, int(WAITING * scale)), max(60, int(STORM * scale))
    idle: dict[str, float] = {}
    with places(*KINDS) as installations:
        for kind, installation in installations.items():
            idle[kind] = _idle(kind, installation, waiting, max(5, int(50 * scale)))
        figures = _storm(installations["postgresql"], storm)
    figures = {
        "idle_sweep_100k_ms": max(idle.values()),
        **figures,
        **{f"idle_sweep_{kind}_ms": took for kind, took in idle.items()},
    }
    return figures if scale >= 1 else {**figures, "waiting": waiting, "stormed": storm}


def _idle(kind: str, installation: Installation, waiting: int, times: int) -> float:
    app = installation.fresh()
    with app.app_context():
        drawings.publish("nap", drawings.napping())
        _nap("idle", waiting)
        assert relay.sweep() == 0
        took = sorted(each(lambda _: relay.sweep(), range(times)))
    say(f"timers {kind}: a sweep of {waiting} waiting timers {took[len(took) // 2]:.2f} ms, worst {took[-1]:.2f} ms")
    return round(took[len(took) // 2], 2)


def _storm(installation: Installation, storm: int) -> dict[str, Any]:
    """From the moment all are due to the last one's commit; relay and workers already stand idle."""
    app = installation.fresh()
    with app.app_context():
        drawings.publish("nap", drawings.napping())
        _nap("storm", storm)
        with Parts(installation) as parts:
            parts.start("relay", "app.jobs.relay")
            for number in range(1, WORKERS + 1):
                parts.start(f"worker-{number}", "app.worker")
            _warm()
            parts.mark()
            with transaction():
                db.session.execute(
                    text("UPDATE job SET run_at = :now WHERE kind = 'timer' AND state = 'due'"), {"now": clock.now()}
                )
            started = time.monotonic()
            queue.nudge()
            until(lambda: _left() == 0, 600, what=f"the storm is over\n{parts.said()}")
            seconds = time.monotonic() - started
            cpu = parts.cpu_ms(storm)
        fired = db.session.scalar(select(func.count(UserTask.id)).where(UserTask.policy == "nap"))
    assert fired == storm + 2, fired
    say(f"timers: {storm} due timers in {seconds:.1f} s; CPU ms each: {cpu}")
    return {"storm_10k_per_s": round(storm / seconds), "storm_cpu_ms_per_timer": cpu}


def _nap(key: str, count: int) -> None:
    """`count` cases that wait a day."""
    with transaction():
        runtime.start("nap", key=key, data={}, by=SYSTEM)
    crowd.copies("nap", key, count - 1)
    crowd.analyze()


def _warm() -> None:
    """Two naps carried before the clock starts, so that processes have loaded what they need."""
    for number in range(2):
        _fire_now(f"warm-{number}")


def _fire_now(key: str) -> None:
    with transaction():
        instance = runtime.start("nap", key=key, data={}, by=SYSTEM)
        send()
        db.session.execute(
            text("UPDATE job SET run_at = :now WHERE instance_id = :id"), {"now": clock.now(), "id": instance}
        )
    until(lambda: _open(instance) == 0, 60, what="a worker fires a timer")


def _open(instance: int) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Job.id)).where(Job.instance_id == instance, Job.state != DONE)) or 0


def _left() -> int:
    db.session.rollback()
    found = db.session.scalar(
        select(Job.id).where(Job.state.in_(("due", "running", "answered")), Job.run_at <= clock.now()).limit(1)
    )
    time.sleep(0.05)
    return 0 if found is None else 1
