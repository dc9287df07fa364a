"""People in the running product: an operator invites, the invited registers and is in; what they keep reads well."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.browser.conftest import Enter
from tests.browser.walk import SLOW
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = pytest.mark.browser
PHONE = "13700000166"


def texts(product: Product, phone: str) -> list[str]:
    """What the phone has received, the newest first."""
    with urllib.request.urlopen(f"{product.demo['sms']['inbox_url']}.json?phone={phone}", timeout=5) as answer:
        return [one["text"] for one in json.load(answer)]


def looked_at(page: Page, *addresses: str) -> dict[str, list[str]]:
    """Address → what axe finds wrong there; nothing for those it finds in order."""
    found = {}
    for address in addresses:
        page.goto(address)
        if faults := axe.everywhere(page):
            found[address] = faults
    return found


def test_somebody_invited_registers_and_is_in(product: Product, enter: Enter, browser: Browser) -> None:
    operator = enter("业务运营 沈知微")
    operator.goto(f"{product.url}/work/staff/")
    operator.get_by_role("link", name="邀请人员").click()
    operator.get_by_label("姓名").fill("任远舟")
    operator.get_by_label("手机号").fill(PHONE)
    operator.get_by_label("机构管理员").check()
    operator.get_by_label("所属机构").select_option("GUA02")
    operator.get_by_role("button", name="发送邀请").click()
    expect(operator.get_by_role("row").filter(has_text="任远舟")).to_be_visible(timeout=SLOW)
    (text,) = until(lambda: texts(product, PHONE), SLOW / 1000, what="the invitation's SMS")
    link = re.search(r"http://\S+invitation\?code=\w+", text)
    assert link is not None

    invited = browser.new_context(locale="zh-CN", reduced_motion="reduce").new_page()
    invited.set_default_timeout(SLOW)
    invited.goto(f"{product.demo['oidc']['issuer']}/register/staff")
    invited.get_by_label("姓名").fill("任远舟")
    invited.get_by_label("手机号").fill("13700000167")  # another one: the link alone lets in
    invited.get_by_role("button", name="注册").click()
    invited.goto(link[0])
    assert axe.everywhere(invited) == []
    invited.get_by_role("link", name="登录并接受").click()
    invited.get_by_role("button", name="任远舟").click()
    invited.wait_for_url("**/desk/")
    pages = [f"{product.url}/{path}" for path in ("institutions/own", "institutions/own/keys", "work/staff/")]
    assert looked_at(invited, *pages) == {}
    expect(invited.get_by_role("row").filter(has_text="任远舟")).to_be_visible()
    invited.context.close()


def test_the_register_and_the_trail_read_well(product: Product, enter: Enter) -> None:
    operator, auditor = enter("业务运营 沈知微"), enter("审计监管 范仲安")
    operator.goto(f"{product.url}/work/staff/")
    operator.get_by_role("link", name="审计监管 范仲安").click()
    operator.wait_for_url("**/work/staff/*")
    assert looked_at(operator, operator.url, f"{product.url}/work/staff/invite") == {}
    paths = ("work/oversight/cases", "work/oversight/trail", "work/staff/")
    assert looked_at(auditor, *(f"{product.url}/{path}" for path in paths)) == {}
