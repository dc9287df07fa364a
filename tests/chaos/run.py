"""One run: orders and kills, calm, the clock a day on, calm, the verdict."""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import clock
from tests.chaos import books, plans, verdict
from tests.chaos.calm import Calm
from tests.chaos.crowd import Crowd
from tests.chaos.feed import Feed
from tests.chaos.harm import WAYS, Harm
from tests.chaos.holders import Asked, Holders
from tests.chaos.reviewers import Reviewers
from tests.chaos.robot import Robot
from tests.chaos.stage import Stage
from tests.chaos.watch import Watch

DAY = 86400.0
PATIENCE = 300  # seconds until all must be still; a worker waits half a minute for each call nobody answers


@dataclass
class Setup:
    """How large, how bad, and where it starts from. `least`: orders in flight at every kill."""

    orders: int = 300
    kills: int = 26
    seed: int = 1
    least: int = 20
    abreast: int = 45
    people: int = 24
    lots: int = 24
    soon: float = 110.0
    days: tuple[int, ...] = (1, 2, 34)  # how far the clock is moved; nothing: judged where it stands
    kinds: list[str] = field(default_factory=lambda: list(plans.KINDS))
    weights: dict[str, int] = field(default_factory=lambda: dict(plans.WEIGHTS))
    ways: dict[str, int] = field(default_factory=lambda: dict(WAYS))
    fates: bool = True
    applications: int = 120  # on guarantees, a day on
    application_kills: int = 8
    keep: bool = False

    @property
    def seconds(self) -> float:
        """About how long the orders take to come in."""
        return self.orders * 0.8


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Run:
    def __init__(self, setup: Setup):
        self.setup = setup
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))  # short: sockets live in it
        self.dice = random.Random(setup.seed)
        mix = {"seed": setup.seed, "share": plans.SHARE, "kinds": setup.kinds, "always": ["decides"]}
        self.rule = {"random": mix}
        self.findings: list[verdict.Finding] = []
        self.asked: dict[str, Asked] = {}
        self.invoiced: dict[str, str] = {}
        self.application_kills = 0

    def __call__(self) -> dict[str, Any]:
        """Everything; returns what the last line says."""
        began = time.monotonic()
        stage = Stage(self.folder)
        try:
            say(f"starting in {self.folder}")
            stage.start()
            result = asyncio.run(self._through(stage))
        finally:
            stage.close()
            if self.setup.keep:
                say(f"kept {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)
        return result | {"seconds": round(time.monotonic() - began)}

    async def _through(self, stage: Stage) -> dict[str, Any]:
        stage.misbehave({"institution": "*", **self.rule})
        feed = Feed(stage)
        sites = plans.sites(self.setup.lots, clock.now(), self.setup.soon, fates=self.setup.fates)
        await asyncio.to_thread(feed.enter, sites)
        crowd, harm, robot = await self._storm(stage, feed, sites)
        calm = Calm(stage, robot)
        await self._settle(stage, calm, robot, 0.0)
        if not self.setup.days:
            await self._judge(stage, crowd, 0.0)
        for days in self.setup.days:
            offset = days * DAY
            await asyncio.to_thread(stage.stop)
            await asyncio.to_thread(stage.start, offset)
            await self._settle(stage, calm, robot, offset)
            if days == 1 and self.setup.applications:
                await self._applications(stage, feed, sites, crowd)
                await self._settle(stage, calm, robot, offset)
            if days > 1:  # what the first day's timers set going has a day of its own
                await self._judge(stage, crowd, offset)
        counts = Counter(one[0] for one in dict.fromkeys(self.findings))
        for which, no, what in dict.fromkeys(self.findings):
            order = self.asked[no].order if no in self.asked else self.invoiced.get(no, no)
            say(f"{which.upper()} {no} {what} {crowd.placed[order].manners if order in crowd.placed else ''}")
        return {
            "orders": len(crowd.placed),
            "kills": harm.total,
            "lost": counts[verdict.LOST],
            "doubled": counts[verdict.DOUBLED],
            "stuck": counts[verdict.STUCK],
            "kills_by": dict(sorted(harm.done.items())),
            "flushes": harm.flushes,
            "invoices": len(self.invoiced),
            "applications": dict(sorted(Counter(one.kind for one in self.asked.values()).items())),
            "application_kills": self.application_kills,
            "least_in_flight": min(harm.in_flight, default=0),
            "seed": self.setup.seed,
        }

    async def _storm(self, stage: Stage, feed: Feed, sites: list[plans.Site]) -> tuple[Crowd, Harm, Robot]:
        """Orders come in while parts die."""
        setup, watch = self.setup, Watch(stage)
        people = plans.bidders(setup.people)
        crowd = Crowd(
            stage, watch, self.rule, people, sites, setup.orders, self._dice("crowd"), setup.abreast, setup.weights
        )
        harm = Harm(
            stage,
            lambda: len(crowd.placed) / setup.orders,
            watch.in_flight,
            watch.count_now,
            setup.kills,
            setup.least,
            self._dice("harm"),
            setup.ways,
        )
        robot = Robot(stage)
        watch.begin()
        over = asyncio.Event()
        others = [asyncio.create_task(one) for one in (self._tell(crowd, watch, harm), robot.run())]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed.run(sites, setup.seconds, self._dice("feed")))
                group.create_task(harm.run(over))
                await crowd.run()
                over.set()
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await crowd.close()
            await watch.end()
        say(f"{len(crowd.placed)} orders stand, {harm.total} kills {dict(harm.done)}, {harm.flushes} flushes")
        say(f"in flight at kills: {harm.in_flight}; bidders {dict(crowd.acted)}, refused {dict(crowd.refused)}")
        if feed.refused:
            say(f"lot news refused: {feed.refused}")
        return crowd, harm, robot

    async def _applications(self, stage: Stage, feed: Feed, sites: list[plans.Site], crowd: Crowd) -> None:
        """Lots are opened and put off; applications come in and are decided by both doors while parts die."""
        setup, watch = self.setup, Watch(stage)
        opened, changed = await feed.after_opening(sites)
        holders = Holders(
            stage, watch, crowd.placed, opened, changed, setup.applications, self._dice("holders"),
            asked=self.asked, invoiced=self.invoiced,
        )  # fmt: skip
        harm = Harm(
            stage,
            lambda: len(holders.asked) / setup.applications,
            lambda: watch.applied,
            watch.applied_now,
            setup.application_kills,
            min(6, setup.applications // 4),
            self._dice("harm again"),
            setup.ways,
        )
        watch.begin()
        over, reviewers = asyncio.Event(), Reviewers(stage, self._dice("reviewers"))
        deciding = asyncio.create_task(reviewers.run())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(harm.run(over))
                await holders.run()
                over.set()
        finally:
            deciding.cancel()
            await asyncio.gather(deciding, return_exceptions=True)
            await watch.end()
        self.application_kills = harm.total
        say(f"{len(self.asked)} applications and {len(self.invoiced)} invoices stand")
        say(f"{harm.total} kills {dict(harm.done)}, {harm.flushes} flushes")
        say(f"in flight at kills: {harm.in_flight}; refused {dict(holders.refused)}, unanswered {holders.unanswered}")
        say(f"at the desk: {dict(reviewers.decided)}")

    async def _settle(self, stage: Stage, calm: Calm, robot: Robot, offset: float) -> None:
        began = time.monotonic()
        reviewers = Reviewers(stage, self._dice(f"reviewers {offset}"))
        working = [asyncio.create_task(one.run()) for one in (robot, reviewers)]
        try:
            moving = await calm.come(offset, PATIENCE)
        finally:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        states = dict(stage.rows("SELECT state, count(*) FROM bid_order GROUP BY 1 ORDER BY 1"))
        say(f"calm at +{offset / DAY:g} d after {time.monotonic() - began:.0f} s {f'but {moving}' if moving else ''}")
        say(f"  {states}; operator {dict(robot.decided)} {dict(robot.refused) or ''}")
        say(f"  reviewers {dict(reviewers.decided)}")

    async def _judge(self, stage: Stage, crowd: Crowd, offset: float) -> None:
        found = await asyncio.to_thread(books.read, stage)
        result = verdict.judge(stage, found, set(crowd.placed), self.asked, self.invoiced, offset=offset)
        self.findings += result.findings
        say(f"verdict at +{offset / DAY:g} d: {Counter(one[0] for one in result.findings) or 'nothing found'}")

    async def _tell(self, crowd: Crowd, watch: Watch, harm: Harm) -> None:
        while True:
            await asyncio.sleep(5)
            states = dict(Counter(watch.states.values()))
            say(f"{len(crowd.placed)} orders, {watch.in_flight()} in flight, {harm.total} kills; {states}")

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.setup.seed}:{name}")
