"""An installation for measuring: each kind of database, the demo's parties, orders driven without the network.

The outside world is answered for at the rows (a call's job gets its answer as a worker would write it), so that what
is measured is the runtime with all rows written, and nothing else.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock, gateway, institutions, numbering, projects, runtime
from app.audit import SYSTEM, Actor
from app.db import db, transaction
from app.embedded import Valkey
from app.institutions.seeds import seed_lists
from app.jobs.models import ANSWERED, Job
from app.notices import telling
from app.orders import quoting
from app.runtime import carrying, definitions, inbox
from app.runtime.models import UserTask
from app.sandbox import demo as sandbox
from app.settings import ROOT
from tests.support.installation import Installation
from tests.support.postgres import Postgres

BIDDER = Actor("bench", "投标人", sealed=True)
AMOUNT = 10_000_000


@contextmanager
def places(*kinds: str) -> Iterator[dict[str, Installation]]:
    """Installations by kind of database, on servers that end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    valkey = Valkey(folder / "valkey", durable=False).start().wait()
    postgres = Postgres(durable=True).start() if "postgresql" in kinds else None
    try:
        yield {
            kind: Installation(kind, folder / kind, valkey.url, postgres if kind == "postgresql" else None)
            for kind in kinds
        }
    finally:
        if postgres:
            postgres.stop()
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)


def furnish(app: Flask, folder: Path) -> None:
    """What a new installation begins with, the demo's institutions, and one lot."""
    document = sandbox.create(folder).content
    with app.app_context():
        with transaction():
            seed_lists()
            telling.seed_texts(ROOT / "config/messages.yaml")
        with transaction():
            definitions.seed(ROOT, by=SYSTEM)
        with transaction():
            gateway.seed_demo(document)
        with transaction():
            lot("BENCH-1")


def lot(no: str) -> None:
    """A lot open for bids; the caller holds the transaction."""
    now = clock.now().replace(microsecond=0)  # as the trading platform tells it
    projects.upsert(
        no,
        {
            "version": 1,
            "lot_no": no,
            "name": "标段",
            "project": {"project_no": "P-BENCH", "name": "项目"},
            "region": "430100",
            "category": "works",
            "estimate": 1_000_000_000,
            "bond_amount": AMOUNT,
            "bid_deadline": now + timedelta(days=20),
            "opening_at": now + timedelta(days=20, hours=1),
            "bid_validity_days": 90,
            "tenderer": {"name": "招标人", "uscc": "91430100MA4L1AB123"},
            "mode": "SEALED",
        },
        by=SYSTEM,
    )


class Drive:
    """Orders of one installation, moved step by step."""

    def __init__(self, lot_no: str = "BENCH-1") -> None:
        self.lot = projects.get(lot_no)
        self.product = institutions.selling("bank_guarantee", region=self.lot.region)[0]
        self.offer = quoting.offer(self.lot, self.product, AMOUNT)
        self.count = 0

    def start(self) -> str:
        """提交保函申请, without the web."""
        self.count += 1
        with transaction():
            no = numbering.next_number("DD")
            runtime.start(
                "order",
                key=no,
                data={},
                by=BIDDER,
                institution=self.product.institution.code,
                secret={
                    "lot_no": self.lot.no,
                    "institution": self.product.institution.code,
                    "product": self.product.code,
                    "bidder_id": f"bidder-{self.count}-{no}",
                    "bidder_name": "投标人",
                    "bidder_uscc": "91430100MA4L1AB123",
                    "handler": {"name": "经办人", "id_no": "430102197602110013", "phone": "13900000001"},
                    "amount": AMOUNT,
                    "premium": self.offer.premium,
                    "valid_from": clock.now().isoformat(),
                    "valid_to": (clock.now() + timedelta(days=110)).isoformat(),
                    "bid_validity_days": 90,
                    "region": self.lot.region,
                },
            )
        return no

    def answer(self, no: str, result: dict[str, Any]) -> int:
        """Write the answer of the order's open call as a worker would; returns the job."""
        with transaction():
            job = db.session.scalar(
                select(Job).where(Job.kind == "call", Job.key.startswith(f"order:{no}:"), Job.state != "done")
            )
            assert job is not None
            job.state, job.result = ANSWERED, result
            return job.id

    def keep(self, no: str, name: str, payload: dict[str, Any]) -> int:
        """The first commit of a message."""
        with transaction():
            return inbox.receive("order", no, name, payload, request_id=f"{name}:{no}:{self.count}", sender="bench").id

    def underwritten(self, no: str, premium: str | None = None) -> int:
        carrying.settle(self.answer(no, {"eligible": True, "reason": ""}))
        carrying.settle(self.answer(no, {"accepted": True}))
        yuan = premium or f"{self.offer.premium / 100:.2f}"
        return self.keep(no, "underwriting", {"order_no": no, "result": "PASS", "premium": yuan})

    def awaiting(self) -> str:
        """An order that awaits payment."""
        no = self.start()
        inbox.deliver(self.underwritten(no))
        return no

    def payment(self, no: str) -> int:
        paid = {
            "order_no": no,
            "pay_txn_no": f"P{no}",
            "amount": f"{self.offer.premium / 100:.2f}",
            "channel": "企业网银",
            "paid_at": clock.now().isoformat(),
            "status": "SUCCESS",
        }
        return self.keep(no, "payment", paid)

    def timer(self, no: str, element: str) -> int:
        job = db.session.scalar(
            select(Job.id)
            .join(runtime.models.Instance, runtime.models.Instance.id == Job.instance_id)
            .where(runtime.models.Instance.key == no, Job.kind == "timer", Job.name == element)
        )
        db.session.rollback()
        assert job is not None
        return job

    def task(self, no: str) -> int:
        found = db.session.scalar(select(UserTask.id).where(UserTask.key == no))
        db.session.rollback()
        assert found is not None
        return found
