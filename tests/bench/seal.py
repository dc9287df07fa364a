"""What hiding one guarantee costs, and reading it again: the processor's part, without the database."""

from typing import Any

from app import clock
from app.db import db, transaction
from app.guarantees import secrets
from app.sealing import unseal_for_lot
from tests.bench.place import AMOUNT, furnish, places
from tests.bench.timing import say, turns

LOT = "BENCH-1"
TIMES = 5000


def run(scale: float = 1.0) -> dict[str, Any]:
    times = max(100, int(TIMES * scale))
    with places("sqlite") as installations:
        app = installations["sqlite"].fresh()
        furnish(app, installations["sqlite"].folder / "demo")
        with app.app_context():
            took = _turns(times)
    say(f"seal: {took['seal'] * 1e3:.1f} µs to seal a guarantee's content, {took['unseal'] * 1e3:.1f} µs to unseal it")
    return {"seal_us": round(took["seal"] * 1e3, 1), "unseal_us": round(took["unseal"] * 1e3, 1)}


def _turns(times: int) -> dict[str, float]:
    now = clock.now().isoformat()
    content = secrets.Content(
        LOT, "bidder-1", "湖南湘建工程有限公司", "91430100MA4L1AB123", AMOUNT, AMOUNT, 30_000, now, now, "430100"
    )
    with transaction():
        blob = secrets.sealed(content)
    took = turns(
        {
            "seal": (secrets.sealed, [content] * times),
            "unseal": (lambda one: unseal_for_lot(LOT, one, secrets.SCOPE), [blob] * times),
        }
    )
    db.session.rollback()
    return took
