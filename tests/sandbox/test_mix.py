"""Forty orders at institutions that misbehave at random and are killed: their books and what they told agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from app.protocol.calls import A2, A3, A4, A5
from app.protocol.client import Client, Unreachable
from app.sandbox.institution.behaviour import MIX
from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import Platform, until

ORDERS = 40


def again(ask: Callable[[], Any]) -> Any:
    """What a platform's outbox does: the same request until there is an answer."""

    def once() -> Any:
        try:
            return [ask()]
        except Unreachable:
            return None

    return until(once, "an answer")[0]


def play(platform: Platform, client: Client, body: dict[str, Any]) -> None:
    """One order up to its payment, or to its closing for every fourth."""
    number = body["order_no"]
    again(lambda: client.call(A2, body, request_id=f"A2-{number}"))
    verdict = until(
        lambda: again(lambda: client.call(A4, request_id=f"A4-{number}", order_no=number)).get("underwriting"),
        "verdict",
    )
    if verdict["result"] == "REJECT":
        return
    if number.endswith(("0", "4", "8")):
        again(lambda: client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{number}", order_no=number))
        return
    asked = {"return_url": platform.url, "expires_at": datetime.now(UTC) + timedelta(minutes=30)}
    again(lambda: client.call(A3, asked, request_id=f"A3-{number}", order_no=number))


def test_books_and_messages_agree_after_a_random_mix_and_kills(tmp_path: Path, order):
    platform = Platform()
    sandbox = Sandbox(tmp_path, "institution", platform)
    sandbox.start()
    try:
        kinds = [kind for kind in MIX if kind != "slow"]  # three seconds each: tried in test_misbehaviour
        mix = {"seed": 11, "share": 0.7, "kinds": kinds, "always": ["pays"]}
        sandbox.misbehave(institution="*", random=mix)
        client = platform.client("BANK01", patience=2)
        bodies = [order(order_no=f"MIX{n:05d}") for n in range(ORDERS)]
        with ThreadPoolExecutor(6) as players:
            playing = [players.submit(play, platform, client, body) for body in bodies]
            for share in (0.3, 0.6):
                until(lambda share=share: sum(p.done() for p in playing) >= share * ORDERS, "some orders are played")
                sandbox.kill()
                sandbox.start()
            for one in playing:
                one.result()
        books = until(lambda: settled(sandbox), "nothing is owed any more")
    finally:
        sandbox.stop()
        platform.stop()
    told = Counter((m.body["order_no"], m.call, key(m.body)) for m in platform.messages if "order_no" in m.body)
    for payment in books["payments"]:
        assert withheld(books, payment) or told[payment["order_no"], "B2", payment["pay_txn_no"]] >= 1
    per_order = Counter(guarantee["order_no"] for guarantee in books["guarantees"])
    assert set(per_order.values()) == {1}
    for guarantee in books["guarantees"]:
        assert withheld(books, guarantee) or told[guarantee["order_no"], "B3", guarantee["guarantee_no"]] >= 1
    known = {p["pay_txn_no"] for p in books["payments"]} | {g["guarantee_no"] for g in books["guarantees"]}
    assert {number for _, call, number in told if call in ("B2", "B3") and number} <= known
    ends = Counter((o["underwriting_status"], o["pay_status"], o["issue_status"]) for o in books["orders"])
    assert sum(ends.values()) == ORDERS
    assert len(ends) >= 4, ends


def settled(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]] | None:
    books = requests.get(f"{sandbox.url('institution')}/ledger", timeout=5).json()
    return None if any(chore["state"] == "due" for chore in books["chores"]) else books


def withheld(books: dict[str, list[dict[str, Any]]], row: dict[str, Any]) -> bool:
    return any(c["state"] == "withheld" and c["order_no"] == row["order_no"] for c in books["chores"])


def key(body: dict[str, Any]) -> str:
    return str(body.get("pay_txn_no") or body.get("guarantee_no") or "")


def test_guarantees_signed_beforehand_are_used_first(tmp_path: Path, order, order_no):
    platform = Platform()
    sandbox = Sandbox(tmp_path, "institution", platform, SANDBOX_PRESIGN="BANK01:1")
    sandbox.start()
    try:
        sandbox.misbehave(kinds=["pays"])
        client = platform.client("BANK01")
        files = []
        for number in (order_no, order_no + "-2"):
            client.call(A2, order(order_no=number), request_id=f"A2-{number}")
            platform.wait(number, "B1")
            asked = {"return_url": platform.url, "expires_at": datetime.now(UTC) + timedelta(minutes=30)}
            client.call(A3, asked, request_id=f"A3-{number}", order_no=number)
            files.append(platform.wait(number, "B3")[0].body["file"])
        assert files[0]["sm3"] != files[1]["sm3"]
        assert len(files[0]["content"]) < len(files[1]["content"])
    finally:
        sandbox.stop()
        platform.stop()
