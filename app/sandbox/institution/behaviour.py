"""How an institution misbehaves: per order, per institution or for all ("*"), and how often.

A rule is {"kinds": {kind: options} or [kind, …]} or {"random": {"seed", "share", "kinds"}}, or {} for good manners.
Options `calls` name messages (A2, B3 …), `seconds` how long, `times` how often per message or order (absent: always).
"""

from __future__ import annotations

import json
import random
import sqlite3
from typing import Any

from app.sandbox.institution.ledger import Ledger

_APPLIED = ["A7", "A8", "A9", "A10", "A11"]
_DECIDED = ["B5", "B6", "B7", "B8", "B9"]
_A = ["A1", "A2", "A3", "A4", "A5", "A6", *_APPLIED, "A15"]
_B = ["B1", "B2", "B3", "B4", *_DECIDED, "B11"]
KINDS: dict[str, dict[str, Any]] = {
    "silent": {"calls": ["B1"]},  # a B is never sent; an A hangs `seconds` and brings no answer, undone
    "slow": {"calls": _A, "seconds": 3},  # an A is done at once and answered late; a B is sent late
    "duplicate": {"calls": _B},  # sent again, with the same request id and with another
    "late": {"seconds": 2, "agree": True},  # money comes after the order was closed
    "wrong_amount": {"fen": -100},  # the bidder pays that much more or less
    "reject": {"code": "R001", "reason": "投标人信用评分未达到承保要求"},
    "bad_signature": {"calls": _B, "times": 2},
    "bad_pdf": {"how": "tampered", "again": 5},  # tampered|appended|unsigned|foreign|truncated|hash; then a good one
    "reorder": {"seconds": 1},  # B3 before B2
    "repeated": {"seconds": 1},  # the order is paid a second time
    "refuse_issue": {"code": "R009", "reason": "出函前复核未通过"},
    "never_issue": {},
    "reprice": {"factor": 1.2},  # B1 asks another premium
    "by_url": {},  # B3 gives the file's address instead of its content
    "lies": {"how": "missing"},  # A13 of the institution: missing|extra|amount, about its first payment of the day
    "decides": {"agrees": 0.7},  # on applications, by B5–B9, beside its reviewer; which share it agrees to
    "pays": {"seconds": 0},  # no bidder needed: paid as soon as there is a payment link
}
PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    **{kind: {kind: {}} for kind in KINDS},
    "silent_answer": {"silent": {"calls": ["A2", "A3", "A5", *_APPLIED, "A15"], "times": 1, "seconds": 1}},
    "silent_payment": {"silent": {"calls": ["B2"]}},
    "silent_issuance": {"silent": {"calls": ["B3"]}},
    "silent_repayment": {"silent": {"calls": ["B11"]}},
    "silent_decision": {"silent": {"calls": _DECIDED}},
    "bad_answer": {"bad_signature": {"calls": ["A2", "A3", "A5", *_APPLIED], "times": 1}},
}
MIX = [name for name in PRESETS if name not in ("lies", "pays", "decides", "by_url", "reprice", "silent")]


class BadRule(ValueError):
    """The rule names a kind there is not."""


class Manners:
    """The rules in force; looked up for each message, so a change works at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def set(self, institution: str, order_no: str, rule: dict[str, Any]) -> None:
        _check(rule)
        with self._ledger.write() as books:
            books.execute(
                "INSERT OR REPLACE INTO behaviours (institution, order_no, rule) VALUES (?, ?, ?)",
                (institution, order_no, json.dumps(rule)),
            )

    def clear(self) -> None:
        with self._ledger.write() as books:
            books.execute("DELETE FROM behaviours")
            books.execute("DELETE FROM uses")

    def all(self) -> list[dict[str, Any]]:
        rows = self._ledger.rows("SELECT institution, order_no, rule FROM behaviours ORDER BY 1, 2")
        return [{**dict(row), "rule": json.loads(row["rule"])} for row in rows]

    def option(self, institution: str, order_no: str, kind: str, call: str = "") -> dict[str, Any] | None:
        """The options of `kind` for this order (and this message), or None if it behaves."""
        row = self._ledger.row(
            "SELECT rule FROM behaviours WHERE (institution, order_no) IN ((?, ?), (?, ''), ('*', ''))"
            " ORDER BY order_no = '', institution = '*' LIMIT 1",
            institution, order_no, institution,
        )  # fmt: skip
        if row is None:
            return None
        options = kinds(json.loads(row["rule"]), order_no).get(kind)
        if options is None:
            return None
        options = {"kind": kind, **KINDS[kind], **options}  # never empty, so that it is true
        return None if call and call not in options.get("calls", (call,)) else options

    def use(
        self, books: sqlite3.Connection, institution: str, subject: str, kind: str, options: dict[str, Any]
    ) -> bool:
        """Count one use for `subject`; False if its `times` are used up."""
        row = books.execute(
            "INSERT INTO uses (institution, subject, kind, times) VALUES (?, ?, ?, 1)"
            " ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (institution, subject, kind),
        ).fetchone()
        return bool(options.get("times") is None or row["times"] <= options["times"])


def kinds(rule: dict[str, Any], order_no: str) -> dict[str, dict[str, Any]]:
    if "random" in rule:
        mix = rule["random"]
        dice = random.Random(f"{mix.get('seed', 0)}:{order_no}")  # noqa: S311
        always = _named(mix.get("always", []))
        if dice.random() >= mix.get("share", 0.5):
            return always
        return {**always, **PRESETS[dice.choice(mix.get("kinds") or MIX)]}
    return _named(rule.get("kinds", {}))


def _named(kinds: Any) -> dict[str, dict[str, Any]]:
    if isinstance(kinds, dict):
        return kinds
    return {kind: options for name in kinds for kind, options in PRESETS[name].items()}


def _check(rule: dict[str, Any]) -> None:
    kinds = rule.get("kinds", {})
    unknown = set(kinds) - set(KINDS if isinstance(kinds, dict) else PRESETS)
    mix = rule.get("random", {})
    unknown |= (set(mix.get("kinds", ())) | set(mix.get("always", ()))) - set(PRESETS)
    unknown |= {f"random.{name}" for name in set(mix) - {"seed", "share", "kinds", "always"}}
    unknown |= set(rule) - {"kinds", "random"}
    if unknown:
        raise BadRule(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(PRESETS)}")
