"""Commands: `flask --app wsgi …`. Each is a thin door to a verb; transactions stand here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from app import schema
from app.audit import SYSTEM
from app.backup.making import backup as make_backup
from app.backup.restoring import restore as bring_back
from app.db import transaction
from app.errors import AppError
from app.evidence.commands import group as audit
from app.gateway import seed_demo
from app.institutions.seeds import seed_lists
from app.jobs import pause as calls
from app.notices import telling
from app.rotation.commands import group as keys
from app.rules import tck
from app.runtime import definitions
from app.runtime.replay import replay
from app.sealing import keep_masters
from app.settings import ROOT
from app.studio import seeds


def init(app: Flask) -> None:
    for command in (prepare, backup, restore, pause, resume, instance, tck.group, audit, keys):
        app.cli.add_command(command)


@contextmanager
def told() -> Iterator[None]:
    """Say what went wrong in the words meant for people, and end with 1."""
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from error


@click.command
@click.option("--demo", type=click.Path(path_type=Path, exists=True), help="Enter the demo's parties from this file.")
@with_appcontext
def prepare(demo: Path | None) -> None:
    """Migrate the database and enter what a new installation begins with; nothing is overwritten."""
    with told():
        schema.refuse_newer()
        schema.make()
        with transaction():
            keep_masters()
            seed_lists()
            telling.seed_texts(ROOT / "config/messages.yaml")
        with transaction():
            for policy in definitions.seed(ROOT, by=SYSTEM):
                click.echo(f"流程 {policy} 已发布")
        with transaction():
            for policy in seeds.propose(ROOT, by=SYSTEM):
                click.echo(f"流程 {policy} 的新版本已列为草稿，请在流程工作室核对并提交审批")
        if demo:
            with transaction():
                seed_demo(json.loads(demo.read_text()))


@click.command
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--passphrase-file", type=click.Path(path_type=Path, exists=True), help="Seal the keys into the backup.")
@with_appcontext
def backup(target: Path, passphrase_file: Path | None) -> None:
    """Write database, files and (with a passphrase) keys to the folder or .tar file TARGET, while all runs on."""
    with told():
        manifest = make_backup(target, passphrase_file=passphrase_file, say=click.echo)
    click.echo(f"已备份到 {target}")
    if not manifest.sealed_keys:
        click.echo(f"密钥不在备份中：请另行保管 MASTER_KEY_FILE（编号 {'、'.join(manifest.keys)}），没有它备份无法读取")


@click.command
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="Drop what the database holds now.")
@with_appcontext
def restore(source: Path, replace: bool) -> None:
    """Bring database and files back from SOURCE; outside calls stay paused until `resume`."""
    with told():
        bring_back(source, replace=replace, say=click.echo)
        click.echo("已恢复。对外调用已暂停：核对后执行 flask --app wsgi resume")
        _show_waiting()


@click.command
@with_appcontext
def pause() -> None:
    """Let no outside call leave until `resume`."""
    with told(), transaction():
        calls.pause(by=SYSTEM)
    click.echo("对外调用已暂停")


@click.command
@with_appcontext
def resume() -> None:
    """Let outside calls leave again, after a restore or a pause."""
    with told():
        _show_waiting()
        with transaction():
            calls.resume(by=SYSTEM)
    click.echo("对外调用已恢复")


@click.group(help="流程实例：重放。")
def instance() -> None:
    """Cases."""


@instance.command("replay")
@click.argument("policy")
@click.argument("key")
@click.option("--version", "number", type=int, help="Replay on this version of the policy instead of its own.")
@with_appcontext
def replay_instance(policy: str, key: str, number: int | None) -> None:
    """Run the case KEY of POLICY again from its history; ends with 1 if it goes another way."""
    with told():
        on = definitions.numbered(policy, number).definition if number is not None else None
        verdict = replay(policy, key, definition=on)
    if verdict.divergence is not None:
        click.echo(f"{policy} {key}\t重放不一致\t{verdict.divergence}")
        raise SystemExit(1)
    end = "已结束" if verdict.ended else "进行中"
    click.echo(f"{policy} {key}\t重放一致\t{verdict.steps} 步，经过 {verdict.shapes} 个图形，{end}")


def _show_waiting() -> None:
    waiting = calls.waiting()
    click.echo(f"等待发出的对外调用：{sum(waiting.values())}")
    for name, count in waiting.items():
        click.echo(f"  {name}  {count}")
