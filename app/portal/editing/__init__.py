"""Lists and texts operators keep in the running product: product types, reason codes, messages, the site's words."""

from flask import Flask

from app.portal.editing import site_words
from app.portal.editing.views import bp


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["site_now"] = site_words.now
