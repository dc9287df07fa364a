"""A stranger becomes an institution with docs/interface.md alone: applies, is admitted, is accepted by the machine's
report, goes online and issues a guarantee to a bidder."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from app.protocol import documents, uscc
from app.settings import ROOT
from tests.browser.conftest import Enter
from tests.browser.walk import SLOW, find
from tests.support import papers
from tests.support.ports import free_ports
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = pytest.mark.browser

NAME, PHONE = "潇湘试点银行股份有限公司", "13974100001"
CODE_17 = "91430100MA9XXYD01"
USCC = CODE_17 + uscc.check_digit(CODE_17)
CENTRE = "省中心 许文澜"
LOT = "景观绿化施工"
Partner = Callable[..., str]


class Desk:
    """Where the stranger works: her files, the commands of the document, and what she has running."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.playing = folder, None
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def partner(self, *words: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "app.partner", *words]
        ran = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def play(self) -> str:
        """Section 8, with a name and a port of her own; the endpoint's address."""
        (port,) = free_ports(1)
        (script,) = re.findall(r"^```yaml\n(.*?)\n```$", (ROOT / "docs/interface.md").read_text(), re.S | re.M)
        script = script.replace("127.0.0.1:9400", f"127.0.0.1:{port}").replace("潇湘试点银行", NAME)
        script = script.replace("91430100MA8XJY0152", USCC) + "\ndelay: 0.1\n"
        (self.folder / "play.yaml").write_text(script)
        log = (self.folder / "play.log").open("w")
        command = [sys.executable, "-m", "app.partner", "play", "play.yaml"]
        self.playing = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        until(lambda: "endpoint" in self.said, 60, what=self.said)
        return f"http://127.0.0.1:{port}/bank"

    @property
    def said(self) -> str:
        return (self.folder / "play.log").read_text()

    def close(self) -> None:
        if self.playing is not None:
            self.playing.terminate()
            self.playing.wait(20)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


class Applicant:
    """A visitor's browser on 机构接入申请; codes are read from the demo's SMS page."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page, self.product = page, product

    def code(self, button: str = "获取验证码") -> None:
        """Ask for a code and type it in."""
        before = self._texts()
        self.page.get_by_role("button", name=button, exact=True).click()
        text = until(lambda: (self._texts() - before) and max(self._texts() - before), SLOW / 1000, what="the SMS")
        self.page.fill("[name=code]", re.findall(r"\d{6}", text[1])[0])

    def apply(self) -> None:
        self._open("第一步 准入申请")
        for name, value in (("name", NAME), ("uscc", USCC), ("intro", "面向全省开立投标保函"), ("contact", "何静秋")):
            self.page.fill(f"[name={name}]", value)
        self.page.select_option("[name=kind]", "bank")
        self.page.fill("[name=phone]", PHONE)
        self._attach("attachments", "授权书.pdf", papers.pdf("授权书"))
        self.code()
        self.page.get_by_role("button", name="提交").click()
        expect(self.page.get_by_text("提交成功, 等待准入资质核验中。")).to_be_visible()

    def look_up(self, link: str, button: str) -> None:
        self._open(link)
        for name, value in (("name", NAME), ("uscc", USCC), ("phone", PHONE)):
            self.page.fill(f"[name={name}]", value)
        self.code()
        self.page.get_by_role("button", name=button, exact=True).click()

    def keys(self) -> list[str]:
        """查看准入进度: user, key with its number, test key with its number."""
        self.look_up("查看准入进度", "提交")
        expect(self.page.get_by_text("您的准入资质核验通过！可复制用户和密钥信息用于接口对接。")).to_be_visible()
        shown = self.page.locator("[data-copy]").evaluate_all("all => all.map(one => one.dataset.copy)")
        numbers = self.page.get_by_text("密钥编号").locator(".num").all_text_contents()
        return [*[one for one in shown if one != USCC], *numbers]

    def submit(self, endpoint: str, certificate: str) -> None:
        self.look_up("第二步 验收申请", "验证")
        self.page.wait_for_url("**/acceptance/data")
        self._attach("logo", "logo.png", papers.png(64, 64))
        self.page.fill("[name=endpoint_url]", endpoint)
        self.page.fill("[name=certificate]", certificate)
        self._attach("attachments", "验收材料.pdf", papers.pdf("验收"))
        self.code()
        self.page.get_by_role("button", name="提交").click()
        expect(self.page.get_by_text("提交成功").first).to_be_visible()

    def _open(self, link: str) -> None:
        self.page.goto(self.product.url)
        self.page.get_by_role("link", name="机构接入申请").first.click()
        self.page.get_by_role("link", name=link).click()

    def _attach(self, name: str, filename: str, content: bytes) -> None:
        kind = "image/png" if filename.endswith("png") else "application/pdf"
        self.page.set_input_files(f"[name={name}]", {"name": filename, "mimeType": kind, "buffer": content})

    def _texts(self) -> set[tuple[str, str]]:
        inbox = self.product.demo["sms"]["inbox_url"] + ".json"
        return {(one["at"], one["text"]) for one in requests.get(inbox, params={"phone": PHONE}, timeout=10).json()}


def pass_on(reviewer: Page, product: Product, kind: str, verdict: str, *, told: str = "") -> None:
    """The reviewer's only case of this kind, decided; the page tells her `told`."""

    def there() -> bool:
        reviewer.goto(f"{product.url}/desk/")
        return case.count() > 0

    case = reviewer.get_by_role("row").filter(has_text=kind)
    until(there, 3 * SLOW / 1000, what=f"{kind} on the desk")
    case.first.get_by_role("link").first.click()
    expect(reviewer.locator("main")).to_contain_text(told)
    reviewer.get_by_role("radio", name=verdict, exact=True).check()
    reviewer.get_by_role("button", name="提交", exact=True).click()
    expect(reviewer.get_by_text("已办理：")).to_be_visible()


