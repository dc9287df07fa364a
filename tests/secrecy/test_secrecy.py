"""Before a lot is opened, whoever takes the database, the files, Redis and the logs, and has not the master key, finds
no bidder, no amount that would tell the lot, and nothing that says which orders are of one lot, or whether it has any.

What moments tell is left: an event of a lot moves its orders within seconds.
"""

import io
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from app import logs
from tests.invoices.counting import PAPER
from tests.orders.scene import Scene
from tests.secrecy.life import ACCOUNT, ADDRESS, AMOUNTS, BIDDERS, COURIER, LOTS, TAX_INVOICE, UNWANTED, Life, lived
from tests.secrecy.traces import Traces, taken

pytestmark = pytest.mark.both_databases

PUBLIC = ("lot", "database file")  # lots, and the file they stand in
Taken = tuple[Life, Traces]
_kept: dict[str, Taken] = {}


@pytest.fixture
def seized(request: pytest.FixtureRequest, installation: Any) -> Taken:
    """What was lived and what it left; once on each kind of database."""
    if installation.kind not in _kept:
        stage: Scene = request.getfixturevalue("stage")
        with _logging() as log:
            life = lived(stage)
            _kept[installation.kind] = life, taken(stage.app, log.getvalue())
    return _kept[installation.kind]


@contextmanager
def _logging() -> Iterator[io.StringIO]:
    """What production's log says."""
    root = logging.getLogger()
    before = root.handlers[:]
    logs.configure(readable=False)
    (handler,) = [one for one in root.handlers if one not in before]
    log = io.StringIO()
    handler.setStream(log)
    root.handlers[:] = [*before, handler]
    try:
        yield log
    finally:
        logs.configure(readable=True)
        root.handlers[:] = before


def test_the_life_left_its_traces(seized: Taken) -> None:
    """What is searched below is not empty: every order is there, in every state, and the log and Redis are full."""
    life, traces = seized
    states = {row["state"] for row in traces.tables["bid_order"]}
    assert states == {"issued", "issuing", "rejected", "underwriting", "closed", "repaid"}
    assert {row["key"] for row in traces.tables["instance"]} >= life.numbers
    for place in ("redis", "log", "file names", "file contents"):
        assert len(traces.heaps[place]) > 500, place
    for name in (
        "account",
        "inbox",
        "history",
        "incident",
        "notice",
        "sms_sent",
        "order_draft",
        "payment",
        "guarantee",
    ):
        assert traces.tables[name], name


def test_nobody_who_bids_can_be_read(seized: Taken) -> None:
    _life, traces = seized
    for who in BIDDERS:
        said = (who["name"], who["name"][:4], who["uscc"], who["sub"], *who["handler"].values())
        assert traces.holding(said) == []


def test_nothing_that_stands_on_an_invoice_can_be_read(seized: Taken) -> None:
    """A tax invoice's number names its buyer to anybody who looks it up."""
    _life, traces = seized
    assert traces.tables["invoice"]
    assert traces.holding((TAX_INVOICE, COURIER, ACCOUNT, ADDRESS, PAPER["bank"], PAPER["address"])) == []


def test_no_amount_that_would_tell_the_lot_can_be_read(seized: Taken) -> None:
    _life, traces = seized
    assert traces.holding(AMOUNTS, but=PUBLIC) == []


def test_what_was_said_can_not_be_guessed_and_found_confirmed(seized: Taken) -> None:
    """A payment's message is guessed from what stands in the open and the few amounts a lot's bond leaves."""
    life, traces = seized
    assert len(life.digests) > 30
    assert traces.holding(life.digests) == []


def test_a_lot_that_is_wanted_looks_like_one_that_nobody_wants(seized: Taken) -> None:
    _life, traces = seized
    assert len(traces.mentioning(UNWANTED)) > 3
    for lot in LOTS:
        assert traces.mentioning(lot) == traces.mentioning(UNWANTED), lot


def test_nothing_but_moments_is_common_to_the_orders_of_a_lot(seized: Taken) -> None:
    """No value stands at two orders of one lot and at no order of another."""
    life, traces = seized
    lot_of = {no: lot for lot, numbers in life.orders.items() for no in numbers}
    orders_of = defaultdict[tuple[str, str, Any], set[str]](set)
    for name, row in _of_orders(traces):
        for column, value in row.items():
            if not _moment(value):
                orders_of[name, column, _value(value)].add(row["@order"])
    linked = [
        (*place, orders)
        for place, orders in orders_of.items()
        if len(orders) > 1 and len({lot_of.get(no) for no in orders}) == 1
    ]
    assert linked == []


def _of_orders(traces: Traces) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that belong to an order, with its number under `@order`."""
    key_of = {row["id"]: row["key"] for row in traces.tables["instance"] if row["policy"] == "order"}
    for name, row in traces.rows():
        text = " ".join(str(value) for value in row.values() if not isinstance(value, bytes | memoryview))
        found = set(re.findall(r"DD\d{16}", text)) | {key_of.get(row.get("instance_id"))} - {None}
        for no in found:
            yield name, {**row, "@order": no} if name != "instance" else {**row, "@order": row["key"]}


def _moment(value: Any) -> bool:
    return isinstance(value, datetime) or (
        isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[ T]\d\d:", value) is not None
    )


def _value(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value if value.__hash__ else str(value)
