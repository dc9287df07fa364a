"""The committer, the installation's first day, and that one test leaves nothing to the next."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, numbering, sealing
from app.audit import SYSTEM, AuditLine, record
from app.db import after_commit, db, remembered, savepoint, transaction
from app.statements import send

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_finds_the_database_as_on_the_first_day(app: Flask, turn: int) -> None:
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditLine)) == 0
        with transaction():
            record("DD1", f"turn {turn}", by=SYSTEM)
            sealing.seal_for_lot("LOT1", {"bidder": "甲"}, "trial")


def test_a_failed_transaction_leaves_no_row_and_calls_nobody(app_context: Flask) -> None:
    told: list[str] = []
    with pytest.raises(RuntimeError, match="halfway"), transaction():
        record("DD1", "halfway", by=SYSTEM)
        after_commit(lambda: told.append("committed"))
        raise RuntimeError("halfway")
    assert db.session.scalar(select(func.count()).select_from(AuditLine)) == 0
    assert told == []


def test_what_waits_for_the_commit_is_called_once_after_it(app_context: Flask) -> None:
    told: list[str] = []

    def tell() -> None:
        told.append("committed")

    with transaction():
        after_commit(tell)
        after_commit(tell)
        assert told == []
    assert told == ["committed"]


def test_what_a_savepoint_undoes_is_neither_written_nor_called(app_context: Flask) -> None:
    told: list[str] = []
    with transaction():
        record("DD1", "before", by=SYSTEM)
        after_commit(lambda: told.append("before"))
        with pytest.raises(RuntimeError, match="refused"), savepoint():
            record("DD1", "inside", by=SYSTEM)
            after_commit(lambda: told.append("inside"))
            with savepoint():
                record("DD1", "within", by=SYSTEM)
            send()
            record("DD1", "inside, again", by=SYSTEM)
            raise RuntimeError("refused")
        with savepoint():
            record("DD1", "kept", by=SYSTEM)
            after_commit(lambda: told.append("kept"))
        record("DD1", "after", by=SYSTEM)
    assert list(db.session.scalars(select(AuditLine.text).order_by(AuditLine.id))) == ["before", "kept", "after"]
    assert told == ["before", "kept"]


def test_what_was_looked_up_in_an_undone_savepoint_is_looked_up_again(app_context: Flask) -> None:
    with transaction():
        assert remembered("trial", "outer", lambda: "before") == "before"
        with pytest.raises(RuntimeError), savepoint():
            remembered("trial", "inner", lambda: "inside")
            raise RuntimeError
        assert remembered("trial", "outer", lambda: "again") == "before"
        assert remembered("trial", "inner", lambda: "afterwards") == "afterwards"


def test_a_lot_key_made_in_a_failed_transaction_seals_nothing_afterwards(app_context: Flask) -> None:
    with pytest.raises(RuntimeError, match="refused"), transaction():
        blob = sealing.seal_for_lot("LOT1", {"bidder": "甲"}, "trial")
        assert sealing.unseal_for_lot("LOT1", blob, "trial") == {"bidder": "甲"}
        raise RuntimeError("refused")
    with transaction():
        blob = sealing.seal_for_lot("LOT1", {"bidder": "乙"}, "trial")
    db.session.remove()
    sealing.init(app_context)  # another process
    assert sealing.unseal_for_lot("LOT1", blob, "trial") == {"bidder": "乙"}


def test_two_who_are_first_on_a_lot_seal_under_one_key(app: Flask) -> None:
    def seal(number: int) -> bytes:
        with app.app_context(), transaction():
            meet.wait()
            return sealing.seal_for_lot("LOT1", number, "trial")

    meet = Barrier(1 if app.config["DATABASE_URL"].startswith("sqlite") else 4)
    with ThreadPoolExecutor(4) as pool:
        blobs = list(pool.map(seal, range(4)))
    with app.app_context():
        assert [sealing.unseal_for_lot("LOT1", blob, "trial") for blob in blobs] == [0, 1, 2, 3]


def test_public_numbers_carry_the_date_and_do_not_count(app_context: Flask) -> None:
    with transaction():
        numbers = [numbering.next_number("DD") for _ in range(50)]
    assert len(set(numbers)) == 50
    assert all(number.startswith(f"DD{clock.today():%Y%m%d}") and len(number) == 18 for number in numbers)
    steps = {int(second[10:]) - int(first[10:]) for first, second in pairwise(numbers)}
    assert len(steps) > 40


def test_settings_of_a_test_reach_the_application(make_app: Callable[..., Flask]) -> None:
    assert make_app(IDLE_MINUTES=7).config["IDLE_MINUTES"] == 7
