"""Whether a step stays as quick when the database is full and the case is old."""

import shutil
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import create_app, runtime
from app.audit import SYSTEM
from app.db import db, transaction
from app.runtime import commands, inbox
from app.runtime.models import UserTask
from tests.bench import crowd, drawings
from tests.bench.place import Drive, furnish, places
from tests.bench.timing import say, turns
from tests.support.installation import FOR_TESTS, Installation

KINDS = ("sqlite", "postgresql")
FEW, MANY, ROUNDS = 100, 100_000, 1_000


def run(scale: float = 1.0) -> dict[str, Any]:
    """The worse of the two databases is the figure; each stands beside it."""
    many, rounds, times = max(FEW, int(MANY * scale)), max(20, int(ROUNDS * scale)), max(10, int(60 * scale))
    figures: dict[str, Any] = {"instances": {}, "iterations": {}}
    with places(*KINDS) as installations:
        for kind, installation in installations.items():
            figures["instances"][kind] = _instances(kind, installation, many, times)
            figures["iterations"][kind] = _iterations(kind, installation, rounds, times)
    figures = {
        "step_ratio_100k_to_100_instances": max(figures["instances"].values()),
        "step_ratio_1000_to_1_iterations": max(figures["iterations"].values()),
        **{f"{what}_{kind}": ratio for what, by_kind in figures.items() for kind, ratio in by_kind.items()},
    }
    return figures if scale >= 1 else {**figures, "instances_were": many, "iterations_were": rounds}


def _instances(kind: str, installation: Installation, many: int, times: int) -> float:
    small = installation.fresh()
    furnish(small, installation.folder / "demo")
    big = _copy(installation, small)
    works = {}
    for name, app, count in (("few", small, FEW), ("many", big, many)):
        with app.app_context():
            drive = Drive()
            crowd.orders(drive.awaiting(), count)
            crowd.analyze()
            messages = [drive.payment(drive.awaiting()) for _ in range(times + 2)]
            for message in messages[:2]:
                inbox.deliver(message)
        works[name] = (_delivery(app), messages[2:])
    took = turns(works)
    say(f"scale {kind}: payment step {took['few']:.2f} ms among {FEW}, {took['many']:.2f} ms among {many} instances")
    for app in (small, big):
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return round(took["many"] / took["few"], 2)


def _copy(installation: Installation, app: Flask) -> Flask:
    """The same installation on a second database, so that both can be measured in turns."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if installation.postgres:
        url = installation.postgres.make("crowded", template="trial")
    else:
        shutil.copyfile(installation.folder / "trial.db", installation.folder / "crowded.db")
        url = f"sqlite:///{installation.folder / 'crowded.db'}"
    return create_app(**{**FOR_TESTS, **installation.settings(url)})


def _delivery(app: Flask) -> Any:
    def deliver(message: int) -> None:
        with app.app_context():
            inbox.deliver(message)

    return deliver


def _iterations(kind: str, installation: Installation, rounds: int, times: int) -> float:
    app = installation.fresh()
    with app.app_context():
        drawings.publish("loop", drawings.looping())
        old = _case("old")
        for _ in range(rounds):
            _again(old)
        young = [_case(f"young-{n}") for n in range(times)]
        took = turns({"young": (_again, young), "old": (_again, [old] * times)})
    say(f"scale {kind}: step {took['young']:.2f} ms in the first round, {took['old']:.2f} ms after {rounds} rounds")
    return round(took["old"] / took["young"], 2)


def _case(key: str) -> str:
    with transaction():
        runtime.start("loop", key=key, data={"about": key}, by=SYSTEM)
    return key


def _again(key: str) -> None:
    with transaction():
        task = db.session.scalars(select(UserTask.id).where(UserTask.key == key)).one()
        commands.complete(task, {"again": True}, by=SYSTEM)
