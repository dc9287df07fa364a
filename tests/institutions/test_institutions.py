"""Institutions, their products and keys."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import func, select, text

from app import clock, gateway, institutions
from app.audit import SYSTEM
from app.db import db, transaction
from app.errors import IllegalMove, NotFound
from app.institutions import ApiKey, InstitutionState, Product, catalogue, keys
from app.states import move

pytestmark = pytest.mark.both_databases


def test_the_demo_is_entered_once_and_its_addresses_follow(app, demo):
    demo["institutions"][0]["endpoint_url"] = "http://127.0.0.1:9999/BANK01"
    demo["institutions"][0]["products"][0]["rate"] = "0.9"
    with app.app_context():
        before = [db.session.scalar(select(func.count()).select_from(table)) for table in (ApiKey, Product)]
        with transaction():
            gateway.seed_demo(demo)
        after = [db.session.scalar(select(func.count()).select_from(table)) for table in (ApiKey, Product)]
        bank = institutions.get("BANK01")
        assert before == after
        assert bank.endpoint_url == "http://127.0.0.1:9999/BANK01"
        assert bank.products[0].rate == Decimal("0.003")
        assert (bank.products[0].minimum_fen, bank.products[0].limit_fen) == (20_000, 800_000_000)


def test_secrets_do_not_stand_in_the_database(app, demo):
    secret = demo["institutions"][0]["key"]["secret"]
    with app.app_context():
        stored = db.session.execute(text("SELECT secret FROM api_key WHERE secret IS NOT NULL")).scalars().all()
        assert stored
        for blob in map(bytes, stored):
            assert secret.encode() not in blob
            assert bytes.fromhex(secret) not in blob
        assert keys.current("BANK01").secret == secret


def test_the_order_of_institutions_is_the_same_all_day_and_prefers_nobody_for_long(app, demo):
    orders = []
    for day in range(12):
        with app.app_context(), time_machine.travel(datetime(2026, 11, 1 + day, 1, tzinfo=UTC), tick=False):
            orders.append([one.code for one in catalogue.online()])
        with app.app_context(), time_machine.travel(datetime(2026, 11, 1 + day, 15, tzinfo=UTC), tick=False):
            assert [one.code for one in catalogue.online()] == orders[-1]
    assert len({tuple(order) for order in orders}) > 6
    assert len({order[0] for order in orders}) >= 4


def test_only_what_fits_the_lot_is_offered(app, demo):
    def offered(**filters):
        return {product.institution.code for product in institutions.selling(**filters)}

    with app.app_context():
        assert offered() == {"BANK01", "BANK02", "INS01", "INS02", "GUA01", "GUA02"}
        assert offered(product_type="bank_guarantee") == {"BANK01", "BANK02"}
        assert offered(region="430500", product_type="bank_guarantee") == {"BANK01"}
        assert "GUA02" not in offered(category="land")
        assert offered(region="430102", amount_fen=700_000_000) == {"BANK01", "INS01"}


def test_an_offline_institution_sells_nothing_and_a_state_follows_only_its_own(app, demo):
    with app.app_context():
        with transaction():
            move(institutions.get("INS01"), InstitutionState.OFFLINE, by=SYSTEM)
        assert "INS01" not in {product.institution.code for product in institutions.selling()}
        with pytest.raises(IllegalMove), transaction():
            move(institutions.get("INS01"), InstitutionState.ADMITTED, by=SYSTEM)


def test_an_expired_key_is_not_used_for_new_calls(app, demo):
    with app.app_context():
        with transaction():
            own = select(ApiKey).filter_by(app_id="INS01", algorithm="HMAC-SM3", env="")
            row = db.session.scalars(own).one()
            row.valid_to = clock.now() - timedelta(seconds=1)
        with pytest.raises(NotFound):
            keys.current("INS01")


def test_what_does_not_exist_is_not_found(app):
    with app.app_context():
        for ask in (institutions.get, institutions.product):
            with pytest.raises(NotFound):
                ask("NOBODY")
