"""Lines are chained in the order of their commits, once each, whoever does it and however many at once."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock, schema
from app.audit import SYSTEM, chain, record
from app.audit.verifying import verify
from app.db import db, retrying, transaction
from app.jobs.relay import Relay
from tests.audit.trail import attack, order, write, written
from tests.support.filling import fill
from tests.support.installation import Installation

pytestmark = pytest.mark.both_databases


def test_lines_are_numbered_one_after_the_other(app_context: Flask) -> None:
    written(7)
    written(3)
    assert [no for no, _words in order()] == list(range(1, 11))
    verdict = verify()
    assert (verdict.lines, verdict.last, verdict.unchained, verdict.findings) == (10, 10, 0, [])


def test_more_than_one_batch_is_chained_without_a_seam(app_context: Flask) -> None:
    write(25)
    chain.seal(limit=10)
    assert [no for no, _words in order()] == list(range(1, 26))
    assert verify().good


def test_the_trail_is_read_page_by_page_without_a_seam(app_context: Flask) -> None:
    written(10)
    assert [no for no, _digest, _columns in chain.stretch(2, page=3)] == list(range(3, 11))
    assert [no for no, _digest, _columns in chain.stretch(4, page=3)] == list(range(5, 11))


def test_an_empty_trail_is_in_order(app_context: Flask) -> None:
    chain.seal()
    assert verify().good
    assert chain.seen() is None, "nothing was there to do, and nothing was written"


def test_several_hosts_chain_while_others_write(app: Flask) -> None:
    errors: list[BaseException] = []
    writing = threading.Event()

    def hand(work: object) -> None:
        try:
            with app.app_context():
                assert callable(work)
                work()
                db.session.remove()
        except BaseException as error:
            errors.append(error)

    def writer() -> None:
        for _ in range(20):
            retrying(lambda: write(3))

    def chainer() -> None:
        while not writing.is_set():
            retrying(chain.advance)

    writers = [threading.Thread(target=hand, args=(writer,)) for _ in range(3)]
    chainers = [threading.Thread(target=hand, args=(chainer,)) for _ in range(3)]
    for one in writers + chainers:
        one.start()
    for one in writers:
        one.join()
    writing.set()
    for one in chainers:
        one.join()
    assert errors == []
    with app.app_context():
        chain.seal()
        assert [no for no, _words in order()] == list(range(1, 181))
        assert verify().good


def test_the_relay_chains_what_is_there(app: Flask) -> None:
    with app.app_context():
        write(5)
        relay = Relay(app)
        relay._once()
        assert [no for no, _words in order()] == [1, 2, 3, 4, 5]
        assert chain.unchained_since() is None


def test_what_waits_says_since_when(app_context: Flask) -> None:
    began = clock.now()
    write(2)
    since = chain.unchained_since()
    assert since is not None
    assert began <= since < began + timedelta(minutes=1)


def test_lines_of_before_the_chain_are_chained_after_the_migration(installation: Installation) -> None:
    app = installation.bare()
    with app.app_context():
        schema.make("0016")
        with db.engine.begin() as connection:
            fill(connection, rows=5)
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT setval(pg_get_serial_sequence('audit_line', 'id'), 5)"))
        schema.make()
        write(2)
        chain.seal()
        assert [words for _no, words in order()] == ["1", "2", "3", "4", "5", "第 0 步", "第 1 步"]
        verdict = verify()
        assert (verdict.lines, verdict.findings) == (7, [])
        attack("UPDATE audit_line SET text = 'x' WHERE chain_no = 3")
        assert [str(one) for one in verify().findings] == ["第 3 条：与前一条不衔接：这里有记录被改动、移动或插入"]
        db.session.remove()
        db.engine.dispose()


def test_a_head_that_was_changed_is_not_chained_on(app_context: Flask) -> None:
    written(5)
    attack("DELETE FROM audit_line WHERE chain_no = 5", "UPDATE audit_head SET no = 4")
    write(1)
    with pytest.raises(chain.Broken, match="链首"):
        chain.seal()
    db.session.rollback()
    attack("DELETE FROM audit_head")
    with pytest.raises(chain.Broken, match="不见了"):
        chain.seal()
    db.session.rollback()


def test_after_a_person_has_looked_it_goes_on_and_the_trail_says_so(app: Flask) -> None:
    with app.app_context():
        written(5)
        attack("DELETE FROM audit_head")
    answer = app.test_cli_runner().invoke(args=["audit", "resume", "--reason", "值班排查，工单 17"])
    assert answer.exit_code == 0, answer.output
    with app.app_context():
        chain.seal()
        assert order()[-1] == (6, "审计链从第 5 条之后人工接续：值班排查，工单 17")
        assert verify().good


def test_a_step_writes_its_line_without_waiting_for_the_chain(app_context: Flask) -> None:
    written(3)
    with db.engine.connect() as other:
        if other.dialect.name == "postgresql":
            other.execute(text("SELECT no FROM audit_head FOR UPDATE"))
        with transaction():
            record("DD2", "不等", by=SYSTEM)
        assert chain.advance() == (0 if other.dialect.name == "postgresql" else 1)
        other.rollback()
    chain.seal()
    assert order()[-1] == (4, "不等")
