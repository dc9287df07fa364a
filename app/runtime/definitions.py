"""Versions of policies: whole folders, immutable, parsed once per process; one pointer row says which is live."""

import hashlib
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import orjson
from flask import current_app
from sqlalchemy import func, select, text

from app import clock
from app.audit import Actor, record
from app.db import db
from app.errors import NotFound
from app.runtime import engine, store
from app.runtime.models import PolicyLive, PolicyVersion
from app.statements import one

SHARED = "shared/"

_guard = threading.Lock()


class Policy:
    """One parsed version. `files` are the folder's: `process.bpmn`, `*.dmn`, `forms/*.json`, `shared/*.dmn`."""

    def __init__(self, row: PolicyVersion):
        self.id, self.name, self.number = row.id, row.policy, row.number
        self.files: dict[str, str] = orjson.loads(row.files)
        self.definition = parse(row.policy, self.files)

    def form(self, name: str) -> dict[str, object]:
        """The form's schema as this version holds it; `name` is `policy/form`."""
        text = self.files.get(f"forms/{name.rpartition('/')[2]}.json")
        if text is None:
            raise NotFound("该版本中没有此表单", form=name)
        return orjson.loads(text)


def parse(policy: str, files: Mapping[str, str]) -> engine.Definition:
    """The folder's definition; the same content is parsed once a process, whatever version or draft it is of."""
    return _parsed(policy, tuple(sorted((name, text) for name, text in files.items() if not name.startswith("forms/"))))


@lru_cache(maxsize=32)
def _parsed(policy: str, folder: tuple[tuple[str, str], ...]) -> engine.Definition:
    files = dict(folder)
    own = {name: text.encode() for name, text in files.items() if name.endswith((".bpmn", ".dmn")) and "/" not in name}
    shared = {name.removeprefix(SHARED): text.encode() for name, text in files.items() if name.startswith(SHARED)}
    return engine.Definition.parse(policy, own, shared)


def get(version_id: int) -> Policy:
    """The parsed version; each process keeps what it has parsed, versions never change."""
    kept: dict[int, Policy] = current_app.extensions["policies"]
    found = kept.get(version_id)
    if found is None:
        with _guard:
            found = kept.get(version_id)
            if found is None:
                row = db.session.get(PolicyVersion, version_id)
                if row is None:
                    raise NotFound("没有这个流程版本")
                found = kept[version_id] = Policy(row)
    return found


def numbered(policy: str, number: int) -> Policy:
    """The policy's n-th version."""
    query = select(PolicyVersion.id).where(PolicyVersion.policy == policy, PolicyVersion.number == number)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(f"流程 {policy} 没有第 {number} 版")
    return get(found)


def live(policy: str) -> Policy:
    """The version that new cases follow, asked of the pointer row every time."""
    row = one(store.LIVE, policy=policy)
    if row is None:
        raise NotFound(f"流程 {policy} 尚未发布")
    return get(row[0])


def is_live(policy: str) -> bool:
    """Whether cases of it can be started."""
    return one(store.LIVE, policy=policy) is not None


def publish(policy: str, files: Mapping[str, str], *, by: Actor, note: str = "") -> PolicyVersion:
    """Add a version and move the pointer to it. The caller has linted it; an unparsable one raises engine.Refused."""
    parse(policy, files)
    pointer = db.session.get(PolicyLive, policy, with_for_update=True)
    number = (db.session.scalar(select(func.max(PolicyVersion.number)).where(PolicyVersion.policy == policy)) or 0) + 1
    version = PolicyVersion(
        policy=policy,
        number=number,
        digest=digest(files),
        files=orjson.dumps(dict(sorted(files.items()))).decode(),
        note=note,
        published_by=by.ref,
        published_at=clock.now(),
    )
    db.session.add(version)
    db.session.flush()
    if pointer is None:
        db.session.add(PolicyLive(policy=policy, version_id=version.id))
    else:
        pointer.version_id = version.id
    db.session.flush()
    record(f"policy:{policy}", f"发布第 {number} 版", by=by, digest=version.digest)
    return version


def digest(files: Mapping[str, str]) -> str:
    return hashlib.sha256(orjson.dumps(sorted(files.items()))).hexdigest()


def seeds(root: Path) -> dict[str, dict[str, str]]:
    """The policies in the repository, each with its forms and the shared tables."""
    shared = {f"{SHARED}{path.name}": path.read_text() for path in sorted((root / "workflows/shared").glob("*.dmn"))}
    found = {}
    for folder in sorted((root / "workflows").glob("*/")):
        if folder.is_dir() and (folder / "process.bpmn").exists():
            files = {p.name: p.read_text() for p in sorted(folder.iterdir()) if p.suffix in (".bpmn", ".dmn", ".yaml")}
            forms = {f"forms/{p.name}": p.read_text() for p in sorted((root / "forms" / folder.name).glob("*.json"))}
            found[folder.name] = {**files, **forms, **shared}
    return found


def seed(root: Path, *, by: Actor) -> list[str]:
    """Publish the repository's policies that have no version yet; what operators published is never overwritten.

    Two that seed at once take turns; readers and cases are not held up.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE policy_live IN SHARE ROW EXCLUSIVE MODE"))
    fresh = []
    for policy, files in seeds(root).items():
        if db.session.get(PolicyLive, policy) is None:
            publish(policy, files, by=by, note="随系统安装")
            fresh.append(policy)
    return fresh
