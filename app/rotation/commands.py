"""`flask --app wsgi keys …`: the master keys of this installation."""

import click
from flask.cli import with_appcontext

from app.db import db
from app.errors import AppError
from app.rotation.places import left
from app.rotation.sealing_anew import BATCH, rotate
from app.sealing import MasterKey, keyring


@click.group("keys", help="主密钥：查看、更换。")
def group() -> None:
    """Master keys."""


@group.command("rotate")
@click.option("--batch", default=BATCH, show_default=True, help="Values sealed anew in one transaction.")
@with_appcontext
def rotate_keys(batch: int) -> None:
    """Seal everything under the first key of MASTER_KEY_FILE, while everything runs; killed, it goes on when called
    again. Every host has to have the key before (docs/operations.md)."""
    try:
        remaining = rotate(batch=batch, say=click.echo)
    except AppError as error:
        raise click.ClickException(error.message) from error
    if remaining:
        places = "、".join(f"{name} {count}" for name, count in remaining.items())
        raise click.ClickException(f"仍有数据由其他密钥加密（{places}）：请确认各主机都以新密钥为第一行，再执行一次")
    others = [name for name in keyring().masters if name != keyring().current]
    click.echo(
        f"已全部由 {keyring().current} 加密" + (f"；可以从各主机的密钥文件中移除 {'、'.join(others)}" if others else "")
    )


@group.command("list")
@with_appcontext
def list_keys() -> None:
    """Which keys there are, and how much is sealed under others than the first."""
    ring = keyring()
    kept = {row.name: row.root for row in db.session.scalars(db.select(MasterKey).order_by(MasterKey.name))}
    for name in dict.fromkeys([*ring.masters, *kept]):
        what = ["加密"] if name == ring.current else []
        what += [] if name in ring.masters else ["已移出密钥文件，由数据库保管"]
        what += ["索引之根"] if kept.get(name) else []
        click.echo(f"{name}\t{'，'.join(what) or '仅解密'}")
    click.echo(f"由其他密钥加密的数据：{sum(left(ring.current).values())}")
