"""B10: an institution tells what it sells and whether it takes orders now."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from app import institutions
from app.audit import AuditLine
from app.db import db, transaction
from app.institutions import Institution, Product
from app.jobs.models import Job
from app.protocol.calls import B10
from app.worker import carry_one
from tests.gateway import placed
from tests.gateway.teller import Teller

pytestmark = pytest.mark.both_databases


@pytest.fixture
def product():
    return {
        "product_code": "BANK01-TB", "name": "投标保函（标准版）", "type": "bank_guarantee", "rate": Decimal("0.0025"),
        "minimum_premium": 15_000, "limit": 900_000_000, "categories": ["works", "goods"],
        "regions": ["430100", "430200"], "description": "见索即付独立保函",
    }  # fmt: skip


@pytest.fixture
def another(product):
    return product | {"product_code": "BANK01-ZB", "name": "政府采购投标保函", "terms": "第一条 独立保函。"}


@pytest.fixture
def counter(app, bank):
    teller = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = teller.url
    yield teller
    teller.close()


def listed(app, code="BANK01"):
    """code → offered, of all rows the institution ever had."""
    with app.app_context():
        rows = placed.fresh(select(Product).join(Product.institution).where(Institution.code == code))
        return {row.code: row.offered for row in rows}


def on_sale(app):
    with app.app_context():
        return {one.code for one in institutions.selling("bank_guarantee")}


def say(bank, *products, status="OPEN"):
    return bank.say(B10, {"status": status, "products": list(products)})


def test_the_list_replaces_the_last_one_and_rows_of_sold_products_stay(app, bank, product, another):
    before = listed(app)
    assert say(bank, product, another).code == 0
    assert listed(app) == dict.fromkeys(before, False) | {"BANK01-TB": True, "BANK01-ZB": True}
    with app.app_context():
        row = institutions.product("BANK01-TB")
        assert (row.name, row.rate, row.minimum_fen, row.regions) == (
            "投标保函（标准版）", Decimal("0.0025"), 15_000, ["430100", "430200"],
        )  # fmt: skip
        assert row.terms, "terms that are not told again stay"
    assert say(bank, another).code == 0
    assert listed(app)["BANK01-TB"] is False
    with app.app_context():
        lines = placed.fresh(select(AuditLine.facts).where(AuditLine.text == "更新产品清单").order_by(AuditLine.id))
        assert (lines[-1]["products"], lines[-1]["dropped"]) == (["BANK01-ZB"], ["BANK01-TB"])


def test_an_institution_that_pauses_sells_nothing_until_it_opens_again(app, bank, product):
    assert say(bank, product, status="PAUSED").code == 0
    assert "BANK01-TB" not in on_sale(app)
    assert say(bank, product).code == 0
    assert "BANK01-TB" in on_sale(app)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "insurance_bond"}, "type"),
        ({"type": "lottery"}, "type"),
        ({"regions": ["430100", "110000"]}, "regions"),
        ({"minimum_premium": 900_000_001}, "minimum_premium"),
        ({"product_code": "INS01-TB"}, "product_code"),
        ({"product_code": "BANK01-NEW"}, "terms"),
        ({"terms_url": "https://example.com/terms.txt"}, "terms_url"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_changes(app, bank, product, another, change, field):
    before = listed(app)
    if change.get("product_code") == "INS01-TB":
        with app.app_context():
            change = {"product_code": next(code for code in listed(app, "INS01"))}
    answer = say(bank, another, product | change)
    assert (answer.status in (400, 422), list(answer.fields)) == (True, [f"products.1.{field}"])
    assert listed(app) == before


def test_a_code_twice_in_one_list_is_refused(bank, product):
    assert list(say(bank, product, product).fields) == ["products.1.product_code"]


def test_the_type_may_be_left_out_where_only_one_fits(app, bank, another):
    del another["type"]
    assert say(bank, another).code == 0
    with app.app_context():
        assert institutions.product("BANK01-ZB").product_type == "bank_guarantee"


def test_a_new_product_is_sold_once_its_terms_are_fetched(app, bank, another, counter):
    del another["terms"]
    counter.files["/bank/terms.txt"] = "第一条 见索即付。".encode()
    assert say(bank, another | {"terms_url": counter.url + "/terms.txt"}).code == 0
    assert listed(app)["BANK01-ZB"] is False
    carry(app)
    assert "BANK01-ZB" in on_sale(app)
    with app.app_context():
        assert institutions.product("BANK01-ZB").terms == "第一条 见索即付。"


def test_terms_of_a_list_that_was_replaced_meanwhile_put_nothing_on_sale(app, bank, product, another, counter):
    del another["terms"]
    counter.files["/bank/terms.txt"] = "第一条".encode()
    say(bank, another | {"terms_url": counter.url + "/terms.txt"})
    say(bank, product)
    carry(app)
    assert listed(app)["BANK01-ZB"] is False


def test_terms_that_are_no_text_end_as_a_failed_job(app, bank, another, counter):
    del another["terms"]
    counter.files["/bank/terms.txt"] = b"\xff\xfe\x00"
    say(bank, another | {"terms_url": counter.url + "/terms.txt"})
    carry(app)
    with app.app_context():
        assert placed.fresh(select(Job.state).where(Job.name == "gateway/terms")) == ["failed"]
    assert listed(app)["BANK01-ZB"] is False


def carry(app):
    with app.app_context():
        for identity in placed.fresh(select(Job.id).where(Job.name == "gateway/terms", Job.state == "due")):
            carry_one(identity)
