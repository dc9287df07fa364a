"""The only wiring: which parts make the product. It never imports the sandbox."""

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    acceptance,
    accounts,
    applications,
    break_glass,
    cli,
    codes,
    complaints,
    desk,
    evidence,
    files,
    funds,
    gateway,
    guarantees,
    health,
    institutions,
    invoices,
    logs,
    notices,
    orders,
    orphans,
    outside,
    oversight,
    portal,
    projects,
    runtime,
    sealing,
    settings,
    staff,
    studio,
    web,
)
from app import db as database

FEATURES = (
    accounts,
    runtime,
    orphans,
    health,
    cli,
    notices,
    codes,
    projects,
    institutions,
    orders,
    guarantees,
    applications,
    invoices,
    complaints,
    break_glass,
    acceptance,
    gateway,
    desk,
    portal,
    studio,
    staff,
    oversight,
    evidence,
    funds,
)
"""Each has `init(app)`: its blueprint, operations, subjects, job handlers. Lower layers first."""


def wire(**overrides: Any) -> Flask:
    """See app.create_app."""
    app = Flask("app")
    app.config.update(settings.load(**overrides))
    logs.configure(readable=bool(app.config["DEMO"]))
    database.db.init_app(app)
    database.migrate.init_app(app, database.db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    for foundation in (sealing, files, outside, web):
        foundation.init(app)
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    for feature in FEATURES:
        feature.init(app)
    accounts.access.check()
    return app
