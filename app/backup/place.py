"""Where a backup lies: a folder (filled again, it keeps the files it has), or one .tar file."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import Misconfigured

ENDING = ".tar"


@contextmanager
def filled(target: Path) -> Iterator[Path]:
    """A folder to write into; what it holds then lies at `target`, whole or not at all."""
    if target.suffix != ENDING:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield target
        return
    if target.exists():
        raise Misconfigured(f"{target} 已存在")
    with _beside(target) as folder:
        yield folder
        fresh = target.with_suffix(".tar.new")
        fresh.touch(mode=0o600)
        with tarfile.open(fresh, "w") as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, arcname=path.name)
        fresh.replace(target)


@contextmanager
def opened(source: Path) -> Iterator[Path]:
    """The folder of a backup, unpacked for the time if it is a file."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise Misconfigured(f"没有这个备份：{source}")
    with _beside(source) as folder:
        try:
            with tarfile.open(source) as tar:
                _unpack(tar, folder)
        except tarfile.TarError as error:
            raise Misconfigured(f"{source} 不是备份文件，或已损坏") from error
        yield folder


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Plain files and folders only, and only below `folder`; Python before 3.11.4 has no filter of its own for that."""
    for member in tar.getmembers():
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(member.name)
    tar.extractall(folder)  # noqa: S202 - every member was looked at


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A folder on the same disk, gone afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
