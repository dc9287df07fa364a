"""An operator at the desk: decides the tasks the diagram gives to people, and retries each incident once."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx

from tests.chaos.stage import Stage
from tests.chaos.visitor import Visitor

LOOK_AGAIN = 10.0  # seconds before a difference of the books is looked at again
RETRIABLE = ("call", "step", "errand", "message")
_TASKS = "SELECT id, key, policy, form FROM user_task WHERE role = 'operator' ORDER BY id"
_OPEN = "SELECT count(*) FROM user_task WHERE role IN ('operator', 'institution_reviewer')"
_INCIDENTS = """
SELECT id, kind, key, element, coalesce(job_id, 0) FROM incident WHERE status = 'open' AND kind = ANY(%s) ORDER BY id
"""
Trouble = tuple[str, str, str, int]  # what an incident is about; the same trouble is tried once


@dataclass
class Robot:
    stage: Stage
    decided: Counter[str] = field(default_factory=Counter)
    retried: set[Trouble] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    look_at: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    async def run(self) -> None:
        """Until cancelled."""
        self.visitor = Visitor(self.stage, "operator")
        try:
            while True:
                for row in await asyncio.to_thread(self.stage.rows, _TASKS):
                    await self._decide(*row)
                for row in await asyncio.to_thread(self.stage.rows, _INCIDENTS, list(RETRIABLE)):
                    await self._retry(*row)
                await asyncio.sleep(0.5)
        finally:
            await self.visitor.close()

    def open(self) -> int:
        """Tasks nobody decided yet, and incidents nobody retried."""
        tasks = self.stage.rows(_OPEN)[0][0]
        return int(tasks) + sum(row[1:] not in self.retried for row in self.stage.rows(_INCIDENTS, list(RETRIABLE)))

    async def _decide(self, task: int, key: str, policy: str, form: str) -> None:
        if form == "reconciliation/settle" and monotonic() < self.look_at[key]:
            return
        no = key[:18] if policy == "order" else key
        books = await self._books(no)
        answers = {
            "order/settle": self._settle,
            "order/chase": self._chase,
            "order/repayment": self._repayment,
            "reconciliation/settle": self._compare,
            "offline/consider": self._keep,
        }
        answer = answers[form](task, no, books) if form in answers else {}  # 催办: the note is all it asks for
        said = await self.visitor.post(f"/desk/tasks/{task}", **answer, note="已与机构电话核实")
        self.decided[f"{form} {answer.get('outcome') or answer.get('result') or 'noted'}"] += 1
        if said.status_code >= 400:
            self.refused[f"{form} HTTP {said.status_code}"] += 1

    def _settle(self, task: int, no: str, books: dict[str, Any]) -> dict[str, str]:
        """核实支付状态: first ask the institution's system again, then say what the institution says."""
        self.asked[no] += 1
        if books["payments"] or self.asked[no] == 1:
            return {"outcome": "again"}
        return {"outcome": "unpaid"}

    def _chase(self, task: int, no: str, books: dict[str, Any]) -> dict[str, str]:
        """催办出函: one that is issued will come, one that is not is paid back."""
        return {"outcome": "wait" if books["guarantees"] else "repay"}

    def _repayment(self, task: int, no: str, books: dict[str, Any]) -> dict[str, str]:
        """处理未退款项: entered by hand only if the institution's books have it."""
        (given,) = self.stage.rows(
            "SELECT array_agg(repaid_txn_no) FROM payment WHERE order_no = %s AND repaid_txn_no <> ''", no
        )[0]
        missing = [one for one in books["repayments"] if one["repay_txn_no"] not in (given or [])]
        if missing:
            return {"outcome": "offline", "repay_txn_no": missing[0]["repay_txn_no"]}
        return {"outcome": "again"}

    def _compare(self, task: int, no: str, books: dict[str, Any]) -> dict[str, str]:
        """核对差异: compared again and again; when all orders have come to rest, both sides' books must agree."""
        self.look_at[no] = monotonic() + LOOK_AGAIN
        return {"outcome": "again"}

    def _keep(self, task: int, no: str, books: dict[str, Any]) -> dict[str, str]:
        """考虑下线: an institution that was silent for hours of a moved clock stays."""
        return {"result": "decline", "reason": "演练中无应答，保持上线"}

    async def _retry(self, incident: int, kind: str, key: str, element: str, job: int) -> None:
        if (kind, key, element, job) in self.retried:
            return
        said = await self.visitor.post(f"/desk/incidents/{incident}/retry")
        self.retried.add((kind, key, element, job))
        self.decided[f"retry {kind}"] += 1
        if said.status_code >= 400:
            self.refused[f"retry {kind} HTTP {said.status_code}"] += 1

    async def _books(self, no: str) -> dict[str, Any]:
        """What the institution says on the telephone."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            for _ in range(60):
                try:
                    answer = await client.get(f"{self.stage.institutions}/ledger", params={"order_no": no})
                    return answer.json()  # type: ignore[no-any-return]
                except httpx.HTTPError:
                    await asyncio.sleep(0.5)
        raise TimeoutError("the institution does not answer")