def test_a_stranger_becomes_an_institution_and_issues_a_guarantee(
    product: Product, enter: Enter, browser: Browser, desk: Desk
) -> None:
    page = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce").new_page()
    page.set_default_timeout(SLOW)
    stranger, reviewer = Applicant(page, product), enter(CENTRE)

    stranger.apply()
    pass_on(reviewer, product, "准入", "准入通过")
    user, secret, test_secret, key_id, test_key_id = stranger.keys()
    desk.partner("card", "--platform", product.url, "--app-id", user, "--key-id", key_id, "--secret", secret,
                 "--test-key-id", test_key_id, "--test-secret", test_secret)  # fmt: skip
    assert "3010" in desk.partner("ping")
    endpoint = desk.play()
    desk.partner("ping", "--test", "--to", endpoint)

    stranger.submit(endpoint, (desk.folder / "partner.cert.pem").read_text())
    pass_on(reviewer, product, "验收", "验收通过，上线", told="未通过 0 项，未执行 0 项")
    desk.partner("send", "B10", "status=OPEN", "--body", "play.yaml")

    bidder = enter("长沙浏水城市发展集团有限公司")
    find(bidder, product, LOT)
    bidder.get_by_role("button", name="选择").first.click()
    bidder.get_by_role("button", name="下一步").click()
    bidder.get_by_role("radio", name=re.compile(NAME)).check()
    bidder.get_by_role("button", name="下一步").click()
    bidder.get_by_role("checkbox").check()
    bidder.get_by_role("button", name="提交").click()
    expect(bidder.get_by_role("link", name="获取支付")).to_be_visible(timeout=SLOW)
    order = bidder.url
    bidder.get_by_role("link", name="获取支付").click()
    bidder.get_by_role("button", name="支付").click()
    bidder.wait_for_url(re.compile(re.escape(order)))
    expect(bidder.get_by_role("link", name="查看保函")).to_be_visible(timeout=SLOW)
    bidder.get_by_role("link", name="查看保函").click()
    with bidder.expect_download() as saved:
        bidder.get_by_role("link", name="点击下载").click()
    pdf, certificate = saved.value.path().read_bytes(), (desk.folder / "partner.cert.pem").read_text()
    with ThreadPoolExecutor(1) as beside:  # Playwright's event loop runs in this thread
        verdict: Any = beside.submit(documents.verify, pdf, certificate=certificate).result()
    assert verdict.ok, verdict
    page.context.close()
