"""kill -9 at any moment: what was answered is kept, what was owed is still sent, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.protocol.calls import A4
from app.protocol.client import Unreachable
from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import Platform, until
from tests.sandbox.test_institution import link, pay, place


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a platform of its own, for tests that kill it."""
    platform = Platform()
    sandbox = Sandbox(Path(tmp_path_factory.mktemp("mortal")), "institution", platform)
    sandbox.start()
    yield sandbox
    sandbox.stop()
    platform.stop()


def test_owed_callbacks_are_sent_after_a_kill(mortal, order, order_no):
    platform = mortal.platform
    platform.down = True
    client = platform.client("BANK01")
    place(client, order())
    until(lambda: any(c["attempts"] for c in mortal.ledger(order_no)["chores"]), "B1 was tried")
    mortal.kill()
    with pytest.raises(Unreachable):
        client.call(A4, request_id="q", order_no=order_no)
    platform.down = False
    mortal.start()
    platform.wait(order_no, "B1")
    url = link(client, order_no)
    pay(url)
    mortal.kill()
    mortal.start()
    platform.wait(order_no, "B3")
    calls = [message.call for message in platform.of(order_no)]
    assert calls == ["B1", "B2", "B3"]
    books = mortal.ledger(order_no)
    assert [len(books[book]) for book in ("payments", "guarantees")] == [1, 1]


def test_a_request_answered_before_the_kill_is_answered_alike_after_it(mortal, order, order_no):
    client = mortal.platform.client("BANK01")
    place(client, order())
    mortal.kill()
    mortal.start()
    place(client, order())
    mortal.platform.wait(order_no, "B1")
    assert len(mortal.platform.of(order_no, "B1")) == 1


def test_keys_stay_when_the_demo_is_prepared_again(mortal):
    before = mortal.config.content
    assert mortal._init().content == before


def test_it_ends_cleanly_when_told_to(mortal):
    assert mortal.stop() == 0
    mortal.start()
