"""The public face: home, help, products, institutions, and the frame every page stands in, and the
lists and texts that operators keep."""

from flask import Flask

from app.portal import editing, frame, languages, statics
from app.portal.views import bp


def init(app: Flask) -> None:
    """Languages, template filters and frame, and the public pages."""
    languages.init_babel(app)
    frame.init(app)
    statics.init(app)
    app.register_blueprint(bp)
    editing.init(app)
