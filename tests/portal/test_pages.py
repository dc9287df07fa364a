"""The public pages and the frame, as a visitor and as a logged-in bidder see them."""

import re

import pytest

from app import files
from app.db import db, transaction
from app.institutions import Institution, catalogue
from app.regions import REGIONS

PUBLIC = ["/", "/help", "/products", "/institutions/{code}"]


@pytest.fixture
def code(demo):
    return demo["institutions"][0]["code"]


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_every_public_page_stands_in_both_languages(client, code, path, lang, tag):
    page = client.get(path.format(code=code), query_string={"lang": lang})
    assert page.status_code == 200
    assert f'<html lang="{tag}">' in page.text


def test_the_language_chosen_is_kept_and_the_browser_decides_before(client):
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    assert '<html lang="en">' in client.get("/help", headers=english).text
    client.get("/help?lang=zh", headers=english)
    assert '<html lang="zh-CN">' in client.get("/help", headers=english).text
    assert '<html lang="zh-CN">' in client.get("/help", headers={"Accept-Language": "fr"}).text


def test_the_top_navigation_says_what_the_manual_says(parts):
    page = parts.get("/show/parts").text
    top = re.search(r'<nav class="topnav".*?</nav>', page, re.S).group()
    assert re.findall(r">([^<>\s]+)</a>", top) == ["首页", "帮助中心", "机构接入申请", "在线投诉"]


def test_a_visitor_may_log_in_or_register(client):
    page = client.get("/").text
    assert re.search(r'<a href="/login[^"]*">登录</a>', page)
    assert re.search(r'<a href="/register[^"]*">注册</a>', page)


def test_an_empty_installation_says_what_would_be_here(client):
    page = client.get("/").text
    assert "本地区暂无担保机构" in page


def test_home_lists_products_and_institutions_with_their_number_of_products(client, demo):
    page = client.get("/").text
    for name in ("银行投标保函", "投标保证保险", "担保公司投标保函"):
        assert name in page
    for one in demo["institutions"]:
        assert one["name"] in page
    assert re.search(r"\d+ 个产品", page)


def test_an_institutions_page_shows_price_limit_and_terms(client, demo):
    one = demo["institutions"][0]
    page = client.get(f"/institutions/{one['code']}").text
    assert one["name"] in page
    assert re.search(r"\d+(\.\d+)?%", page)
    assert "单笔限额" in page


def test_a_logo_is_shown_once_there_is_one(app, client, demo):
    code = demo["institutions"][0]["code"]
    assert client.get(f"/institutions/{code}/logo").status_code == 404
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    with app.app_context():
        picture = files.write(png, "image/png")
        with transaction():
            catalogue.get(code).logo_file_id = files.keep(picture).id
    assert f'src="/institutions/{code}/logo"' in client.get("/").text
    answer = client.get(f"/institutions/{code}/logo")
    assert (answer.data, answer.mimetype) == (png, "image/png")


def test_the_chosen_region_is_kept_on_the_way_and_products_follow_it(app, client, demo):
    with app.app_context(), transaction():
        for row in db.session.scalars(db.select(Institution)):
            row.regions = ["430200"] if row.code == "BANK01" else ["430100"]
    client.get("/?region=430200")
    home, products = client.get("/").text, client.get("/products").text
    for page in (home, products):
        assert "云麓商业银行股份有限公司" in page
        assert "澧兰农村商业银行股份有限公司" not in page
        assert '<span class="brand-region">株洲</span>' in page
    assert re.search(r"<dt>服务机构</dt><dd>1</dd>", home)


def test_an_unknown_institution_is_told_as_such(client):
    page = client.get("/institutions/NOBODY")
    assert page.status_code == 404
    assert "没有找到该金融机构" in page.text


def test_a_bidder_sees_the_company_and_may_switch_among_all_roles(client, login_as):
    login_as("bidder", name="湘江建设有限公司", roles=("bidder", "tenderer", "tender_agent"))
    page = client.get("/work/").text
    assert "湘江建设有限公司" in page
    assert set(re.findall(r'name="role" value="(\w+)"', page)) == {"bidder", "tenderer", "tender_agent"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    switched = client.post("/role", data={"role": "tenderer", "csrf_token": token}, follow_redirects=True)
    assert "角色切换成功" in switched.text


def test_the_work_centre_offers_a_bidder_no_desk(parts):
    page = parts.get("/work/").text
    assert "保函订单" in page
    assert "待办任务" not in page


@pytest.mark.parametrize("code", REGIONS)
def test_each_region_can_be_chosen_and_is_remembered(client, code):
    name = str(REGIONS[code])
    for page in (client.get("/", query_string={"region": code}).text, client.get("/").text):
        assert re.search(rf'aria-current="true">{name}</a>', page)


def test_an_unknown_region_changes_nothing(client):
    client.get("/?region=430100")
    assert re.search(r'aria-current="true">长沙</a>', client.get("/?region=999999").text)


def test_there_are_the_province_and_fourteen_prefectures():
    assert len(REGIONS) == 15


def test_a_missing_page_says_so_and_leads_home(client):
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "没有找到该页面" in page.text
    assert 'href="/"' in page.text


def test_a_form_sent_by_script_learns_where_to_go_and_the_flash_waits_there(parts):
    answer = parts.post("/show/ask", headers={"X-Form": "1"})
    assert answer.status_code == 204
    assert answer.headers["X-Location"] == "/show/parts"
    assert "取消成功" in parts.get("/show/parts").text


def test_styles_and_scripts_are_kept_by_browsers_until_they_change(client):
    address = re.search(r'href="(/static/@[^"]+tokens\.css)"', client.get("/help").text).group(1)
    assert "immutable" in client.get(address).headers["Cache-Control"]
    stale = re.sub(r"@\w+", "@0123", address)
    assert client.get(stale).headers["Cache-Control"] == "no-cache"
    assert client.get(stale).data == client.get(address).data
