"""Does the chores: durable, in the order's own order, again after kill -9, with growing pauses while nobody answers."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.protocol.calls import CALLS
from app.protocol.client import Client, Garbled, Refused, Unreachable
from app.protocol.codes import Code
from app.protocol.messages.message import read
from app.protocol.signing import new_secret, new_sm2_key
from app.sandbox import clock, demo
from app.sandbox.institution import applications, issuing, money, orders
from app.sandbox.institution.ledger import Row
from app.sandbox.institution.office import Office

log = logging.getLogger("sandbox.institution")
_PAUSES = (0.5, 1, 2, 4, 8, 15, 30)
_OUR_FAULT = (Code.SIGNATURE, Code.TIMESTAMP, Code.REPLAY, Code.UNKNOWN_APP, Code.KEY_EXPIRED)


class Outbox:
    """A few threads over the chores that are due."""

    def __init__(self, office: Office, *, threads: int = 4, sm2: frozenset[str] = frozenset()) -> None:
        self._office, self._sm2 = office, sm2
        self._clients: dict[tuple[str, str, bool], Client] = {}
        self._doing: set[int] = set()
        self._claiming = threading.Lock()
        self._stopped = threading.Event()
        self._handlers: dict[str, Callable[[Office, Row], None]] = {
            "underwrite": orders.underwrite,
            "pay": money.take_unasked,
            "repay": money.repay,
            "issue": issuing.issue,
            "unseal": issuing.unseal,
            "decide": applications.decide,
        }
        self._threads = [threading.Thread(target=self._work, name=f"chores-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being done, start nothing more."""
        self._stopped.set()
        self._office.posted.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _work(self) -> None:
        while not self._stopped.is_set():
            now = clock.now().timestamp()
            chore = self._claim(now)
            if chore is None:
                self._office.posted.wait(self._pause(now))
                self._office.posted.clear()
                continue
            try:
                self._do(chore)
            except Exception:
                log.exception("chore %s of %s", chore["kind"], chore["order_no"])
                self._later(chore, "error")
            finally:
                with self._claiming:
                    self._doing.discard(chore["id"])

    def _claim(self, now: float) -> Row | None:
        with self._claiming:
            due = self._office.ledger.rows(
                "SELECT * FROM chores c WHERE state = 'due' AND due_at <= ? AND (after IS NULL OR NOT EXISTS"
                " (SELECT 1 FROM chores p WHERE p.id = c.after AND p.state = 'due')) ORDER BY due_at LIMIT ?",
                now,
                len(self._threads) + 1,
            )
            for chore in due:
                if chore["id"] not in self._doing:
                    self._doing.add(chore["id"])
                    return chore
        return None

    def _pause(self, now: float) -> float:
        """Seconds until the first chore that was not yet due at `now`, at most a half."""
        row = self._office.ledger.row("SELECT min(due_at) AS at FROM chores WHERE state = 'due' AND due_at > ?", now)
        return 0.5 if row is None or row["at"] is None else min(0.5, max(0.001, row["at"] - clock.now().timestamp()))

    def _do(self, chore: Row) -> None:
        if chore["kind"] == "send":
            self._send(chore)
            return
        self._handlers[chore["kind"]](self._office, chore)
        with self._office.ledger.write() as books:
            books.execute("UPDATE chores SET state = 'done' WHERE id = ?", (chore["id"],))
        self._office.posted.set()

    def _send(self, chore: Row) -> None:
        body = json.loads(chore["body"])
        call = CALLS[body["call"]]
        assert call.body is not None
        code, order_no, manners = chore["institution"], chore["order_no"], self._office.manners
        values = {**body["values"], **self._file(chore, body)}
        forged = False
        bad = manners.option(code, order_no, "bad_signature", call.id)
        if bad:
            with self._office.ledger.write() as books:
                forged = manners.use(books, code, f"{order_no}:{call.id}", "bad_signature", bad)
        client = self._client(code, chore["env"], forged)
        try:
            client.call(call, read(call.body, values), request_id=chore["request_id"], env=chore["env"])
        except Refused as refused:
            if refused.code in _OUR_FAULT:
                self._later(chore, str(refused))
            else:
                self._settle(chore, "refused", str(refused))
        except (Unreachable, Garbled) as failure:
            self._later(chore, str(failure))
        else:
            self._settle(chore, "done", "")

    def _file(self, chore: Row, body: dict[str, Any]) -> dict[str, Any]:
        """The file's part of the message, by content or by address."""
        if not body["file"]:
            return {}
        row = self._office.ledger.row("SELECT * FROM files WHERE sm3 = ?", body["file"])
        assert row is not None
        said = {
            "name": "保函.pdf",
            "format": "PDF",
            "sm3": body["claim"] or row["sm3"],
            "sha256": body["claim"] or row["sha256"],
        }
        if self._office.manners.option(chore["institution"], chore["order_no"], "by_url"):
            return {body["part"]: {**said, "url": f"{self._office.address}/files/{row['sm3']}.pdf"}}
        return {body["part"]: {**said, "base64": b64encode(row["content"]).decode()}}

    def _client(self, code: str, env: str, forged: bool) -> Client:
        with self._claiming:
            client = self._clients.get((code, env, forged))
            if client is None:
                client = self._clients[code, env, forged] = self._new_client(code, env, forged)
        return client

    def _new_client(self, code: str, env: str, forged: bool) -> Client:
        institution, platform = self._office.institution(code), self._office.demo["platform"]
        key = demo.key(institution["test_key" if env == "test" else "key"])
        believed = [key, demo.key(platform["sm2"])]
        if code in self._sm2 and env != "test":
            key = self._office.own_sm2(code)
        if forged:
            key = new_sm2_key(key.id) if key.public else replace(key, secret=new_secret())
        return Client(platform["base_url"], institution["app_id"], key, believed, clock=clock.now)

    def _settle(self, chore: Row, state: str, outcome: str) -> None:
        with self._office.ledger.write() as books:
            books.execute(
                "UPDATE chores SET state = ?, outcome = ?, attempts = attempts + 1 WHERE id = ?",
                (state, outcome[:500], chore["id"]),
            )
            self._repeat(books, chore)
        self._office.posted.set()

    def _repeat(self, books: sqlite3.Connection, chore: Row) -> None:
        """An institution told to duplicate sends each message again, once as the same request, once as another."""
        call, order_no = json.loads(chore["body"])["call"], chore["order_no"]
        duplicate = self._office.manners.option(chore["institution"], order_no, "duplicate", call)
        if not duplicate:
            return
        if self._office.manners.use(books, chore["institution"], f"{order_no}:{call}", "duplicate", {"times": 1}):
            for request_id in (chore["request_id"], ""):
                self._office.post(books, "send", chore, json.loads(chore["body"]), seconds=0.2, request_id=request_id)

    def _later(self, chore: Row, outcome: str) -> None:
        pause = _PAUSES[min(chore["attempts"], len(_PAUSES) - 1)]
        with self._office.ledger.write() as books:
            books.execute(
                "UPDATE chores SET attempts = attempts + 1, due_at = ?, outcome = ? WHERE id = ?",
                (clock.now().timestamp() + pause, outcome[:500], chore["id"]),
            )
