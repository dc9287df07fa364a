"""Which schema the database has, and which this code knows.

Migrations expand, the code is deployed, later ones contract: code of before an expansion may meet a newer schema only
until it is restarted, so a process that starts refuses one.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade

from app.db import db
from app.errors import Misconfigured


@dataclass(frozen=True)
class Schema:
    """`current` is the database's revision (None: empty), `head` the newest this code has."""

    current: str | None
    head: str | None
    known: bool

    @property
    def ready(self) -> bool:
        return self.current == self.head


@cache
def _revisions(folder: Path) -> tuple[str | None, frozenset[str]]:
    config = Config()
    config.set_main_option("script_location", str(folder))
    scripts = ScriptDirectory.from_config(config)
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def seen() -> Schema:
    """What stands in the database now."""
    head, known = _revisions(Path(current_app.root_path) / "migrations")
    current = MigrationContext.configure(db.session.connection()).get_current_revision()
    return Schema(current, head, current is None or current in known)


def knows(revision: str | None) -> bool:
    """Whether this code can bring a database of that revision to its own."""
    return revision is None or revision in _revisions(Path(current_app.root_path) / "migrations")[1]


def make(revision: str | None = None) -> None:
    """Bring the database to a revision, or to the newest."""
    db.session.remove()
    upgrade(revision=revision or "head")


def refuse_newer() -> None:
    """Raise Misconfigured where the database was migrated by newer code."""
    schema = seen()
    db.session.rollback()
    if not schema.known:
        raise Misconfigured(f"数据库结构（{schema.current}）比本程序（{schema.head}）新：请部署新版本，或从备份恢复")
