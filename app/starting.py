"""How a worker or relay process begins."""

import gc
import os

from flask import Flask
from prometheus_client import start_http_server

from app import create_app, schema


def settled() -> None:
    """All that is loaded stays till the end: the collector need not go through it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def process() -> Flask:
    """The application, once it is sure that the database is not ahead of it.

    Where METRICS_PORT is set the process shows its own figures there: for hosts without a web process.
    """
    app = create_app()
    with app.app_context():
        schema.refuse_newer()
    settled()
    if port := os.environ.get("METRICS_PORT"):
        start_http_server(int(port), addr=os.environ.get("METRICS_HOST", "127.0.0.1"))
    return app
