"""Staff (人员管理): operators keep the register of people; whoever is invited accepts here."""

from flask import Flask

from app.accounts import invitations, substitutes
from app.staff import commands, invitation_views, telling, views


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(invitation_views.bp)
    app.cli.add_command(commands.group)
    app.extensions["handlers"][invitations.SEND] = telling.send_invitation
    app.extensions["handlers"][substitutes.BEGINS] = telling.begin_substitution
