"""What every verb of the institutions needs: the demo's keys, the books, the press, and how to post work."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from app.protocol.calls import CALLS
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import write
from app.protocol.signing import Key
from app.sandbox import clock, demo
from app.sandbox.demo import Demo
from app.sandbox.institution.behaviour import Manners
from app.sandbox.institution.ledger import Ledger, Row, insert
from app.sandbox.institution.paper import Press


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of the platform to institution `code`."""

    code: str
    env: str
    body: dict[str, Any]
    order_no: str = ""
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass
class Office:
    """All institutions of the sandbox; each verb names the one that acts."""

    demo: Demo
    ledger: Ledger
    press: Press
    address: str
    delay: float = field(default_factory=lambda: float(os.environ.get("SANDBOX_DELAY") or 1))
    manners: Manners = field(init=False)

    def __post_init__(self) -> None:
        self.manners = Manners(self.ledger)

    @property
    def posted(self) -> threading.Event:
        return self.ledger.posted

    def institution(self, code: str) -> dict[str, Any]:
        found = self.demo.institution(code)
        if found is None:
            raise Refusal(Code.UNKNOWN, f"没有机构{code}", known=False)
        return found

    def key_for(self, code: str, key_id: str, env: str) -> Key | None:
        """The key that a caller of institution `code` signs with."""
        institution, platform = self.institution(code), demo.key(self.demo["platform"]["sm2"])
        own = demo.key(institution["test_key" if env == "test" else "key"])
        return {own.id: own, platform.id: platform}.get(key_id)

    def own_sm2(self, code: str) -> Key:
        """The institution's own SM2 pair, for answers to and calls of the platform in that algorithm."""
        return demo.key(json.loads((self.demo.own / f"{code}.sm2.json").read_text()))

    def order(self, books: sqlite3.Connection, code: str, order_no: str) -> Row:
        row: Row | None = books.execute(
            "SELECT * FROM orders WHERE institution = ? AND order_no = ?", (code, order_no)
        ).fetchone()
        if row is None:
            raise Refusal(Code.UNKNOWN, f"没有订单{order_no}")
        return row

    def post(
        self,
        books: sqlite3.Connection,
        kind: str,
        order: Row | dict[str, Any],
        body: dict[str, Any],
        *,
        seconds: float = 0,
        after: int | None = None,
        state: str = "due",
        request_id: str = "",
    ) -> int:
        """A durable chore, done once the transaction is committed, `seconds` from now, not before chore `after`."""
        self.ledger.call()
        return insert(
            books,
            "chores",
            kind=kind,
            institution=order["institution"],
            order_no=order["order_no"],
            env=order["env"],
            body=json.dumps(body, ensure_ascii=False),
            request_id=request_id or uuid.uuid4().hex,
            due_at=clock.now().timestamp() + seconds,
            after=after,
            state=state,
        )

    def tell(
        self,
        books: sqlite3.Connection,
        order: Row | dict[str, Any],
        call: str,
        values: dict[str, Any],
        *,
        seconds: float = 0,
        after: int | None = None,
        part: str = "file",
    ) -> int:
        """Post callback `call` to the platform. `file` in `values` is the SM3 of one in the books, `claim` what
        is said instead of its SM3, `part` the message's name for it."""
        code, order_no = order["institution"], order["order_no"]
        values = dict(values)
        file, claim = values.pop("file", None), values.pop("claim", None)
        message = CALLS[call].body
        assert message is not None
        body = {"call": call, "values": write(message, values), "file": file, "claim": claim, "part": part}
        slow = self.manners.option(code, order_no, "slow", call)
        silent = self.manners.option(code, order_no, "silent", call)
        return self.post(
            books,
            "send",
            order,
            body,
            seconds=seconds + (slow["seconds"] if slow else 0),
            after=after,
            state="withheld" if silent else "due",
        )
