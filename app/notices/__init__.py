"""Notices (通知消息) and SMS: what people are told, once, also while they are logged out."""

from flask import Flask

from app.notices import reminding, telling, views


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["handlers"]["notices/sms"] = telling.send_sms
    app.extensions["handlers"][reminding.ERRAND] = reminding.carry
    app.extensions["catalogue"].add(*reminding.OPERATIONS)
