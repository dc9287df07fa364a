"""A daily round: one errand a Shanghai day, whatever number of relays runs, and one after a night without any."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask

from app import clock, create_app
from app.db import db, transaction
from app.errors import Misconfigured
from app.jobs import relay, rounds
from app.jobs.models import Job
from app.worker import carry_one
from tests.support.installation import Installation

pytestmark = pytest.mark.both_databases
NAME = "trial/round"


@pytest.fixture
def at() -> Iterator[Callable[[str], None]]:
    """at("2026-12-01 02:29") sets every clock to that Shanghai time."""
    before = clock.offset()

    def set_to(text: str) -> None:
        moment = datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
        clock.shift(moment - datetime.now(UTC) + timedelta(milliseconds=1))

    yield set_to
    clock.shift(before)


@pytest.fixture
def house(app: Flask) -> Flask:
    rounds.daily(app, NAME, at=time(2, 30))
    return app


def sweep(app: Flask) -> None:
    with app.app_context():
        relay.sweep()
        db.session.remove()


def posted(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Job.key).where(Job.name == NAME).order_by(Job.id)))


def test_a_round_is_posted_once_a_day_from_its_next_hour_on(house: Flask, at: Callable[[str], None]) -> None:
    for moment in ("12-01 12:00", "12-01 23:59", "12-02 02:29", "12-02 02:30", "12-02 02:31", "12-02 23:59"):
        at(f"2026-{moment}")
        sweep(house)
        assert posted(house) == ([f"{NAME}:2026-12-02"] if moment >= "12-02 02:30" else [])
    at("2026-12-03 02:30")
    sweep(house)
    assert posted(house) == [f"{NAME}:2026-12-02", f"{NAME}:2026-12-03"]


def test_after_nights_without_a_relay_it_is_posted_once(house: Flask, at: Callable[[str], None]) -> None:
    at("2026-12-01 12:00")
    sweep(house)
    at("2026-12-05 01:00")
    for _ in range(3):
        sweep(house)
    assert posted(house) == [f"{NAME}:2026-12-04"]
    at("2026-12-05 02:30")
    sweep(house)
    assert posted(house) == [f"{NAME}:2026-12-04", f"{NAME}:2026-12-05"]


def test_several_relays_post_it_once(house: Flask, installation: Installation, at: Callable[[str], None]) -> None:
    at("2026-12-01 12:00")
    relays = [house]
    for _ in range(3):
        another = create_app(**installation.settings(installation.url))
        rounds.daily(another, NAME, at=time(2, 30))
        relays.append(another)
    sweep(house)
    for day in ("02", "03"):
        at(f"2026-12-{day} 02:30")
        start = threading.Barrier(len(relays))

        def run(app: Flask, start: threading.Barrier = start) -> None:
            start.wait()
            for _ in range(3):
                sweep(app)

        threads = [threading.Thread(target=run, args=(app,)) for app in relays]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert posted(house) == [f"{NAME}:2026-12-02", f"{NAME}:2026-12-03"]


def test_a_sweep_that_fails_leaves_the_day_to_the_next(house: Flask, at: Callable[[str], None]) -> None:
    at("2026-12-01 12:00")
    sweep(house)
    at("2026-12-02 02:30")
    with house.app_context(), pytest.raises(ZeroDivisionError), transaction():
        rounds.post_due(clock.now())
        raise ZeroDivisionError
    assert posted(house) == []
    sweep(house)
    assert posted(house) == [f"{NAME}:2026-12-02"]


def test_its_handler_gets_the_day(house: Flask, at: Callable[[str], None]) -> None:
    told: list[tuple[object, str]] = []
    house.extensions["handlers"][NAME] = lambda payload, key: told.append((payload, key))
    at("2026-12-01 12:00")
    sweep(house)
    at("2026-12-02 02:30")
    sweep(house)
    with house.app_context():
        (job,) = db.session.scalars(db.select(Job.id).where(Job.name == NAME))
        carry_one(job)
    assert told == [({"date": "2026-12-02"}, f"{NAME}:2026-12-02")]


def test_two_rounds_of_one_name_are_a_mistake(house: Flask) -> None:
    with pytest.raises(Misconfigured):
        rounds.daily(house, NAME, at=time(4))
