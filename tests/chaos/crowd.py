"""The bidders: they apply over HTTP, pay on the institution's page, abandon, forget, and apply again elsewhere."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.orders.models import END, OrderState
from app.sandbox.institution import behaviour
from tests.chaos import plans
from tests.chaos.plans import Bidder, Plan, Site
from tests.chaos.stage import Stage
from tests.chaos.visitor import Lost, Visitor
from tests.chaos.watch import Watch

S = OrderState
PARKED = 45.0  # an order that waits longer than this waits for a clock
_NUMBER = re.compile(r"/orders/(DD\d+)")
PRODUCTS = {
    "bank_guarantee": ("BANK01-TB", "BANK02-TB"),
    "insurance_bond": ("INS01-TB", "INS02-TB"),
    "guarantor_guarantee": ("GUA01-TB", "GUA02-TB"),
}


@dataclass
class Placed:
    """An order that stands, as its bidder knows it."""

    no: str
    bidder: Bidder
    site: Site
    plan: Plan
    manners: dict[str, dict[str, Any]]


@dataclass
class Crowd:
    stage: Stage
    watch: Watch
    rule: dict[str, Any]
    people: list[Bidder]
    sites: list[Site]
    wanted: int
    dice: random.Random
    abreast: int
    weights: dict[str, int]
    placed: dict[str, Placed] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    acted: Counter[str] = field(default_factory=Counter)
    _visitors: dict[int, Visitor] = field(default_factory=dict)
    _locks: dict[int, asyncio.Lock] = field(default_factory=dict)
    _wishes: list[tuple[Bidder, Site]] = field(default_factory=list)
    _following: set[asyncio.Task[None]] = field(default_factory=set)
    _applying: int = 0

    async def run(self) -> None:
        """Until the wanted number of orders stands, and everybody has done what they meant to."""
        for bidder in self.people:
            self._visitors[bidder.number] = Visitor(self.stage, "bidder", **bidder.who)
            self._locks[bidder.number] = asyncio.Lock()
        self._wishes = [(bidder, site) for bidder in self.people for site in self.sites]
        self.dice.shuffle(self._wishes)
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(self._applicant())
        while self._following:
            await asyncio.gather(*self._following)

    async def close(self) -> None:
        for task in self._following:
            task.cancel()
        for visitor in self._visitors.values():
            await visitor.close()

    async def _applicant(self) -> None:
        while len(self.placed) + self._applying < self.wanted and self._wishes:
            if self.watch.in_flight() + self._applying >= self.abreast:
                await asyncio.sleep(0.1)
                continue
            self._applying += 1
            try:
                bidder, site = self._wishes.pop()
                async with self._locks[bidder.number]:
                    placed = await self._apply(bidder, site)
            finally:
                self._applying -= 1
            if placed is not None:
                self.placed[placed.no] = placed
                task = asyncio.create_task(self._follow(placed))
                self._following.add(task)
                task.add_done_callback(self._following.discard)
            await asyncio.sleep(self.dice.uniform(0.05, 0.4))

    # applying

    async def _apply(self, bidder: Bidder, site: Site) -> Placed | None:
        """The four steps; None if the policy says no (the lot ended meanwhile, say)."""
        visitor = self._visitors[bidder.number]
        kind = self.dice.choice(list(PRODUCTS))
        answer = await visitor.post("/orders/apply/lot", type=kind, lot=site.no)
        draft = answer.headers["location"].rsplit("/", 1)[0]
        handler = bidder.who["handler"]
        form = {"handler_name": handler["name"], "handler_id_no": handler["id_no"], "handler_phone": handler["phone"]}
        await visitor.post(f"{draft}/details", **form, amount=f"{site.body['bond_amount'] / 100:.2f}")
        products = self.dice.sample(PRODUCTS[kind], 2)
        for product in products:  # not every product is sold for every lot
            answer = await visitor.post(f"{draft}/institution", product=product)
            if answer.status_code == 302:
                break
        else:
            return await self._drop(visitor, draft, "no product")
        known = await self._numbers(visitor)
        no = await self._submit(visitor, draft, known)
        if not no:
            return await self._drop(visitor, draft, "refused")
        manners = behaviour.kinds(self.rule, no)
        return Placed(no, bidder, site, plans.plan(self.dice, self.weights, late="late" in manners), manners)

    async def _submit(self, visitor: Visitor, draft: str, known: set[str]) -> str:
        """The order's number; after an answer that never came it is looked up, and "" means refused."""
        while True:
            try:
                answer = await visitor.post(f"{draft}/submit", once=True, terms="true")
            except Lost:
                self.acted["submit unanswered"] += 1
                fresh = await self._numbers(visitor) - known
                if fresh:
                    return fresh.pop()
                continue
            found = _NUMBER.search(answer.headers.get("location", ""))
            if found:
                return found[1]
            if answer.status_code == 404:  # the draft is gone: it was placed, and the answer was lost
                return (await self._numbers(visitor) - known).pop()
            return ""

    async def _numbers(self, visitor: Visitor) -> set[str]:
        return set(_NUMBER.findall((await visitor.get("/orders/")).text))

    async def _drop(self, visitor: Visitor, draft: str, why: str) -> None:
        self.refused[why] += 1
        await visitor.post(f"{draft}/drop")

    # what they do with an order

    async def _follow(self, order: Placed) -> None:
        try:
            await self._live(order)
        except (TimeoutError, httpx.HTTPError) as error:
            self.acted[f"gave up: {type(error).__name__}"] += 1
        ended = self.watch.states.get(order.no, "") in END - {S.ISSUED}
        if ended and self.dice.random() < 0.5:  # another institution is offered
            self._wishes.append((order.bidder, order.site))

    async def _live(self, order: Placed) -> None:
        plan, no = order.plan, order.no
        self.acted[plan.acts] += 1
        if plan.acts == plans.ABANDONS_EARLY:
            await asyncio.sleep(min(plan.thinks, 4) / 4)
            await self._abandon(order)
            return
        if not await self._priced(order):
            return
        await asyncio.sleep(plan.thinks)
        deeds: dict[str, list[Callable[[Placed], Awaitable[None]]]] = {
            plans.PAYS: [self._pay],
            plans.PAYS_TWICE: [self._pay, self._pay],
            plans.ABANDONS: [self._abandon],
            plans.RACES: [self._pay, self._abandon],
        }
        await asyncio.gather(*(deed(order) for deed in deeds.get(plan.acts, [])))
        await self.watch.until(no, lambda state: state in END, PARKED)

    async def _priced(self, order: Placed) -> bool:
        """Whether it came to 等待支付, the bidder having agreed to a new premium if one was asked."""
        for _ in range(int(PARKED * 4)):
            state = self.watch.states.get(order.no, S.UNDERWRITING)
            if state != S.UNDERWRITING:
                return state == S.AWAITING_PAYMENT
            task = next((t for t in self.watch.tasks if t[1] == order.no and t[2] == "order/consent"), None)
            if task is not None:
                agree = "yes" if order.plan.consents else "no"
                path = f"/orders/{order.no}/tasks/{task[0]}"
                await self._visitors[order.bidder.number].post(path, agree=agree)
                self.acted[f"consent {agree}"] += 1
                await self.watch.until(order.no, lambda now: now != S.UNDERWRITING, 10)
            await asyncio.sleep(0.25)
        return False

    async def _abandon(self, order: Placed) -> None:
        await self._visitors[order.bidder.number].post(f"/orders/{order.no}/abandon")

    async def _pay(self, order: Placed) -> None:
        """【获取支付】, then the institution's page; a link that can't be had now is asked for again."""
        visitor = self._visitors[order.bidder.number]
        for _ in range(12):
            answer = await visitor.get(f"/orders/{order.no}/pay")
            page = answer.headers.get("location", "")
            if answer.status_code == 302 and page.startswith(self.stage.institutions):
                await self._at_the_counter(page)
                return
            if self.watch.states.get(order.no) != S.AWAITING_PAYMENT:
                return
            await asyncio.sleep(1.5)

    async def _at_the_counter(self, page: str) -> None:
        """The institution's own page; a person who saw no answer looks again before paying again."""
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            for _ in range(60):
                try:
                    if "<form" not in (await client.get(page)).text:
                        return
                    answer = await client.post(page, data={"channel": "企业网银"})
                    if answer.status_code in (303, 404, 409):
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.5)
