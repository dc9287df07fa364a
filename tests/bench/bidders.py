"""Bidders at the product's web pages: signed in beforehand, their applications filled in up to the last step.

What is measured begins with the wizard's last POST (提交保函申请) and ends when the order's page says 成功出函. In
between each bidder does what a browser does: asks the page's changing part every two seconds with its ETag, and
follows 获取支付 to the institution once the page offers it.
"""

import heapq
import http.client
import re
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from flask import Flask, session
from flask_wtf.csrf import generate_csrf

from app import create_app, institutions, projects
from app.accounts import signin
from app.accounts.claims import HANDLER
from app.accounts.models import upsert
from app.accounts.user import User
from app.db import transaction
from app.orders import drafts, quoting
from tests.bench.place import AMOUNT, lot
from tests.support.people import HANDLER_SAYS, profile

ASK_EVERY = 2.0  # as app/templates/orders/detail.html has its pages do
CONNECTIONS = 8
ISSUED, MAY_PAY = "成功出函", "/pay"
OVER = ("已取消", "订单关闭", "核保不通过", "退款中", "已退款")
PER_BIDDER = 20


@dataclass
class Order:
    """One application on its way to a guarantee."""

    cookie: str
    token: str
    draft: str
    no: str = ""
    etag: str = ""
    paid: bool = False
    submitted: float = 0.0
    seconds: float = 0.0
    asked: int = 0


def application(folder: Path, **settings: Any) -> Flask:
    """The product's code on the running product's keys, database and sessions."""
    return create_app(**{**yaml.safe_load((folder / "config.yaml").read_text()), **settings})


def prepare(app: Flask, count: int) -> list[Order]:
    """`count` applications ready to be submitted: each bidder has one on each of twenty lots."""
    with app.app_context():
        numbers = [f"BENCH-{n}" for n in range(min(count, PER_BIDDER))]
        for no in numbers:
            with transaction():
                lot(no)
        found = [projects.get(no) for no in numbers]
        product = institutions.selling("bank_guarantee", region=found[0].region)[0]
        premium = quoting.offer(found[0], product, AMOUNT).premium
        details = {f"handler_{name}": HANDLER_SAYS[name] for name in HANDLER} | {"amount": AMOUNT}
    ready: list[Order] = []
    while len(ready) < count:
        user, cookie, token = _sign_in(app, len(ready) // PER_BIDDER)
        with app.app_context():
            for one in found[: count - len(ready)]:
                with transaction():
                    draft = drafts.begin(user, product_type="bank_guarantee", lot_no=one.no)
                with transaction():
                    draft.details, draft.product, draft.premium = details, product.code, premium
                    drafts.keep(user, draft)
                ready.append(Order(cookie, token, draft.id))
    return ready


def institution(app: Flask) -> str:
    """The code of the institution all these orders go to."""
    with app.app_context():
        return str(institutions.selling("bank_guarantee", region="430100")[0].institution.code)


def _sign_in(app: Flask, number: int) -> tuple[User, str, str]:
    """What the callback of the login platform would have made: the account, the session, its form token."""
    with app.test_request_context("/"):
        with transaction():
            uscc = f"91430100MA4L{number:05d}X"
            account = upsert(app.config["OIDC_ISSUER"], profile("bidder", sub=f"bench-{number}", uscc=uscc))
        user = signin.begin(account, "bidder")
        token = generate_csrf()
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
    return user, response.headers["Set-Cookie"].split(";", 1)[0], token


@dataclass
class Crowd:
    """Walks orders to their guarantees, `at_once` of them at a time."""

    host: str
    port: int
    orders: list[Order]
    at_once: int
    started: float = 0.0
    done: list[Order] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._agenda: list[tuple[float, int, Order]] = []
        self._left = list(reversed(self.orders))
        self._changed = threading.Condition()
        self._sequence = 0

    def run(self, seconds: float = 180) -> float:
        """Seconds from the first submit to the last guarantee seen."""
        self.started = time.monotonic()
        with self._changed:
            for _ in range(min(self.at_once, len(self.orders))):
                self._later(0.0, self._left.pop())
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self.started + seconds - time.monotonic()))
        if self.failures or len(self.done) < len(self.orders):
            raise AssertionError(f"{len(self.done)} of {len(self.orders)} orders: {self.failures[:3]}")
        return time.monotonic() - self.started

    def _later(self, wait: float, order: Order) -> None:
        self._sequence += 1
        heapq.heappush(self._agenda, (time.monotonic() + wait, self._sequence, order))
        self._changed.notify()

    def _work(self) -> None:
        line = http.client.HTTPConnection(self.host, self.port, timeout=60)
        while (order := self._next()) is not None:
            try:
                over = self._step(line, order)
            except Exception:
                self.failures.append(f"{order.no}: {traceback.format_exc(limit=2)}")
                over = True
            with self._changed:
                if not over:
                    self._later(ASK_EVERY, order)
                    continue
                self.done.append(order)
                if self._left:
                    self._later(0.0, self._left.pop())
                self._changed.notify_all()

    def _next(self) -> Order | None:
        with self._changed:
            while len(self.done) < len(self.orders) and not self.failures:
                now = time.monotonic()
                if self._agenda and self._agenda[0][0] <= now:
                    return heapq.heappop(self._agenda)[2]
                self._changed.wait(self._agenda[0][0] - now if self._agenda else 0.5)
        return None

    def _step(self, line: http.client.HTTPConnection, order: Order) -> bool:
        """Whether the order has its guarantee."""
        if not order.no:
            order.submitted = time.monotonic()
            form = urlencode({"terms": "true", "csrf_token": order.token})
            status, headers, page = self._ask(line, order, "POST", f"/orders/apply/{order.draft}/submit", form)
            assert status == 302, f"{status} {_words(page)}"
            order.no = headers["Location"].rpartition("/")[2]
            return False
        status, headers, page = self._ask(line, order, "GET", f"/orders/{order.no}/live")
        order.asked += 1
        if status == 304:
            return False
        assert status == 200, f"{status} {_words(page)}"
        order.etag = headers.get("ETag", "")
        shown = _state(page)
        if shown == ISSUED:
            order.seconds = time.monotonic() - order.submitted
            return True
        assert shown not in OVER, shown
        if not order.paid and f"/orders/{order.no}{MAY_PAY}" in page:
            status, headers, page = self._ask(line, order, "GET", f"/orders/{order.no}/pay")
            assert status == 302, f"{status} {_words(page)}"
            order.paid = not headers["Location"].endswith(f"/orders/{order.no}")
        return False

    def _ask(
        self, line: http.client.HTTPConnection, order: Order, method: str, path: str, form: str = ""
    ) -> tuple[int, Any, str]:
        headers = {"Cookie": order.cookie, "X-Fragment": "1", "If-None-Match": order.etag}
        if form:
            headers = {
                "Cookie": order.cookie,
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.host}:{self.port}",
            }
        try:
            line.request(method, path, form or None, headers)
            answer = line.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            line.close()  # an idle connection the server has closed
            line.request(method, path, form or None, headers)
            answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def _state(page: str) -> str:
    """The badge at the top of the order's page."""
    found = re.search(r'class="state-line"[^>]*>(.*?)</p>', page, re.DOTALL)
    return _words(found[1]) if found else ""


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())[-200:]
