"""The trading platform: tells of the run's lots (C1) and of what befalls them (C2), until it is heard."""

import asyncio
import json
import random
from datetime import timedelta
from typing import Any

from app import clock
from app.protocol.calls import C1, C2, Call
from app.protocol.client import Client, Refused, Unreachable
from app.sandbox import demo
from tests.chaos.plans import Site
from tests.chaos.stage import Stage, patiently


class Feed:
    def __init__(self, stage: Stage):
        document = json.loads((stage.var / "demo.json").read_text())
        trading, key = document["trading"], demo.key(document["trading"]["key"])
        believed = [key, demo.key(document["platform"]["sm2"])]
        self.client = Client(stage.web, trading["app_id"], key, believed, clock=clock.now)
        self.refused: list[str] = []
        self._sent = 0

    def enter(self, sites: list[Site]) -> None:
        for site in sites:
            self._tell(C1, site, site.body)

    async def run(self, sites: list[Site], seconds: float, dice: random.Random) -> None:
        """Each fate at its own moment of the run."""
        async with asyncio.TaskGroup() as group:
            for site in sites:
                if site.fate:
                    group.create_task(self._befall(site, dice.uniform(0.25, 0.7) * seconds))

    async def _befall(self, site: Site, after: float) -> None:
        await asyncio.sleep(after)
        if site.fate in ("terminated", "failed"):
            await self._event(site, site.fate.upper(), "项目规划调整")
        elif site.fate == "suspended":
            await self._event(site, "SUSPENDED", "收到异议")
            await asyncio.sleep(20)
            await self._event(site, "RESUMED")
        elif site.fate == "changed":
            await self._move(site, timedelta(days=3))
            await self._event(site, "CHANGED")
        elif site.fate == "brought_forward":  # its deadline is over at once
            await self._move(site, clock.now() - timedelta(seconds=1) - site.body["bid_deadline"])

    async def after_opening(self, sites: list[Site]) -> tuple[set[str], set[str]]:
        """Lots whose hour has come are opened, others put off; the numbers of both."""
        opened, changed = set(), set()
        for site in sites:
            if site.fate in ("terminated", "failed"):
                continue
            if site.body["opening_at"] <= clock.now():
                await self._event(site, "OPENED")
                opened.add(site.no)
            elif int(site.no[2:]) % 2:
                await self._move(site, timedelta(days=5))
                await self._event(site, "CHANGED", number=2)
                changed.add(site.no)
        return opened, changed

    async def _move(self, site: Site, by: timedelta) -> None:
        deadline = (site.body["bid_deadline"] + by).replace(microsecond=0)
        site.body |= {
            "version": site.body["version"] + 1,
            "bid_deadline": deadline,
            "opening_at": deadline + timedelta(minutes=30),
        }
        await asyncio.to_thread(self._tell, C1, site, site.body)

    async def _event(self, site: Site, event: str, reason: str | None = None, *, number: int = 1) -> None:
        body: dict[str, Any] = {
            "event_id": f"{site.no}-{event}-{number}",
            "event": event,
            "at": clock.now(),
            "reason": reason,
        }
        await asyncio.to_thread(self._tell, C2, site, body)

    def _tell(self, call: Call, site: Site, body: dict[str, Any]) -> None:
        self._sent += 1
        request = f"chaos-{site.no}-{call.id}-{self._sent}"
        for _ in patiently(90, f"{call.id} {site.no}"):
            try:
                self.client.call(call, body, request_id=request, lot_id=site.no)
            except Unreachable:
                continue
            except Refused as refused:
                self.refused.append(f"{call.id} {site.no}: {refused}")
            return
