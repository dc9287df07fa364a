"""A handler at long work keeps its lease, so that nobody takes its row for a dead worker's."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import update

from app.db import database_now, db, transaction
from app.jobs.models import RUNNING, Job


def prolong(name: str, key: str) -> None:
    """Lease the running row of this name and key anew; an edge of its own."""
    with transaction():
        lease = database_now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])
        db.session.execute(
            update(Job)
            .where(Job.state == RUNNING, Job.name == name, Job.key == key)
            .values(lease_until=lease)
            .execution_options(synchronize_session=False)
        )
