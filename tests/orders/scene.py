"""A stage for orders: bidders with their pages, institutions with their signed calls, a trading platform, a clock."""

import copy
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import case, func, select
from werkzeug.test import TestResponse

from app import clock, worker
from app.audit import AuditLine
from app.db import db, transaction
from app.guarantees.models import Guarantee
from app.jobs import relay
from app.jobs.models import ANSWERED, DONE, DUE, FAILED, RUNNING, Job
from app.ledger import LedgerEntry
from app.notices.models import Notice
from app.orders import secrets
from app.orders.models import Order, OrderState, Payment
from app.protocol.calls import A6, B1, B2, B3, B4, B11, C1, C2, Call
from app.protocol.digests import sm3_hex
from app.runtime import inbox
from app.runtime.models import ENDED, OPEN, InboxMessage, Incident, Instance, UserTask
from app.runtime.operations import OpContext
from app.runtime.replay import replay
from app.runtime.step import catalogue, opened_state
from app.sandbox import demo as sandbox
from app.sandbox.cast import ENTITIES
from tests.gateway.party import Answer, Party
from tests.orders.counter import Counter
from tests.support.people import login_as

PREMIUM = 180_000  # BANK01: 0.30 % of 600,000 yuan, in fen
BOND = 60_000_000
RESTING = {"bidder", "earned", "issuer", "claimed"}
LOT = "LOT-1"


XIANGJIAN, YANCHI, YUEYUN = ENTITIES[:3]
"""Market entities that bid: {sub, name, uscc, roles, handler}."""
Bidder = dict[str, Any]


