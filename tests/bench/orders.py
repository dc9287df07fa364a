"""Orders from the HTTP submit to 成功出函 over HTTP, and cases started to their first wait.

The whole product runs as `make run` starts it, on PostgreSQL: gunicorn, relay, RQ workers, valkey and the sandbox,
all on this machine's cores beside the driver. The institution's PDFs are signed beforehand; verifying them counts.
"""

import json
import multiprocessing
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from app import create_app
from app.db import db, transaction
from app.sandbox import demo
from app.sandbox.institution import issuing
from app.sandbox.institution.ledger import Ledger
from app.sandbox.institution.office import Office
from app.sandbox.institution.paper import Press
from tests.bench import bidders
from tests.bench.place import Drive, furnish, lot, places
from tests.bench.timing import cpu_ms, say
from tests.support.installation import FOR_TESTS
from tests.support.postgres import Postgres
from tests.support.product import Product

ORDERS, AT_ONCE, WARM = 400, 90, 20
INSTITUTION = "BANK01"
WEB_WORKERS = WORKERS = STARTERS = 2
STARTED_FOR = 15.0  # seconds


def run(scale: float = 1.0) -> dict[str, Any]:
    count = max(6, int(ORDERS * scale))
    figures = {**_end_to_end(count), "started_per_s": _started(max(1.0, STARTED_FOR * scale))}
    return figures if scale >= 1 else {**figures, "orders": count}


def _end_to_end(count: int) -> dict[str, Any]:
    postgres = Postgres(durable=True).start()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        product = Product(
            Path(folder),
            DATABASE_URL=postgres.make("orders"),
            SHARED_LOCAL_FILES="yes",
            WEB_WORKERS=str(WEB_WORKERS),
            WORKERS=str(WORKERS),
            SANDBOX_DELAY="0",
        )
        _presign(Path(folder), count + min(WARM, count))
        try:
            product.start()
            return _submit_all(product, postgres, count)
        finally:
            product.stop()
            postgres.stop()


def _submit_all(product: Product, postgres: Postgres, count: int) -> dict[str, Any]:
    app = bidders.application(
        product.folder, DATABASE_URL=product.environment["DATABASE_URL"], SHARED_LOCAL_FILES="yes"
    )
    assert bidders.institution(app) == INSTITUTION
    _pays(product)
    warm = min(WARM, count)
    ready = bidders.prepare(app, warm + count)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    host, port = "127.0.0.1", int(product.environment["WEB_PORT"])
    bidders.Crowd(host, port, ready[:warm], AT_ONCE).run()
    watched = {**product.pids(), "postgresql": postgres.process.pid}
    before, driver = {name: cpu_ms(pid) for name, pid in watched.items() if pid}, time.process_time()
    crowd = bidders.Crowd(host, port, ready[warm:], AT_ONCE)
    seconds = crowd.run()
    cpu = {name: round((cpu_ms(watched[name] or 0) - used) / count, 1) for name, used in before.items()}
    cpu["driver"] = round((time.process_time() - driver) * 1e3 / count, 1)
    waits = sorted(order.seconds for order in crowd.done)
    asked = sum(order.asked for order in crowd.done) / count
    say(
        f"orders: {count} in {seconds:.1f} s ({count / seconds:.1f}/s), {AT_ONCE} at once, each {median(waits):.1f} s "
        f"(slowest {waits[-1]:.1f} s), page asked {asked:.1f} times"
    )
    say(f"orders: CPU ms an order: {cpu}, in all {sum(cpu.values()):.0f} of {1000 * (os.cpu_count() or 1)} a second")
    return {
        "per_s": round(count / seconds, 1),
        "cpu_ms_per_order": cpu,
        "web_workers": WEB_WORKERS,
        "rq_workers": WORKERS,
        "median_s": round(median(waits), 1),
        "at_once": min(AT_ONCE, count),
        "from": "the wizard's last POST",
    }


def _presign(folder: Path, count: int) -> None:
    """Guarantees printed and signed before the product starts, into the books it will find."""
    config = demo.create(folder)
    press = Press(config.own, f"{config['platform']['base_url']}/verify")
    office = Office(config, Ledger(config.own / "institution.sqlite"), press, config.address("institution"))
    issuing.presign(office, INSTITUTION, count)


def _pays(product: Product) -> None:
    """Whoever opens the payment page has paid."""
    port = product.environment["SANDBOX_INSTITUTION_PORT"]
    body = json.dumps({"institution": "*", "kinds": {"pays": {"seconds": 0}}}).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/misbehave", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.status == 200


def _started(seconds: float) -> float:
    """Orders started to their first wait by two processes through the runtime, on PostgreSQL."""
    with places("postgresql") as installations:
        installation = installations["postgresql"]
        app = installation.fresh()
        furnish(app, installation.folder / "demo")
        with app.app_context():
            with transaction():
                for number in range(STARTERS):
                    lot(f"START-{number}")
            db.session.remove()
            db.engine.dispose()
        context = multiprocessing.get_context("spawn")
        gate, counts = context.Barrier(STARTERS), context.Queue()
        settings = {**FOR_TESTS, **installation.settings(installation.url)}
        running = [
            context.Process(target=_starter, args=(number, settings, seconds, gate, counts))
            for number in range(STARTERS)
        ]
        for one in running:
            one.start()
        found = [counts.get(timeout=seconds + 120) for _ in running]
        for one in running:
            one.join(30)
    rate = sum(count / took for count, took, _ in found)
    cpu = sum(used for _, _, used in found) * 1e3 / sum(count for count, _, _ in found)
    say(f"orders: {rate:.0f} started a second by {STARTERS} processes, {cpu:.1f} ms of their CPU each")
    return round(rate)


def _starter(number: int, settings: dict[str, Any], seconds: float, gate: Any, counts: Any) -> None:
    """One process: starts orders on a lot of its own for a while; says how many, how long, how much CPU."""
    app = create_app(**settings)
    with app.app_context():
        drive = Drive(f"START-{number}")
        for _ in range(3):
            drive.start()
        gate.wait(60)
        used, begun, count = time.process_time(), time.monotonic(), 0
        while time.monotonic() < begun + seconds:
            drive.start()
            count += 1
        counts.put((count, time.monotonic() - begun, time.process_time() - used))
        db.session.remove()
