"""Signed callbacks through the real door: gunicorn as `make run` starts it, PostgreSQL, the whole payment step.

A callback is B2 for an order that awaits payment: verified, kept, answered for, and given to its case before the
institution is answered. Requests are signed beforehand, and their answers verified afterwards: the clock runs from the
first byte sent to the last one read. Senders wait for their answers; there are as many as web workers.
"""

import http.client
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.db import db
from app.ledger import LedgerEntry
from app.orders.models import Order, OrderState, Payment
from app.processes import Process
from app.protocol import signing
from app.protocol.calls import B2
from app.protocol.messages.message import write
from app.protocol.signing import Key
from app.sandbox import demo
from app.sandbox.demo import Demo
from app.settings import ROOT
from tests.bench.place import Drive, furnish, places
from tests.bench.timing import say
from tests.support.ports import free_ports
from tests.support.waiting import until

CALLBACKS, SM2, WARM, TOGETHER = 600, 120, 40, 200
WEB_WORKERS = SENDERS = 2
UNLIMITED = dict.fromkeys(("GATEWAY_PER_ADDRESS", "GATEWAY_SM2_PER_ADDRESS", "GATEWAY_PER_CALLER"), "100000")


@dataclass
class Letter:
    """One signed request, and what came back."""

    order_no: str
    raw: bytes
    stamp: signing.Stamp
    headers: dict[str, str]
    ms: float = 0.0
    status: int = 0
    answer: bytes = b""
    answered: Any = None


def run(scale: float = 1.0) -> dict[str, Any]:
    callbacks, sm2 = max(8, int(CALLBACKS * scale)), max(4, int(SM2 * scale))
    with places("postgresql") as installations:
        installation = installations["postgresql"]
        app = installation.fresh()
        furnish(app, installation.folder / "demo")
        config = demo.load(installation.folder / "demo")
        warm = min(WARM, callbacks)
        with app.app_context():
            drive = Drive()
            orders = [drive.awaiting() for _ in range(warm + callbacks + sm2 + 1)]
            premium = f"{drive.offer.premium / 100:.2f}"
            institution = drive.product.institution.code
            db.session.remove()
            db.engine.dispose()
        port = free_ports(1)[0]
        environment = {**os.environ, **installation.environment(), **UNLIMITED, "WEB_PORT": str(port)}
        environment |= {"WEB_WORKERS": str(WEB_WORKERS), "WEB_THREADS": "8"}
        command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "config/gunicorn.py"), "wsgi:app"]
        log = installation.folder / "web.log"
        web = Process("web", command, environment=environment, log=log, folder=ROOT, patience=30).start()
        try:
            until(lambda: _alive(port), 60, what=f"the web server\n{log}")
            return _measure(app, port, config, institution, orders, premium, (warm, callbacks, sm2), scale)
        finally:
            web.stop()


def _measure(
    app: Flask,
    port: int,
    config: Demo,
    institution: str,
    orders: list[str],
    premium: str,
    counts: tuple[int, int, int],
    scale: float,
) -> dict[str, Any]:
    entry = config.institution(institution)
    assert entry is not None
    shared = demo.key(entry["key"])
    own = demo.key(json.loads((config.own / f"{institution}.sm2.json").read_text()))
    platform = demo.key(config["platform"]["sm2"])
    warm, callbacks, sm2 = counts
    app_id, parts = entry["app_id"], iter(orders)

    def letters(count: int, key: Key) -> list[Letter]:
        return [_letter(app_id, key, next(parts), premium) for _ in range(count)]

    _send(port, letters(warm, shared), SENDERS)
    timed = letters(callbacks, shared)
    _send(port, timed, SENDERS)
    _believe(timed, [shared])
    national = letters(sm2, own)
    _send(port, national, SENDERS)
    _believe(national, [platform])
    waits = sorted(one.ms for one in timed)
    figures: dict[str, Any] = {
        "callback_p50_ms": round(median(waits), 1),
        "callback_p95_ms": round(waits[int(len(waits) * 0.95)], 1),
        "sm2_callback_p50_ms": round(median(one.ms for one in national), 1),
        "senders": SENDERS,
        "web_workers": WEB_WORKERS,
    }
    no, together = next(parts), TOGETHER if scale >= 1 else max(20, int(TOGETHER * scale))
    one_payment = [_letter(app_id, shared, no, premium) for _ in range(together)]
    began = time.perf_counter()
    _send(port, one_payment, together)
    seconds = time.perf_counter() - began
    _believe(one_payment, [shared])
    effects = _effects(app, no)
    assert effects == {"payments": 1, "bookings": 2, "issuing": 1}, effects
    slowest = max(one.ms for one in one_payment)
    say(f"gateway: {figures}")
    say(f"gateway: {together} of one payment at once in {seconds:.2f} s (slowest {slowest:.0f} ms): one effect")
    figures["at_once"] = {"callbacks": together, "effects": effects["payments"], "seconds": round(seconds, 2)}
    return figures if scale >= 1 else {**figures, "callbacks": callbacks}


def _letter(app_id: str, key: Key, no: str, premium: str) -> Letter:
    body = {"order_no": no, "pay_txn_no": f"P{no}", "channel": "企业网银", "status": "SUCCESS"}
    told = {**body, "amount": int(premium.replace(".", "")), "paid_at": clock.now().replace(microsecond=0)}
    assert B2.body is not None
    raw = json.dumps(write(B2.body, told), ensure_ascii=False).encode()
    stamp = signing.stamp(app_id, key, secrets.token_hex(12), clock.now())
    headers = signing.sign_request(key, stamp, B2.method, B2.path, "", raw)
    return Letter(no, raw, stamp, {**headers, "Content-Type": "application/json"})


def _send(port: int, letters: list[Letter], senders: int) -> None:
    """Each sender on a connection of its own, one letter after the other."""
    gate = threading.Barrier(senders)

    def work(mine: Iterable[Letter]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        gate.wait(60)
        for letter in mine:
            started = time.perf_counter()
            connection.request(B2.method, B2.path, letter.raw, letter.headers)
            response = connection.getresponse()
            letter.answer = response.read()
            letter.ms = (time.perf_counter() - started) * 1e3
            letter.status, letter.answered = response.status, response.headers
        connection.close()

    threads = [threading.Thread(target=work, args=(letters[number::senders],)) for number in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _believe(letters: list[Letter], keys: list[Key]) -> None:
    ring = {key.id: key for key in keys}
    for one in letters:
        assert (one.status, json.loads(one.answer)["code"]) == (200, 0), one.answer
        signing.verify_answer(
            asked=one.stamp, status=one.status, headers=one.answered, body=one.answer,
            keys=lambda _app, key_id, _env: ring.get(key_id), now=clock.now(),
        )  # fmt: skip


def _effects(app: Flask, no: str) -> dict[str, int]:
    """What the order has of it all."""
    with app.app_context():
        counted = {
            "payments": select(func.count()).select_from(Payment).where(Payment.order_no == no),
            "bookings": select(func.count()).select_from(LedgerEntry).where(LedgerEntry.order_no == no),
            "issuing": select(func.count()).select_from(Order).where(Order.no == no, Order.state == OrderState.ISSUING),
        }
        found = {name: int(db.session.scalar(query) or 0) for name, query in counted.items()}
        db.session.remove()
        db.engine.dispose()
        return found


def _alive(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
