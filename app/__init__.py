"""Electronic bid guarantees (电子投标保函): create_app() is the only wiring."""

from typing import Any

from flask import Flask

from app import accounts, cli, files, gateway, health, logs, portal, runtime, sealing, settings, web
from app import db as database


def create_app(**overrides: Any) -> Flask:
    """The application, configured by the environment; `overrides` win."""
    app = Flask(__name__)
    app.config.update(settings.load(**overrides))
    logs.configure(readable=bool(app.config["DEMO"]))
    database.db.init_app(app)
    database.migrate.init_app(app, database.db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    sealing.init(app)
    files.init(app)
    web.init(app)
    accounts.init(app)
    runtime.init(app)
    health.init(app)
    cli.init(app)
    gateway.init(app)
    portal.init(app)
    return app