class Scene:
    def __init__(self, app: Flask, counter: Counter, document: dict[str, Any], papers: "dict[str, bytes]"):
        self.app, self.counter, self.papers = app, counter, papers
        self.began = clock.offset()
        self.now = clock.now()
        self.platform = sandbox.key(document["platform"]["sm2"] | {"private_key": ""})
        client = app.test_client()
        self.parties = {
            one["code"]: self._party(client, one["app_id"], sandbox.key(one["key"])) for one in document["institutions"]
        }
        self.trading = self._party(client, document["trading"]["app_id"], sandbox.key(document["trading"]["key"]))
        self.txn = 0

    def _party(self, client: FlaskClient, app_id: str, key: Any) -> Party:
        return Party(client, app_id, key, [key, self.platform])

    # lots

    def lot(self, no: str = LOT, **changes: Any) -> str:
        """C1; the bid deadline is ten days off unless said otherwise."""
        deadline = clock.now().replace(microsecond=0) + timedelta(days=10)
        values = {
            "version": 1, "lot_no": f"A4301-2026-{no}", "name": f"湘江新区梅溪湖二期市政道路工程施工{no}标段",
            "project": {"project_no": "P4301-2026-0107", "name": "湘江新区梅溪湖二期市政道路工程"}, "region": "430102",
            "category": "works", "estimate": 3_200_000_000, "bond_amount": BOND, "bid_deadline": deadline,
            "opening_at": deadline + timedelta(hours=1), "bid_validity_days": 90,
            "tenderer": {"name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"},
        } | changes  # fmt: skip
        if "opening_at" not in changes:
            values["opening_at"] = values["bid_deadline"] + timedelta(hours=1)
        assert self.trading.say(C1, values, lot_id=no).code == 0
        return no

    def lot_event(self, kind: str, lot: str = LOT, *, unseals: bool = True) -> None:
        """C2, and what it sets going; `unseals`: institutions tell their guarantees openly once they are asked."""
        self.txn += 1
        said = {"event_id": f"E{self.txn}", "event": kind, "at": clock.now().replace(microsecond=0)}
        if kind in ("TERMINATED", "FAILED", "SUSPENDED"):
            said["reason"] = "招标人决定"
        assert self.trading.say(C2, said, lot_id=lot).code == 0
        self.work()
        if kind == "OPENED" and unseals:
            for guarantee in self.rows(select(Guarantee).where(Guarantee.plain_file_id.is_(None))):
                if self.asked(guarantee.no, A6):
                    self.unseals(guarantee)

    def unseals(self, guarantee: Guarantee, paper: str = "good") -> None:
        """B4."""
        plain, sealed = (self.papers[f"{guarantee.institution}:{kind}"] for kind in (paper, "good"))
        said = {"guarantee_no": guarantee.no, "file": self.file(plain), "replaces_sm3": sm3_hex(sealed)}
        assert self.parties[guarantee.institution].say(B4, said).code == 0
        self.work()

    # the bidder's pages

    def client(self, who: Bidder = XIANGJIAN) -> FlaskClient:
        client = self.app.test_client()
        login_as(client, "bidder", **who)
        return client

    def applied(
        self, lot: str = LOT, *, product: str = "BANK01-TB", amount: str = "600000.00", who: Bidder = XIANGJIAN,
        until: str = "submit",
    ) -> TestResponse:  # fmt: skip
        """The four steps of 保函申请, as far as `until`; the last answer."""
        client = self.client(who)
        kind = {"BANK": "bank_guarantee", "INS0": "insurance_bond", "GUA0": "guarantor_guarantee"}[product[:4]]
        answer = client.post("/orders/apply/lot", data={"type": kind, "lot": lot})
        draft = answer.location.split("/")[3]
        details = {f"handler_{name}": value for name, value in who["handler"].items()} | {"amount": amount}
        steps = {"details": details, "institution": {"product": product}, "submit": {"terms": "true"}}
        for step, said in steps.items():
            answer = client.post(f"/orders/apply/{draft}/{step}", data=said)
            if step == until or answer.status_code != 302:
                return answer
        return answer

    def apply(self, lot: str = LOT, **how: Any) -> str:
        """An order placed and pushed to its institution; its number."""
        answer = self.applied(lot, **how)
        assert answer.status_code == 302, answer.text
        no: str = answer.location.rsplit("/", 1)[1]
        self.work()
        return no

    def page(self, no: str, part: str = "", *, who: Bidder = XIANGJIAN) -> str:
        return self.client(who).get(f"/orders/{no}{part}").text

    def pay(self, no: str, *, who: Bidder = XIANGJIAN) -> TestResponse:
        """【获取支付】: where it leads."""
        return self.client(who).get(f"/orders/{no}/pay")

    def abandon(self, no: str, *, who: Bidder = XIANGJIAN) -> TestResponse:
        """【放弃申请】 →【确定】."""
        answer = self.client(who).post(f"/orders/{no}/abandon", follow_redirects=True)
        self.work()
        return answer

    def consent(self, no: str, agree: str, *, who: Bidder = XIANGJIAN) -> TestResponse:
        answer = self.client(who).post(
            f"/orders/{no}/tasks/{self.task(no).id}", data={"agree": agree}, follow_redirects=True
        )
        self.work()
        return answer

    def decide(self, no: str, **said: str) -> TestResponse:
        """An operator does the order's open task on the desk."""
        client = self.app.test_client()
        login_as(client, "operator")
        task = self.task(no)
        client.post(f"/desk/tasks/{task.id}/claim")
        answer = client.post(f"/desk/tasks/{task.id}", data={"note": "已与机构电话核实", **said})
        assert answer.status_code == 303, re.findall(r'<p class="error"[^>]*>(.*?)</p>|<h1>(.*?)</h1>', answer.text)
        self.work()
        return answer

    def again(self, name: str) -> None:
        """The outside call is made a second time, as after a kill."""
        with self.app.app_context(), transaction():
            job = db.session.scalars(select(Job).where(Job.name == name).order_by(Job.id.desc())).first()
            assert job is not None
            context = OpContext(key=self._place(job), policy="", now=clock.now(), element="", idempotency=job.key)
            payload = orjson.loads(job.payload)
        with self.app.app_context():
            catalogue().operations[name].run(context, **payload)
        self.work()

    @staticmethod
    def _place(job: Job) -> str:
        return db.session.get_one(Instance, job.instance_id).key

    def settle(self, no: str) -> None:
        """An operator marks the order's one incident as dealt with."""
        client = self.app.test_client()
        login_as(client, "operator")
        (incident,) = self.rows(select(Incident).where(Incident.key == no, Incident.status == OPEN))
        answer = client.post(f"/desk/incidents/{incident.id}/resolve", data={"resolve_note": "已与机构电话核实"})
        assert answer.status_code in (302, 303)

    # what institutions tell

    def say(self, call: Call, no: str, body: dict[str, Any], *, tell: bool = True, code: str = "") -> Answer | None:
        if not tell:
            return None
        answer = self.parties[code or self.institution(no)].say(call, {"order_no": no, **body})
        assert answer.code == 0, answer
        self.work()
        return answer

    def passes(self, no: str, premium: int | None = None, *, tell: bool = True) -> None:
        verdict = {"order_no": no, "result": "PASS", "premium": self.premium(no) if premium is None else premium}
        self.counter.order(no).verdict = verdict
        self.say(B1, no, verdict, tell=tell)

    def rejects(self, no: str, *, tell: bool = True, reason: str = "担保金额超出可用授信额度") -> None:
        verdict = {"order_no": no, "result": "REJECT", "reject_code": "U03", "reason": reason}
        self.counter.order(no).verdict = verdict
        self.say(B1, no, verdict, tell=tell)

    def paid(
        self, no: str, amount: int | None = None, *, txn: str = "", tell: bool = True, issues: str = "PENDING"
    ) -> str:  # fmt: skip
        """The institution has money; `tell` says B2, `issues` is what A4 says of the guarantee from now on."""
        self.txn += 1
        txn = txn or f"T{self.txn}"
        payment = {
            "order_no": no, "pay_txn_no": txn, "amount": self.premium(no) if amount is None else amount,
            "channel": "企业网银", "paid_at": clock.now().replace(microsecond=0), "status": "SUCCESS",
        }  # fmt: skip
        books = self.counter.order(no)
        books.payments.append(payment)
        if books.issue_status == "NONE":
            books.issue_status = issues
        self.say(B2, no, payment, tell=tell)
        return txn

    def issuance(self, no: str, *, paper: str = "good", **changes: Any) -> dict[str, Any]:
        """A guarantee as B3 tells it; `paper` is one of the printed files."""
        content = self.papers[f"{self.institution(no)}:{paper}"]
        with self.app.app_context():
            bought = secrets.content(secrets.find(no))
        file = self.file(content)
        if paper == "hash":
            file |= {"sm3": "0" * 64}
        return {
            "order_no": no, "result": "ISSUED", "guarantee_no": f"BH-{no}", "verify_code": "80514427",
            "issued_at": clock.now().replace(microsecond=0), "valid_from": bought.begins.replace(microsecond=0),
            "valid_to": bought.ends, "amount": bought.amount, "mode": "SEALED", "kind": "INDEPENDENT", "file": file,
        } | changes  # fmt: skip

    @staticmethod
    def file(content: bytes) -> dict[str, Any]:
        """A PDF as a message carries it."""
        hashes = {"sm3": sm3_hex(content), "sha256": hashlib.sha256(content).hexdigest()}
        return {"format": "PDF", "content": content, **hashes}

    def issues(
        self, no: str, *, tell: bool = True, known: bool = True, paper: str = "good", on: str = "", **changes: Any
    ) -> None:
        """The institution issues; `known` enters it in its books, so that A4 tells it too. `on`: for this payment,
        which it then does not give back."""
        told = self.issuance(no, paper=paper, **changes)
        self.counter.order(no).rests_on = on
        if known:
            self.counter.order(no).issue_status, self.counter.order(no).issuance = "ISSUED", told
        self.say(B3, no, told, tell=tell)

    def refuses_issue(self, no: str, *, tell: bool = True, reason: str = "承保条件发生变化") -> None:
        told = {"order_no": no, "result": "REFUSED", "reject_code": "I02", "reason": reason}
        self.counter.order(no).issue_status, self.counter.order(no).issuance = "REFUSED", told
        self.say(B3, no, told, tell=tell)

    def repays(self, no: str, txn: str, *, result: str = "DONE", tell: bool = True) -> None:
        books = self.counter.order(no)
        amount = next(one["amount"] for one in books.payments if one["pay_txn_no"] == txn)
        told = {
            "order_no": no, "pay_txn_no": txn, "amount": amount, "at": clock.now().replace(microsecond=0),
            "result": result,
        }  # fmt: skip
        told |= {"repay_txn_no": f"R-{txn}"} if result == "DONE" else {"reason": "原账户已销户"}
        books.repayments.append(told)
        self.say(B11, no, told, tell=tell)

    # time

    def work(self) -> None:
        """Relay and workers, until nothing is due now."""
        for _ in range(200):
            with self.app.app_context(), transaction():
                jobs, messages = [job.id for job in relay.due()], inbox.overdue()
            for identity in jobs:
                with self.app.app_context():
                    worker.carry_one(identity)
            for identity in messages:
                with self.app.app_context():
                    inbox.redeliver(identity)
            if not jobs and not messages:
                return
        raise AssertionError("the work never ends")

    def wait(self, **ahead: float) -> None:
        """Time passes; what falls due on the way is done when it falls due."""
        until = clock.now() + timedelta(**ahead)
        for _ in range(2000):
            due = self._next_due()
            if due is None or due > until:
                break
            self._move(due)
            self.work()
        else:
            raise AssertionError("something is due again and again")
        self._move(until)
        self.work()

    def _next_due(self) -> datetime | None:
        with self.app.app_context():
            next_at = case((Job.state == RUNNING, Job.lease_until), else_=Job.run_at)
            jobs = db.session.scalar(select(func.min(next_at)).where(Job.state.in_((DUE, RUNNING, ANSWERED))))
            looks = db.session.scalar(select(func.min(InboxMessage.look_at)).where(InboxMessage.delivered_at.is_(None)))
        return min((moment for moment in (jobs, looks) if moment is not None), default=None)

    def _move(self, to: datetime) -> None:
        """Never back: the work on the way takes time of its own."""
        to = max(to, clock.now())
        clock.shift(to - datetime.now(UTC) + timedelta(milliseconds=1))

    # what there is to see

    def rows(self, query: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(query))

    def order(self, no: str) -> Order:
        with self.app.app_context():
            return secrets.find(no)

    def state(self, no: str) -> str:
        """The label people read."""
        return OrderState(self.order(no).state).label

    def institution(self, no: str) -> str:
        return self.order(no).institution

    def premium(self, no: str) -> int:
        with self.app.app_context():
            return secrets.content(secrets.find(no)).premium

    def ledger(self, no: str) -> dict[str, int]:
        """Where the order's money is, accounts that stand at zero left out."""
        found: dict[str, int] = {}
        for entry in self.rows(select(LedgerEntry).where(LedgerEntry.order_no == no)):
            found[entry.account] = found.get(entry.account, 0) + entry.amount
        assert sum(found.values()) == 0, found
        return {account: amount for account, amount in found.items() if amount}

    def payments(self, no: str) -> list[Payment]:
        return self.rows(select(Payment).where(Payment.order_no == no).order_by(Payment.id))

    def guarantee(self, no: str) -> Guarantee | None:
        return next(iter(self.rows(select(Guarantee).where(Guarantee.order_no == no))), None)

    def told(self, no: str) -> list[str]:
        """Titles of the notices about the order, oldest first."""
        return self.told_of(f"/orders/{no}")

    def told_of(self, link: str) -> list[str]:
        """Titles of the notices that lead there, oldest first."""
        return [n.body["title"] for n in self.rows(select(Notice).order_by(Notice.id)) if n.link == link]

    def order_of(self, guarantee: str) -> str:
        (no,) = self.rows(select(Guarantee.order_no).where(Guarantee.no == guarantee))
        return no

    def texts(self, no: str) -> list[str]:
        """What SMS about the order said."""
        return [text["text"] for text in self.counter.texts if no in text["text"]]

    def audit(self, no: str) -> list[str]:
        return [
            line.text for line in self.rows(select(AuditLine).where(AuditLine.subject == no).order_by(AuditLine.id))
        ]

    def incidents(self, no: str) -> list[str]:
        query = select(Incident).where(Incident.key == no, Incident.status == OPEN).order_by(Incident.id)
        return [incident.message for incident in self.rows(query)]

    def tasks(self, no: str) -> list[str]:
        return [task.name for task in self.rows(select(UserTask).where(UserTask.key == no))]

    def tasks_of(self, no: str) -> list[UserTask]:
        return self.rows(select(UserTask).where(UserTask.key == no))

    def task(self, no: str) -> UserTask:
        (task,) = self.rows(select(UserTask).where(UserTask.key == no))
        return task

    def timers(self, no: str) -> dict[str, timedelta]:
        """Timers that run for the order, with the time left in whole seconds."""
        query = select(Job).join(Instance, Instance.id == Job.instance_id).where(
            Instance.key == no, Job.kind == "timer", Job.state == DUE
        )  # fmt: skip
        left = {job.name: job.run_at - clock.now() for job in self.rows(query)}
        return {name: timedelta(seconds=round(span.total_seconds())) for name, span in left.items()}

    def quiet(self, no: str) -> bool:
        """Nothing is left to do for the order but to watch for late news."""
        jobs = self.rows(select(Job).join(Instance, Instance.id == Job.instance_id).where(Instance.key == no))
        left = {(job.kind, job.name) for job in jobs if job.state != DONE}
        return (
            left <= {("timer", "watch_over"), ("timer", "extra_over")}
            and not self.tasks(no)
            and not self.undelivered(no)
        )

    def undelivered(self, no: str) -> list[str]:
        query = select(InboxMessage).where(
            InboxMessage.key == no, InboxMessage.delivered_at.is_(None), InboxMessage.optional.is_(False)
        )
        return [message.name for message in self.rows(query)]

    def asked(self, no: str, call: Call) -> list[dict[str, Any]]:
        """What the institution was asked by this call."""
        return self.counter.order(no).bodies(call)

    # the end

    def play_out(self) -> None:
        """Let two months pass; every case must come to its end, with nothing left over."""
        self.wait(days=62)
        for instance in self.rows(select(Instance)):
            assert instance.status == ENDED, (instance.policy, instance.key, self.tasks(instance.key))
            assert self.ledger(instance.key).keys() <= RESTING, self.ledger(instance.key)
            assert not self.undelivered(instance.key)
            self.replayed(instance)
        assert not self.rows(select(UserTask))
        left = self.rows(select(Job).where(Job.state.in_((DUE, RUNNING, ANSWERED, FAILED))))
        assert not left, [(job.kind, job.name, job.state, job.error) for job in left]

    def replayed(self, instance: Instance) -> None:
        """From its history the case goes the same way to the same end."""
        with self.app.app_context():
            verdict = replay(instance.policy, instance.key)
            assert verdict.same, verdict.divergence
            assert verdict.state == opened_state(instance.state)


@contextmanager
def staged(app: Flask, counter: Counter, document: dict[str, Any], papers: dict[str, bytes]) -> Iterator[Scene]:
    before = clock.offset()
    try:
        yield Scene(app, counter, copy.deepcopy(document), papers)
    finally:
        clock.shift(before)
