"""`flask --app wsgi money check`: whether the books are whole."""

import click
from flask.cli import AppGroup

from app import money
from app.funds import checking

group = AppGroup("money", help="资金台账：核对。")


@group.command("check")
def check() -> None:
    """Sum every booking, every order and everything; ends with 1 if something does not come to zero."""
    report = checking.check()
    click.echo(f"核对了 {report.orders} 个订单的 {report.bookings} 笔凭证，合计 {money.shown(report.total)}")
    for order_no, faults in report.faults.items():
        for fault in faults:
            click.echo(f"{order_no}\t{fault}")
    if not report.whole:
        raise SystemExit(1)
    click.echo("账目平衡")
