"""SMS codes (短信验证码): they show that somebody who has not signed in holds a phone.

    codes.send(phone, purpose="complaint", address=request.remote_addr)   # inside the edge's transaction
    codes.check(phone, purpose="complaint", code=form["code"])            # an edge of its own: outside of any

Six digits, a minute between two, five minutes' life, five tries, once; bound to phone and purpose. A form asks by a
text field with properties {"format": "sms", "phone": key of the phone field, "purpose": …}.
"""

from flask import Flask

from app.codes import sending, views
from app.codes.checking import check
from app.codes.sending import PURPOSES, send

__all__ = ["PURPOSES", "check", "init", "send"]


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["handlers"]["codes/sms"] = sending.carry
