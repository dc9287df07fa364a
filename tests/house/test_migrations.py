"""Migrations: from nothing, from every earlier schema with rows in it, by two processes at once, or not at all."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, text

from app import schema
from app.db import db
from app.processes import Process
from app.settings import ROOT
from tests.support.filling import fill
from tests.support.installation import Installation
from tests.support.waiting import until

pytestmark = pytest.mark.both_databases
MIGRATIONS = ROOT / "app/migrations"


def revisions() -> list[str]:
    """Oldest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


@pytest.fixture
def bare(installation: Installation) -> Iterator[Flask]:
    """An application on a database that has no table yet."""
    app = installation.bare()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_there_is_one_line_of_revisions() -> None:
    assert len(revisions()) == len({path.name for path in (MIGRATIONS / "versions").glob("*.py")})


def test_from_nothing_the_migrations_make_what_the_models_say(bare: Flask) -> None:
    schema.make()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
        if connection.dialect.name == "postgresql":
            assert set(inspect(connection).get_sequence_names()) >= set(db.metadata._sequences)
    assert schema.seen().ready


@pytest.mark.parametrize("earlier", revisions())
def test_a_filled_database_of_every_earlier_schema_keeps_its_rows(bare: Flask, earlier: str) -> None:
    schema.make(earlier)
    with db.engine.begin() as connection:
        filled = fill(connection)
    schema.make()
    with db.engine.connect() as connection:
        standing = {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar() for name in filled}
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert standing == filled
    assert schema.seen().ready


def test_a_migration_that_fails_leaves_the_schema_as_it_was(bare: Flask, tmp_path: Path) -> None:
    schema.make()
    before = schema.seen().current
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / "versions/wrong.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = 'wrong'\ndown_revision = {before!r}\n"
        "def upgrade():\n"
        "    op.create_table('halfway', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    op.execute('SELECT nonsense FROM nowhere')\n"
    )
    with pytest.raises(Exception, match="nowhere"):
        upgrade(directory=str(folder))
    assert schema.seen().current == before
    assert not inspect(db.engine).has_table("halfway")


def test_two_processes_that_migrate_at_once_both_succeed(start: Callable[..., Process], bare: Flask) -> None:
    url = bare.config["DATABASE_URL"]
    both = [start("flask", "--app", "wsgi", "prepare", DATABASE_URL=url) for _ in range(2)]
    until(lambda: not any(one.alive for one in both), 60)
    assert [one.status for one in both] == [0, 0], "\n".join(one.tail() for one in both)
    assert schema.seen().ready
