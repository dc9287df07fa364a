"""Institutions and their products as a visitor sees them."""


def test_products_and_institutions_of_a_region_are_listed(client, demo):
    page = client.get("/products?region=430500").text
    assert "银行投标保函" in page
    assert "云麓商业银行股份有限公司" in page
    assert "澧兰农村商业银行股份有限公司" not in page


def test_an_institution_shows_its_offers_with_price_limit_and_terms(client, demo):
    page = client.get("/institutions/BANK01").text
    assert "0.3%" in page
    assert "¥200.00" in page
    assert "/institutions/BANK01/products/BANK01-TB/terms" in page
    terms = client.get("/institutions/BANK01/products/BANK01-TB/terms").text
    assert "见索即付" in terms or "独立保函" in terms
    assert "SHA-256" in terms


def test_terms_that_do_not_exist_are_not_found(client, demo):
    assert client.get("/institutions/BANK01/products/INS01-TB/terms").status_code == 404
    assert client.get("/institutions/NOBODY/products/X/terms").status_code == 404
    assert client.get("/institutions/%00/products/X/terms").status_code == 404
