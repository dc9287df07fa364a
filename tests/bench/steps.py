"""What one command on one order costs through the runtime's verbs, with all its rows written.

The payment step is also run as SpiffWorkflow runs it by itself (tests/bench/twin.py), the two taking turns.
"""

from typing import Any

from sqlalchemy import update

from app import clock
from app.db import db, transaction
from app.jobs.models import Job
from app.runtime import carrying, commands, inbox
from tests.bench.place import BIDDER, Drive, furnish, places
from tests.bench.timing import counted, say, turns
from tests.bench.twin import Twin

KINDS = ("sqlite", "postgresql")
DEARER = "9999.00"


def run(scale: float = 1.0) -> dict[str, Any]:
    times = max(6, int(60 * scale))
    figures: dict[str, Any] = {}
    with places(*KINDS) as installations:
        for kind, installation in installations.items():
            app = installation.fresh()
            furnish(app, installation.folder / "demo")
            with app.app_context():
                figures[kind] = _one(kind, times)
    return figures if scale >= 1 else {**figures, "scale": scale}


def _one(kind: str, times: int) -> dict[str, Any]:
    drive = Drive()
    twin = Twin(f"{drive.offer.premium / 100:.2f}")
    warm = max(2, times // 6)
    for _ in range(warm):
        drive.start()
    orders = [drive.awaiting() for _ in range(2 * times + warm)]
    mine, theirs, late = orders[:times], orders[times : 2 * times], orders[2 * times :]
    late += [drive.awaiting() for _ in range(times - len(late))]
    ours = [drive.payment(no) for no in mine]
    for no in theirs:
        twin.take_over(no)
    stock = [drive.payment(no) for no in theirs]
    due = [drive.timer(no, "payment_timeout") for no in late]
    with transaction():
        db.session.execute(update(Job).where(Job.id.in_(due)).values(run_at=clock.now()))
    consents = [drive.start() for _ in range(times)]
    for no in consents:
        inbox.deliver(drive.underwritten(no, DEARER))
    tasks = [drive.task(no) for no in consents]

    with counted() as found:
        inbox.deliver(ours[0])
    with counted() as found_stock:
        twin.pay(stock[0])
    inbox.deliver(ours[1])
    twin.pay(stock[1])
    took = turns(
        {
            "message": (inbox.deliver, ours[2:]),
            "stock": (twin.pay, stock[2:]),
            "start": (lambda _: drive.start(), list(range(times))),
            "complete": (_consent, tasks),
            "timer": (carrying.fire, due),
        }
    )
    say(
        f"steps {kind}: {', '.join(f'{name} {ms:.2f} ms' for name, ms in took.items())}; payment step "
        f"{found.sql} statements, {found.commits} commit(s); stock {found_stock.sql}, {found_stock.commits}"
    )
    return {
        "start_ms": round(took["start"], 2),
        "complete_ms": round(took["complete"], 2),
        "message_ms": round(took["message"], 2),
        "timer_ms": round(took["timer"], 2),
        "sql_per_step": found.sql,
        "commits_per_step": found.commits,
        "ratio_to_stock": round(took["stock"] / took["message"], 2),
        "stock_ms": round(took["stock"], 2),
    }


def _consent(task: int) -> None:
    with transaction():
        commands.complete(task, {"agree": "yes"}, by=BIDDER)
