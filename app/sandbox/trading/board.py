"""The trading platform's lots in SQLite, and the C1 and C2 it owes the platform, sent in each lot's own order."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.protocol.calls import CALLS
from app.protocol.client import CallFailed, Client, Refused
from app.protocol.messages.lots import Lot
from app.protocol.messages.message import read, write
from app.sandbox import clock
from app.sandbox.trading import lots

log = logging.getLogger("sandbox.trading")
_TABLES = """
CREATE TABLE IF NOT EXISTS lots (lot_id TEXT PRIMARY KEY, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS owed (
    id INTEGER PRIMARY KEY, lot_id TEXT NOT NULL, call TEXT NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, phone TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL);
"""
EVENTS = {
    "CHANGED": "延期三天",
    "SUSPENDED": "暂停",
    "RESUMED": "恢复",
    "TERMINATED": "终止",
    "FAILED": "流标",
    "OPENED": "开标",
}
_REASONS = {
    "CHANGED": "招标文件澄清，投标截止及开标时间顺延三天",
    "SUSPENDED": "收到异议，暂停招标活动",
    "TERMINATED": "项目规划调整，终止招标",
    "FAILED": "投标人不足三家，本次招标失败",
}


class Board:
    """One writer at a time; `send_owed` runs in a thread of its own."""

    def __init__(self, file: Path, client: Client) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_TABLES)
        self._lock = threading.RLock()
        self._client = client
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Put up a fresh set of lots if hardly any is still open, then send."""
        known = self.lots()
        soon = clock.now() + timedelta(days=1)
        if sum(not lot["state"] and lot["bid_deadline"] > soon for lot in known) < 10:
            ids = {lot["lot_id"] for lot in known}
            for lot_id, body, opened in lots.batch(clock.now()):
                if lot_id in ids:
                    continue
                self.put(lot_id, body)
                if opened:
                    self.happen(lot_id, "OPENED")
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        self._thread.join(timeout=15)

    def lots(self) -> list[dict[str, Any]]:
        """By deadline; each with its id, state and how many messages about it are still owed."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT lot_id, body, state,"
                " (SELECT count(*) FROM owed WHERE owed.lot_id = lots.lot_id AND NOT done) AS owed,"
                " (SELECT outcome FROM owed WHERE owed.lot_id = lots.lot_id ORDER BY id DESC LIMIT 1) AS outcome"
                " FROM lots"
            ).fetchall()
        found = [
            {**read(Lot, json.loads(row["body"])), **{k: row[k] for k in ("lot_id", "state", "owed", "outcome")}}
            for row in rows
        ]
        return sorted(found, key=lambda lot: lot["bid_deadline"])

    def knows(self, lot_id: str) -> bool:
        with self._lock:
            found = self._connection.execute("SELECT 1 FROM lots WHERE lot_id = ?", (lot_id,)).fetchone()
        return found is not None

    def put(self, lot_id: str, body: dict[str, Any]) -> None:
        """A lot or its new version, and the C1 that tells it."""
        wire = json.dumps(write(Lot, body), ensure_ascii=False)
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT INTO lots (lot_id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                (lot_id, wire),
            )
            self._owe(lot_id, "C1", json.loads(wire))

    def happen(self, lot_id: str, event: str) -> None:
        """An event: told by C2, after a C1 where the lot itself changed by it."""
        with self._lock:
            row = self._connection.execute("SELECT body FROM lots WHERE lot_id = ?", (lot_id,)).fetchone()
            body = read(Lot, json.loads(row["body"]))
            changed = _changed(body, event, clock.now())
            if changed is not None:
                body = changed
                self.put(lot_id, body)
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                if event != "CHANGED":
                    state = "" if event == "RESUMED" else event
                    self._connection.execute("UPDATE lots SET state = ? WHERE lot_id = ?", (state, lot_id))
                told = {
                    "event_id": uuid.uuid4().hex,
                    "event": event,
                    "at": clock.now(),
                    "version": body["version"],
                    "reason": _REASONS.get(event),
                }
                message = CALLS["C2"].body
                assert message is not None
                self._owe(lot_id, "C2", write(message, told))

    def receive(self, phone: str, text: str, key: str | None) -> None:
        """A text message; the same key is the same message."""
        with self._lock:
            self._connection.execute(
                "INSERT OR IGNORE INTO texts (key, phone, text, at) VALUES (?, ?, ?, ?)",
                (key, phone, text, clock.now().isoformat()),
            )

    def texts(self, phone: str = "", most: int = 200) -> list[dict[str, Any]]:
        """Newest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM texts WHERE ? IN ('', phone) ORDER BY id DESC LIMIT ?", (phone, most)
            ).fetchall()
        return [{**dict(row), "at": datetime.fromisoformat(row["at"])} for row in rows]

    def _owe(self, lot_id: str, call: str, body: dict[str, Any]) -> None:
        self._connection.execute(
            "INSERT INTO owed (lot_id, call, body, request_id) VALUES (?, ?, ?, ?)",
            (lot_id, call, json.dumps(body, ensure_ascii=False), uuid.uuid4().hex),
        )
        self._wake.set()

    def _work(self) -> None:
        pause = 0.5
        while not self._stopped.is_set():
            self._wake.clear()
            with self._lock:
                rows = self._connection.execute("SELECT * FROM owed WHERE NOT done ORDER BY id").fetchall()
            stuck: set[str] = set()
            for row in rows:
                if self._stopped.is_set():
                    return
                if row["lot_id"] not in stuck and not self._send(row):
                    stuck.add(row["lot_id"])
                    if len(stuck) > 3:
                        break
            pause = min(pause * 2, 10) if stuck else 0.5
            if stuck:
                self._stopped.wait(pause)
            else:
                self._wake.wait(30)

    def _send(self, row: sqlite3.Row) -> bool:
        """Whether it is settled: taken, or refused for good."""
        call = CALLS[row["call"]]
        assert call.body is not None
        try:
            body = read(call.body, json.loads(row["body"]))
            self._client.call(call, body, request_id=row["request_id"], lot_id=row["lot_id"])
        except Refused as refused:
            self._settle(row, str(refused), done=True)
            return True
        except CallFailed as failure:
            self._settle(row, str(failure), done=False)
            return False
        self._settle(row, f"{time.strftime('%H:%M:%S')} 已送达", done=True)
        return True

    def _settle(self, row: sqlite3.Row, outcome: str, *, done: bool) -> None:
        with self._lock:
            self._connection.execute(
                "UPDATE owed SET outcome = ?, done = ? WHERE id = ?", (outcome[:300], done, row["id"])
            )


def _changed(body: dict[str, Any], event: str, now: datetime) -> dict[str, Any] | None:
    """The lot's next version if the event moves its dates: postponed, or opened before its time."""
    if event == "CHANGED":
        moved = {name: body[name] + timedelta(days=3) for name in ("bid_deadline", "opening_at")}
    elif event == "OPENED" and body["opening_at"] > now:
        moment = now.replace(microsecond=0)
        moved = {"bid_deadline": min(body["bid_deadline"], moment), "opening_at": moment}
    else:
        return None
    return {**body, **moved, "version": body["version"] + 1}
