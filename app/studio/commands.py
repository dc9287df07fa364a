"""`flask --app wsgi policy …`: lint, publish and list policies from the command line, with the same rules."""

import getpass
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.audit import Actor
from app.db import transaction
from app.errors import AppError
from app.runtime import definitions
from app.studio import drafts, folders
from app.studio.findings import Found, check, errors
from app.studio.folders import Folder

policy = AppGroup("policy", help="流程政策：检查、发布、列出。")
_root = click.option(
    "--root", type=click.Path(exists=True, file_okay=False, path_type=Path), help="含 workflows/ 与 forms/ 的目录"
)


@policy.command("list")
def show() -> None:
    """Every policy: its live version, since when, and its draft."""
    for name, version in sorted(folders.all_live().items()):
        title = folders.version_folder(version).title
        draft = drafts.open_draft(name)
        noted = f"　{draft.label}（{draft.author_label}）" if draft else ""
        click.echo(f"{name}\t{title}\t第 {version.number} 版\t{version.published_at:%Y-%m-%d}{noted}")


@policy.command("lint")
@click.argument("names", nargs=-1)
@_root
def lint(names: tuple[str, ...], root: Path | None) -> None:
    """Say what publishing would refuse, shape by shape. Ends with 1 if anything would be."""
    seeds = _seeds(root)
    wrong = 0
    for name in names or sorted(seeds):
        found = check(_folder(name, seeds))
        wrong += len(errors(found))
        for one in found:
            _say(name, one)
        if not found:
            click.echo(f"{name}\t没有问题")
    if wrong:
        raise SystemExit(1)


@policy.command("publish")
@click.argument("name")
@click.option("--note", default="命令行发布", help="改了什么、为什么")
@_root
def publish(name: str, note: str, root: Path | None) -> None:
    """Publish the folder's version; refused, naming the shapes, if the check finds errors."""
    folder = _folder(name, _seeds(root))
    found = check(folder)
    for one in found:
        _say(name, one)
    if errors(found):
        raise click.ClickException(f"{name} 有 {len(errors(found))} 处错误，没有发布")
    live = folders.live(name)
    if live is not None and live.digest == definitions.digest(folder.files):
        click.echo(f"{name}\t与生效的第 {live.number} 版相同，未发布新版本")
        return
    who = getpass.getuser()
    try:
        with transaction():
            version = definitions.publish(name, folder.files, by=Actor(f"cli:{who}", f"命令行（{who}）"), note=note)
    except AppError as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{name}\t已发布第 {version.number} 版")


def _seeds(root: Path | None) -> dict[str, dict[str, str]]:
    return definitions.seeds(root or Path(current_app.root_path).parent)


def _folder(name: str, seeds: dict[str, dict[str, str]]) -> Folder:
    if name not in seeds:
        raise click.ClickException(f"没有目录 workflows/{name}（其中应有 process.bpmn）")
    return Folder(name, seeds[name])


def _say(name: str, found: Found) -> None:
    mark = "错误" if found.severity == "error" else "提醒"
    where = f"“{found.element_name}”（{found.element_id}）：" if found.element_id else ""
    click.echo(f"{name}\t{mark}\t{found.file}\t{where}{found.message}", err=True)
