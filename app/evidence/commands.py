"""`flask --app wsgi audit …`: verify the trail, sign its head, hand out a stretch of it."""

import json
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from app import clock
from app.audit import SYSTEM, chain, record
from app.db import db, transaction
from app.errors import AppError
from app.evidence import checkpoints


@click.group("audit", help="审计日志：校验、检查点、导出。")
def group() -> None:
    """The audit trail."""


@group.command()
@click.option("--since", default="", metavar="YYYY-MM-DD", help="Trust the last checkpoint of before that day.")
@click.option(
    "--checkpoints", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Compare with checkpoint files that were kept elsewhere.",
)  # fmt: skip
@with_appcontext
def verify(since: str, folder: Path | None) -> None:
    """Find every line that was changed, removed, moved or inserted; ends with 1 if there is one."""
    try:
        verdict = checkpoints.look(since, folder)
    except AppError as error:
        raise click.ClickException(error.message) from error
    for finding in verdict.findings:
        click.echo(f"✗ {finding}")
    if verdict.count > len(verdict.findings):
        click.echo(f"✗ 还有 {verdict.count - len(verdict.findings)} 处")
    mark = "✓" if verdict.good else "✗"
    waiting = f"，另有 {verdict.unchained} 条尚未入链" if verdict.unchained else ""
    click.echo(f"{mark} 校验 {verdict.lines} 条，到第 {verdict.last} 条{waiting}：{_outcome(verdict.count)}")
    if not verdict.good:
        raise SystemExit(1)


@group.command()
@with_appcontext
def checkpoint() -> None:
    """Sign the chain's head now, besides the one of every night, and write the file."""
    try:
        made = checkpoints.make(f"{clock.local(clock.now()):%Y-%m-%dT%H:%M}")
    except AppError as error:
        raise click.ClickException(error.message) from error
    click.echo(json.dumps(checkpoints.document(made), ensure_ascii=False))


@group.command()
@click.option("--after", default=0, help="Begin behind the line of this number.")
@click.option("--to", "last", default=0, help="End with the line of this number.")
@with_appcontext
def export(after: int, last: int) -> None:
    """Write a stretch of the chain, one line a line, as it is hashed; docs/verify_receipt.py reads it."""
    before = chain.hash_of(after)
    if before is None:
        raise click.ClickException(f"没有第 {after} 条记录")
    click.echo(json.dumps({"type": "baohan-chain", "version": 1, "after": after, "hash": before.hex()}))
    for no, _digest, columns in chain.stretch(after):
        if last and no > last:
            break
        sys.stdout.buffer.write(chain.canonical(no, columns) + b"\n")
    sys.stdout.flush()


@group.command()
@click.option("--reason", required=True, help="What was found, and who decided to go on.")
@with_appcontext
def resume(reason: str) -> None:
    """Chain on behind the last line there is, after a broken head was looked into; the trail says so."""
    with transaction():
        last = checkpoints.latest()
        head = chain.resume(last.seq if last is not None else 0)
        record("house", f"审计链从第 {head.no} 条之后人工接续：{reason}", by=SYSTEM)
    db.session.rollback()
    click.echo(f"从第 {head.no} 条之后接续")


def _outcome(count: int) -> str:
    return "没有发现问题" if not count else f"发现 {count} 处问题"
