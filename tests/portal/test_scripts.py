"""What the pages' scripts add, in a real browser, under the real content security policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.portal import show
from tests.support.papers import pdf
from tests.support.waiting import until

pytestmark = pytest.mark.browser
PDF = pdf()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: errors, and anything the content security policy refused."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def fill(page: Page) -> None:
    page.fill("#f-name", "世一保险集团有限责任公司")
    page.fill("#f-uscc", "91110000MA01L1EW65")
    page.select_option("#f-kind", "insurer")
    page.fill("#f-amount", "1234567.5")
    page.check("input[name=invoice][value=n]")
    page.set_input_files("#f-files", {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.fill("#f-phone", "13298652152")
    page.fill("#f-code", "082345")
    page.check("#f-agree")


def test_a_form_is_sent_and_the_next_page_says_so(page: Page, site: str, complaints: list[str]) -> None:
    page.goto(f"{site}/show/form")
    fill(page)
    page.click("text=提交")
    expect(page).to_have_url(f"{site}/show/parts")
    expect(page.locator("[role=status]").first).to_contain_text("提交成功")
    assert show.told["got"]["amount"] == 123456750
    assert show.told["got"]["files"].media_type == "application/pdf"
    assert complaints == []


def test_errors_take_the_focus_and_nothing_chosen_is_lost(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    fill(page)
    page.fill("#f-uscc", "91110114MAD1PRJ51")
    page.fill("#f-phone", "")
    page.click("text=提交")
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary.locator("a")).to_have_text(
        ["统一社会信用代码应为 18 位数字和大写字母（不含 I、O、S、V、Z）", "请输入联系手机号"]
    )
    summary.locator("a").first.click()
    expect(page.locator("#f-uscc")).to_be_focused()
    expect(page.locator("#f-name")).to_have_value("世一保险集团有限责任公司")
    assert page.evaluate("document.querySelector('#f-files').files[0].name") == "证明.pdf"
    page.fill("#f-uscc", "91110000MA01L1EW65")
    page.fill("#f-phone", "13298652152")
    page.click("text=提交")
    expect(page).to_have_url(f"{site}/show/parts")


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    fill(page)
    page.set_input_files("#f-files", {"name": "大.pdf", "mimeType": "application/pdf", "buffer": PDF * 4000})
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    show.told["got"] = None
    page.click("text=提交")
    expect(page.get_by_text(re.compile(r"正在上传 \d+%"))).to_be_visible()
    page.click("text=取消上传")
    expect(page.locator("#toast")).to_have_text("已取消上传，内容没有提交")
    expect(page.locator("#f-name")).to_have_value("世一保险集团有限责任公司")
    assert show.told["got"] is None


def test_a_file_that_is_too_large_is_told_before_it_is_sent(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    page.evaluate("document.querySelector('#f-files').dataset.largest = 100")
    page.set_input_files("#f-files", {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(page.locator("#f-files-error")).to_have_text("附件“证明.pdf”超过 50M，请压缩后重新上传")
    page.set_input_files("#f-files", {"name": "小.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    expect(page.locator("#f-files-error")).to_have_count(0)


def test_a_key_is_copied_whole(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/show/parts")
    page.click("[data-copy]")
    expect(page.locator("#toast")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "c37a15f6a1b2c3d4e5f60718293a4b5c"
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-whole]'))")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "91110000MA01L1EW65"


def test_a_choice_shows_the_fields_it_asks_for(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    expect(page.locator("#f-bank")).to_be_hidden()
    page.check("input[name=invoice][value=s]")
    expect(page.locator("#f-bank")).to_be_visible()
    page.check("input[name=invoice][value=n]")
    expect(page.locator("#f-bank")).to_be_hidden()
    expect(page.locator("#f-bank")).to_be_disabled()


def test_an_amount_is_said_back(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    page.fill("#f-amount", "123456789.5")
    expect(page.locator("#f-amount-said")).to_have_text(re.compile("¥123,456,789.50.*约 1.23 亿元"))


def test_a_code_is_asked_for_in_place_and_counts_down(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    button = page.locator("button[data-sms]")
    button.click()
    expect(page.locator("#f-phone")).to_be_focused()
    page.fill("#f-phone", "9")
    button.click()
    expect(page.locator("#toast")).to_have_text("请先填写正确的手机号")
    page.fill("#f-phone", "13298652152")
    button.click()
    expect(button).to_have_text(re.compile(r"\d+s后重试"))
    expect(button).to_be_disabled()
    expect(page.locator("#f-code")).to_be_focused()
    page.reload()
    expect(page.locator("button[data-sms]")).to_have_text(re.compile(r"\d+s后重试"))


def test_a_draft_comes_back_without_anything_personal(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    page.fill("#f-name", "世二担保")
    page.check("input[name=invoice][value=s]")
    page.fill("#f-bank", "湘江银行")
    page.fill("#f-phone", "13298652152")
    until(lambda: "湘江银行" in (page.evaluate("localStorage.getItem('draft:show')") or ""))
    assert "13298652152" not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    expect(page.locator("#f-name")).to_have_value("世二担保")
    expect(page.locator("#f-bank")).to_have_value("湘江银行")
    expect(page.locator("#f-phone")).to_have_value("")
    page.click("text=清除")
    expect(page.locator("#f-name")).to_have_value("")
    page.reload()
    expect(page.locator("#f-name")).to_have_value("")


def test_what_was_sent_leaves_no_draft(page: Page, site: str) -> None:
    page.goto(f"{site}/show/form")
    fill(page)
    until(lambda: page.evaluate("localStorage.getItem('draft:show')"))
    page.click("text=提交")
    expect(page).to_have_url(f"{site}/show/parts")
    assert page.evaluate("localStorage.getItem('draft:show')") is None


def test_a_question_is_asked_in_a_dialog_and_escape_takes_it_back(page: Page, site: str) -> None:
    page.goto(f"{site}/show/parts")
    page.click("text=放弃申请")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("是否放弃申请该保函")
    assert axe.faults(page, "dialog") == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("a[data-confirm]")).to_be_focused()
    page.click("text=放弃申请")
    dialog.get_by_role("button", name="确定").click()
    expect(page.locator(".alert.done").first).to_contain_text("取消成功")


def test_a_fragment_follows_the_server_and_is_read_aloud(page: Page, site: str, complaints: list[str]) -> None:
    show.told.update(live="等待支付", asked=[])
    page.goto(f"{site}/show/live")
    expect(page.locator("#state")).to_contain_text("等待支付")
    for _unchanged in range(2):
        with page.expect_response("**/live/fragment"):
            pass
    show.told["live"] = "成功出函"
    expect(page.locator("#state")).to_contain_text("成功出函")
    expect(page.locator("#toast")).to_contain_text("订单状态：成功出函")
    assert 304 in show.told["asked"]
    assert complaints == []


def test_a_fragment_never_takes_away_what_is_being_typed(page: Page, site: str) -> None:
    show.told.update(live="等待支付", asked=[])
    page.goto(f"{site}/show/live")
    page.click("#note")
    page.keyboard.type("我在输入")
    show.told.update(live="成功出函", asked=[])
    for _changed in range(2):
        with page.expect_response("**/live/fragment"):
            pass
    expect(page.locator("#note")).to_have_value("我在输入")
    page.click("h1")
    expect(page.locator("#state")).to_contain_text("成功出函")


def test_time_left_counts_down(page: Page, site: str) -> None:
    page.goto(f"{site}/show/parts")
    left = page.locator(".next [data-deadline]")
    first = left.inner_text()
    assert re.search(r"还剩 \d+ 分 \d\d 秒", first)
    expect(left).not_to_have_text(first)


def test_a_masked_value_is_shown_on_demand(page: Page, site: str) -> None:
    page.goto(f"{site}/show/parts")
    page.click("text=显示")
    expect(page.locator("[data-secret]")).to_have_text("13912342652")


def test_menus_close_on_escape_and_give_the_focus_back(page: Page, site: str) -> None:
    page.goto(f"{site}/show/parts")
    box = page.locator(".account .menu > summary").first
    box.click()
    expect(page.get_by_role("radio", name="招标代理")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="招标代理")).to_be_hidden()
    expect(box).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/show/parts", "/show/form", "/show/ask", "/help", "/nowhere"])
def test_axe_finds_nothing_on_a_desk(page: Page, site: str, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(site + path)
    assert axe.faults(page) == []


@pytest.mark.parametrize("path", ["/show/parts", "/show/form", "/show/ask", "/help", "/nowhere"])
def test_a_phone_shows_everything_without_scrolling_sideways(phone: Page, site: str, path: str) -> None:
    phone.goto(site + path)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert axe.faults(phone) == []


def test_at_double_size_nothing_is_cut_off(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 720, "height": 450})
    page.goto(f"{site}/show/parts")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_scripts_forms_menus_and_questions_still_work(browser, site: str) -> None:
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.goto(f"{site}/show/form")
    fill(page)
    page.fill("#f-name", "")
    page.click("text=提交")
    expect(page.locator(".error-summary a")).to_have_text(["请输入金融机构名称"])
    page.fill("#f-name", "世一")
    page.set_input_files("#f-files", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click("text=提交")
    expect(page).to_have_url(f"{site}/show/parts")
    page.click("text=放弃申请")
    expect(page).to_have_url(f"{site}/show/ask")
    page.get_by_role("button", name="确定").click()
    expect(page.locator(".alert.done").first).to_contain_text("取消成功")
    page.context.close()
