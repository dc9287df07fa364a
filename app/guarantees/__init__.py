"""Guarantees: what an institution issued, in force, downloadable, verifiable."""

from flask import Flask

from app.guarantees.operations import OPERATIONS


def init(app: Flask) -> None:
    app.extensions["catalogue"].add(*OPERATIONS)
