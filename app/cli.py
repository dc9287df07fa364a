"""Commands: `flask --app wsgi …`. Each is a thin door to a verb; transactions stand here."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app import schema
from app.db import db
from app.errors import AppError


def init(app: Flask) -> None:
    app.cli.add_command(prepare)


@click.command
@with_appcontext
def prepare() -> None:
    """Migrate the database and enter what a new installation begins with; nothing is overwritten."""
    with told():
        schema.refuse_newer()
        if schema.seen().head is None:
            db.create_all()
        upgrade()


@contextmanager
def told() -> Iterator[None]:
    """Say what went wrong in the words meant for people, and end with 1."""
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from error
