"""SMS codes (短信验证码): they show that somebody who has not signed in holds a phone.

    codes.send(phone, purpose="complaint", address=request.remote_addr)   # inside the edge's transaction
    codes.check(phone, purpose="complaint", code=form["code"])            # an edge of its own: outside of any

Six digits, a minute between two, five minutes' life, five tries, once; bound to phone and purpose. A form asks by a
text field with properties {"format": "sms", "phone": key of the phone field, "purpose": …}.
"""

from datetime import time

from flask import Flask

from app.codes import forgetting, sending, views
from app.codes.checking import check
from app.codes.sending import PURPOSES, send
from app.jobs import rounds

__all__ = ["PURPOSES", "check", "init", "send"]


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["handlers"]["codes/sms"] = sending.carry
    app.extensions["handlers"][forgetting.FORGET] = forgetting.carry
    rounds.daily(app, forgetting.FORGET, at=time(3, 20))
