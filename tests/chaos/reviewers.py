"""The institutions' reviewers: they decide at the desk what their systems decide by call, often at the same moment."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import httpx

from app import clock, money
from tests.chaos.stage import Stage
from tests.chaos.visitor import Visitor
from tests.support import papers

_TASKS = "SELECT id, key, form, institution FROM user_task WHERE role = 'institution_reviewer' ORDER BY id"
INVOICE = {"file": ("电子发票.pdf", papers.pdf(), "application/pdf")}
PATIENCE = 12.0  # seconds after which a reviewer no longer waits for the call
VOUCHER = {"voucher": ("付款凭证.pdf", papers.pdf(), "application/pdf")}


@dataclass
class Reviewers:
    stage: Stage
    dice: random.Random
    decided: Counter[str] = field(default_factory=Counter)
    _from: dict[int, float] = field(default_factory=dict)
    _visitors: dict[str, Visitor] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                now = monotonic()
                for task, key, form, institution in await asyncio.to_thread(self.stage.rows, _TASKS):
                    start = self._from.setdefault(task, now + self.dice.choice((0.0, 0.5, 1.0, PATIENCE)))
                    if now >= start and not await self._decide(task, key, form, institution):
                        self._from[task] = now + 2
                await asyncio.sleep(0.25)
        finally:
            for visitor in self._visitors.values():
                await visitor.close()

    async def _decide(self, task: int, number: str, form: str, institution: str) -> bool:
        """False if the institution knows nothing of it yet."""
        verdict = await self._verdict(institution, number)
        if verdict is None:
            return False
        said, files = answer(form, verdict)
        if institution not in self._visitors:
            who = {"institution": institution, "sub": f"reviewer-{institution}"}
            self._visitors[institution] = Visitor(self.stage, "institution_reviewer", **who)
        answered = await self._visitors[institution].post(f"/desk/tasks/{task}", files=files, **said)
        self.decided[f"{form} HTTP {answered.status_code}"] += 1
        return answered.status_code in (302, 303, 409)

    async def _verdict(self, institution: str, number: str) -> dict[str, Any] | None:
        """What stands in the institution's own books; asked for first, it is decided now."""
        body = {"institution": institution, "number": number}
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            try:
                answered = await client.post(f"{self.stage.institutions}/decide", json=body)
            except httpx.HTTPError:
                return None
        return answered.json() if answered.status_code == 200 else None


def answer(form: str, verdict: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any] | None]:
    """The institution's verdict in the words of the desk's form."""
    if verdict["result"] == "REJECTED":
        return {"result": "REJECTED", "reject_code": "N99", "reason": verdict["reason"]}, None
    if form == "claim/pay":
        return {"result": "PAID", "paid_at": local(verdict["paid_at"])}, VOUCHER
    said = {"result": "APPROVED"}
    if form in ("invoice/decide", "credit_note/decide"):
        return said | {"tax_invoice_no": verdict["tax_invoice_no"]}, INVOICE
    if form == "refund/decide":
        said |= {"amount": money.yuan(verdict["amount"]), "repay_txn_no": verdict["repay_txn_no"]}
        said |= {"repaid_at": local(verdict["repaid_at"])}
    elif form == "claim/decide":
        said |= {"approved_amount": money.yuan(verdict["approved_amount"]), "reason": "材料齐全"}
    return said, None


def local(moment: str) -> str:
    return clock.local(datetime.fromisoformat(moment)).strftime("%Y-%m-%dT%H:%M")
