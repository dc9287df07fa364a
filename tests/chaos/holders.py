"""After issuance: those who hold guarantees apply for invoices, refunds, extensions, cancellations and claims."""

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from app import clock, money
from app.accounts.roles import Role
from app.sandbox import cast
from tests.chaos.crowd import Placed
from tests.chaos.plans import Site
from tests.chaos.stage import Stage
from tests.chaos.visitor import Lost, Visitor
from tests.chaos.watch import Watch
from tests.support import papers

_NUMBER = re.compile(r"/applications/([A-Z]{2}\d+)")
_INVOICE = re.compile(r"/invoices/(FP\d+)")
_ALERT = re.compile(r'class="(?:alert|error)[^>]*>(.*?)</', re.DOTALL)
_HELD = "SELECT no, order_no, institution FROM guarantee WHERE state = 'in_force' ORDER BY no"
INVOICED = 0.4
PAPER = {"evidence": ("证明材料.pdf", papers.pdf(), "application/pdf")}


@dataclass(frozen=True)
class Asked:
    """An application that stands, as its applicant knows it."""

    no: str
    kind: str
    guarantee: str
    order: str


@dataclass
class Holders:
    """`opened`, `changed`: lots whose OPENED or CHANGED came; on the others premiums are asked back."""

    stage: Stage
    watch: Watch
    placed: dict[str, Placed]
    opened: set[str]
    changed: set[str]
    wanted: int
    dice: random.Random
    abreast: int = 30
    asked: dict[str, Asked] = field(default_factory=dict)
    invoiced: dict[str, str] = field(default_factory=dict)  # invoice → order
    refused: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _left: list[tuple[str, str, str]] = field(default_factory=list)
    _applying: int = 0

    async def run(self) -> None:
        """Until the wanted number of applications stands, or nobody holds a guarantee any more."""
        self._left = self.stage.rows(_HELD)  # type: ignore[assignment]
        self.dice.shuffle(self._left)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(6):
                    group.create_task(self._applicant())
        finally:
            for visitor in self._visitors.values():
                await visitor.close()

    async def _applicant(self) -> None:
        while len(self.asked) + self._applying < self.wanted and self._left:
            if self.watch.applied + self._applying >= self.abreast:
                await asyncio.sleep(0.1)
                continue
            guarantee, order, institution = self._left.pop()
            self._applying += 1
            try:
                if self.dice.random() < INVOICED:
                    await self._invoice(self.placed[order])
                await self._apply(guarantee, self.placed[order], institution)
            finally:
                self._applying -= 1

    async def _invoice(self, order: Placed) -> None:
        """开具发票, often just before the premium is asked back."""
        visitor = self._visitor("invoice", order)
        said = {"kind": "VAT_NORMAL", "form": "ELECTRONIC", "title": order.bidder.name, "tax_no": order.bidder.uscc}
        async with self._locks[visitor.who["sub"]]:
            while True:
                try:
                    path = f"/orders/{order.no}/invoice"
                    answer = await visitor.post(path, once=True, **said, email="chaos@example.cn")
                except Lost:
                    self.unanswered += 1
                    continue
                break
            listed = (await visitor.get(f"/invoices/?q={order.no}")).text
        found = _INVOICE.search(answer.headers.get("location", "")) or _INVOICE.search(listed)
        if found:
            self.invoiced[found[1]] = order.no
        else:
            self._refused("invoice", answer)

    async def _apply(self, guarantee: str, order: Placed, institution: str) -> None:
        kind = self._kind(order.site, institution)
        visitor = self._visitor(kind, order)
        async with self._locks[visitor.who["sub"]]:
            known = await self._numbers(visitor, kind)
            no = await self._send(visitor, kind, guarantee, order, known)
        if no:
            self.asked[no] = Asked(no, kind, guarantee, order.no)

    def _kind(self, site: Site, institution: str) -> str:
        if site.no in self.opened:
            return "claim" if institution.startswith("INS") else self.dice.choice(("claim", "cancellation"))
        return "extension" if site.no in self.changed else "refund"

    def _visitor(self, kind: str, order: Placed) -> Visitor:
        """The bidder; the lot's tenderer if it is a claim."""
        who = order.bidder.who
        if kind == "claim":
            tenderer = order.site.body["tenderer"]
            handler = {"name": "谢知行", "id_no": cast.identity_no(7), "phone": tenderer["phone"]}
            who = {"sub": "chaos-tenderer", "name": tenderer["name"], "uscc": tenderer["uscc"], "handler": handler}
        role = Role.TENDERER if kind == "claim" else Role.BIDDER
        if who["sub"] not in self._visitors:
            self._visitors[who["sub"]] = Visitor(self.stage, role.value, **who)
            self._locks[who["sub"]] = asyncio.Lock()
        return self._visitors[who["sub"]]

    async def _send(self, visitor: Visitor, kind: str, guarantee: str, order: Placed, known: set[str]) -> str:
        """The application's number; after an answer that never came it is looked up, and "" means refused."""
        said, files = self._said(kind, order)
        page = f"/guarantees/{guarantee}/apply/{kind}"
        if kind == "claim":
            answer = await visitor.post(page, files=files, **said)
            page, said, files = answer.headers.get("location", ""), {}, None
            if answer.status_code != 302:
                return self._refused(kind, answer)
        while True:
            try:
                answer = await visitor.post(page, once=True, files=files, **said)
            except Lost:
                self.unanswered += 1
                if fresh := await self._numbers(visitor, kind) - known:
                    return fresh.pop()
                continue
            if found := _NUMBER.search(answer.headers.get("location", "")):
                return found[1]
            fresh = await self._numbers(visitor, kind) - known  # it was sent, and the answer was lost
            return fresh.pop() if fresh else self._refused(kind, answer)

    def _refused(self, kind: str, answer: httpx.Response) -> str:
        """Counted with what the page says of it."""
        said = _ALERT.findall(answer.text)
        self.refused[
            f"{kind} HTTP {answer.status_code} {' '.join(re.sub('<[^>]+>', '', one).strip() for one in said)}"
        ] += 1
        return ""

    def _said(self, kind: str, order: Placed) -> tuple[dict[str, str], dict[str, Any] | None]:
        body = order.site.body
        if kind == "refund":
            return {"reason_code": "R01", "note": "不再参加投标"}, None
        if kind == "extension":
            until = body["bid_deadline"] + timedelta(days=body["bid_validity_days"] + 10)
            return {"reason_code": "E01", "valid_to": clock.local(until).date().isoformat()}, None
        if kind == "cancellation":
            return {"note": "未中标"}, PAPER
        share = self.dice.choice((1, 1, 0.4))
        return {
            "amount": money.yuan(int(body["bond_amount"] * share)), "account": "6222020000000000017",
            "contact": "谢知行", "contact_phone": "13900000008", "reason": "中标后无正当理由不订立合同",
        }, PAPER  # fmt: skip

    @staticmethod
    async def _numbers(visitor: Visitor, kind: str) -> set[str]:
        return set(_NUMBER.findall((await visitor.get(f"/applications/?kind={kind}")).text))
