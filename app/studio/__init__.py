"""The studio: operators change policies (drawings, tables, forms), a second person lets them through."""

from flask import Flask

from app.studio import commands
from app.studio.views import bp


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.cli.add_command(commands.policy)
