"""The public pages and the frame, as a visitor and as a logged-in bidder see them."""

import re

import pytest

from app.regions import REGIONS


@pytest.mark.parametrize("path", ["/", "/help", "/products", "/institutions/I1", "/show/parts", "/show/ask"])
def test_every_page_stands_in_chinese_and_in_english(visitor, path):
    for lang, tag in (("zh", "zh-CN"), ("en", "en")):
        page = visitor.get(path, query_string={"lang": lang})
        assert page.status_code == 200
        assert f'<html lang="{tag}">' in page.text


def test_the_top_navigation_says_what_the_manual_says(visitor):
    page = visitor.get("/").text
    top = re.search(r'<nav class="topnav".*?</nav>', page, re.S).group()
    assert re.findall(r">([^<>\s]+)</a>", top) == ["首页", "帮助中心", "机构接入申请", "在线投诉"]
    assert "登录" in page
    assert "注册" in page


def test_a_bidder_sees_the_company_and_may_switch_among_all_roles(bidder):
    page = bidder.get("/work/").text
    assert "湖南省湘江新区建设工程有限公司" in page
    assert set(re.findall(r'name="role" value="(\w+)"', page)) == {"bidder", "tenderer", "tender_agent"}
    assert "确定" in page


def test_the_work_centre_offers_a_bidder_no_desk(bidder):
    page = bidder.get("/work/").text
    assert "保函订单" in page
    assert "待办任务" not in page


def test_each_region_can_be_chosen_and_is_remembered(visitor):
    assert len(REGIONS) == 15
    for code, name in REGIONS.items():
        page = visitor.get("/", query_string={"region": code}).text
        again = visitor.get("/").text
        for text in (page, again):
            assert re.search(rf'aria-current="true">{name}</a>', text)


def test_an_unknown_region_changes_nothing(visitor):
    visitor.get("/?region=430100")
    assert re.search(r'aria-current="true">长沙</a>', visitor.get("/?region=999999").text)


def test_a_missing_page_says_so_and_leads_home(visitor):
    page = visitor.get("/nowhere")
    assert page.status_code == 404
    assert "没有找到该页面" in page.text
    assert 'href="/"' in page.text


def test_a_form_sent_by_script_learns_where_to_go_and_the_flash_waits_there(visitor):
    answer = visitor.post("/show/ask", headers={"X-Form": "1"})
    assert answer.status_code == 204
    assert answer.headers["X-Location"] == "/show/parts"
    assert "取消成功" in visitor.get("/show/parts").text
