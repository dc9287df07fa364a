"""`flask --app wsgi staff invite`: the first operator, where the login platform tells no roles."""

import getpass

import click
from flask import current_app
from flask.cli import AppGroup

from app.accounts import invitations, staff
from app.accounts.roles import EVERYWHERE, Role
from app.audit import Actor
from app.db import transaction
from app.errors import BadInput

group = AppGroup("staff", help="人员：邀请。")


@group.command("invite")
@click.argument("role", type=click.Choice([role.value for role in staff.OF_THE_CENTRE]))
@click.argument("name")
@click.argument("phone")
def invite(role: str, name: str, phone: str) -> None:
    """Invite NAME, whose PHONE gets the SMS, as ROLE for the whole province; the link is printed too."""
    who = getpass.getuser()
    by = Actor(f"cli:{who}", f"命令行（{who}）")
    try:
        with transaction():
            row = invitations.invite(role=Role(role), name=name, phone=phone, regions=(EVERYWHERE,), by=by)  # type: ignore[call-arg]
            code = invitations.token(row)
    except BadInput as wrong:
        raise click.ClickException("；".join(wrong.fields.values())) from wrong
    click.echo(f"{current_app.config['PUBLIC_URL']}/invitation?code={code}")
