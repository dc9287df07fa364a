"""Policy folders as operators see them: titles, kinds of file, which of them may be changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from flask_babel import gettext as _
from lxml import etree
from sqlalchemy import select

from app.asked import CONTROL
from app.db import db
from app.errors import BadInput, NotFound
from app.runtime.definitions import SHARED
from app.runtime.models import PolicyLive, PolicyVersion
from app.runtime.parser import BPMN, LARGEST, xml

MAIN = "process.bpmn"
_WRITABLE = re.compile(r"[a-z][a-z0-9_-]{0,60}\.(bpmn|dmn)|forms/[a-z][a-z0-9_-]{0,60}\.json")


@dataclass(frozen=True)
class Folder:
    """One version's files, or a draft's."""

    policy: str
    files: Mapping[str, str]

    @property
    def title(self) -> str:
        return title_of(self.files, self.policy)

    @property
    def own(self) -> dict[str, bytes]:
        """What the engine reads: the policy's own diagrams and tables."""
        return {n: t.encode() for n, t in self.files.items() if n.endswith((".bpmn", ".dmn")) and "/" not in n}

    @property
    def shared(self) -> dict[str, bytes]:
        return {n.removeprefix(SHARED): t.encode() for n, t in self.files.items() if n.startswith(SHARED)}

    @property
    def forms(self) -> dict[str, str]:
        """Name as diagrams write it (`order/consent`) → the schema's text."""
        return {
            f"{self.policy}/{n.removeprefix('forms/').removesuffix('.json')}": t
            for n, t in self.files.items()
            if n.startswith("forms/")
        }

    @property
    def writable(self) -> dict[str, str]:
        return {name: text for name, text in self.files.items() if may_write(name)}


def may_write(name: str) -> bool:
    """Scenarios and shared tables are read here, not written."""
    return _WRITABLE.fullmatch(name) is not None


def accepted(files: object) -> dict[str, str]:
    """Files as a browser sent them; BadInput says what is wrong with which."""
    if not isinstance(files, dict) or MAIN not in files:
        raise BadInput(_("缺少流程图 process.bpmn"))
    for name, text in files.items():
        if not isinstance(name, str) or not may_write(name):
            raise BadInput(_("不能保存文件“%(name)s”", name=str(name)[:80]))
        if not isinstance(text, str) or len(text.encode()) > LARGEST or CONTROL.search(text):
            raise BadInput(_("文件“%(name)s”过大或不是文本", name=name))
    return {name: text.replace("\r\n", "\n") for name, text in files.items()}


def title_of(files: Mapping[str, str], policy: str) -> str:
    """The pool's or process's name; the folder's name if nobody gave one."""
    try:
        root = xml(files.get(MAIN, "").encode(), MAIN)
    except ValueError:
        return policy
    names = (e.get("name") for tag in ("participant", "process") for e in root.iter(f"{{{BPMN}}}{tag}"))
    return next((name for name in names if name), policy)


def form_title(text: str, name: str) -> str:
    """The name a form's document gives itself (`properties.title`, `name` or its first heading)."""
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        return name
    if not isinstance(schema, dict):
        return name
    said = schema.get("properties")
    return str((said.get("title") if isinstance(said, dict) else "") or schema.get("name") or name)


def decisions_of(text: str) -> list[tuple[str, str, etree._Element]]:
    """(id, name, element) of every decision in a table file; unreadable files have none."""
    try:
        root = xml(text.encode(), "table")
    except ValueError:
        return []
    return [
        (node.get("id", ""), node.get("name", ""), node)
        for node in root.iter()
        if isinstance(node.tag, str) and etree.QName(node).localname == "decision"
    ]


def version_folder(version: PolicyVersion) -> Folder:
    return Folder(version.policy, orjson.loads(version.files))


def version(policy: str, number: int) -> PolicyVersion:
    found = db.session.scalar(
        select(PolicyVersion).where(PolicyVersion.policy == policy, PolicyVersion.number == number)
    )
    if found is None:
        raise NotFound(_("没有这个版本"))
    return found


def versions(policy: str) -> list[PolicyVersion]:
    """Newest first."""
    return list(
        db.session.scalars(
            select(PolicyVersion).where(PolicyVersion.policy == policy).order_by(PolicyVersion.number.desc())
        )
    )


def live(policy: str) -> PolicyVersion | None:
    return db.session.scalar(
        select(PolicyVersion).join(PolicyLive, PolicyLive.version_id == PolicyVersion.id).where(
            PolicyLive.policy == policy
        )
    )  # fmt: skip


def all_live() -> dict[str, PolicyVersion]:
    rows = db.session.scalars(select(PolicyVersion).join(PolicyLive, PolicyLive.version_id == PolicyVersion.id))
    return {row.policy: row for row in rows}
