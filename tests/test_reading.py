"""Reading: without a transaction where nothing is written, without the ORM where everybody reads."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import institutions, projects
from app.accounts.models import SEEN as ACCOUNT
from app.accounts.models import Account, upsert
from app.db import db, transaction
from app.glances import Glance
from app.institutions.catalogue import SEEN as INSTITUTION
from app.institutions.models import Institution
from app.orders import secrets
from app.orders.models import Order
from app.orders.views import PAYMENTS
from app.projects.models import Lot
from app.projects.search import SEEN as LOT
from app.statements import rows
from tests.orders.scene import Scene
from tests.support.people import profile


@pytest.mark.postgresql
def test_what_only_reads_is_no_transaction_and_what_the_server_learnt_of_it_stays(app: Flask) -> None:
    learnt = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%audit_line%'")
    with app.app_context():
        for _ in range(6):
            db.session.execute(text("SELECT count(*) FROM audit_line")).scalar_one()
            assert not db.session.connection().connection.driver_connection.info.transaction_status  # type: ignore[union-attr]
            db.session.rollback()
        assert db.session.scalar(learnt) == 1
        with transaction():
            assert db.session.connection().connection.driver_connection.autocommit is False  # type: ignore[union-attr]


@pytest.mark.postgresql
def test_a_connection_that_has_read_comes_back_as_one_that_writes_as_a_whole(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.remove()
        with db.engine.connect() as connection:
            connection.execute(
                text("INSERT INTO house_flag (name, value, set_at, set_by) VALUES ('trial', 'yes', now(), '')")
            )
            connection.rollback()
        assert db.session.scalar(text("SELECT count(*) FROM house_flag WHERE name = 'trial'")) == 0


@pytest.mark.both_databases
def test_a_glance_gives_what_the_model_gives(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    with scene.app.app_context():
        with transaction():
            account = upsert("https://login", profile("bidder"))
        order = db.session.scalars(select(Order).where(Order.no == no)).one()
        lot_no = secrets.content(order).lot_no
        _same(ACCOUNT, db.session.get(Account, account.id), id=account.id)
        _same(secrets.SEEN, order, no=no)
        _same(LOT, db.session.scalars(select(Lot).where(Lot.no == lot_no)).one(), no=lot_no)
        seller = db.session.scalars(select(Institution).where(Institution.code == order.institution)).one()
        _same(INSTITUTION, seller, code=seller.code)
        assert [one.amount for one in PAYMENTS.read(rows((PAYMENTS, {"no": no}))[0])] == [
            secrets.content(order).premium
        ]
        assert institutions.seen(seller.code).online is seller.online
        assert institutions.seen(seller.code).serves("430100") is seller.serves("430100")
        assert projects.seen(lot_no).bid_deadline == projects.get(lot_no).bid_deadline


@pytest.mark.both_databases
def test_an_order_that_is_locked_is_the_one_that_is_looked_at(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    with scene.app.app_context(), transaction():
        assert secrets.find(no).state == "awaiting_payment"
        secrets.locked(no).state = "issuing"
        assert secrets.find(no).state == "issuing"
        db.session.rollback()
    scene.paid(no)
    scene.issues(no)


def _same(glance: Glance, row: Any, **key: Any) -> None:
    found = glance.one(**key)
    assert found._asdict() == {name: getattr(row, name) for name in found._fields}
