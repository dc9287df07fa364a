"""What the studio's pages show, gathered from rows; nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import Role, User
from app.audit import SYSTEM
from app.db import db
from app.errors import NotFound
from app.runtime import definitions
from app.runtime.models import PolicyVersion
from app.studio import drafts, folders
from app.studio.compare import FileChanges, compare, title
from app.studio.folders import Folder
from app.studio.models import OPEN, DraftState, PolicyDraft


@dataclass(frozen=True)
class Desk:
    """One policy as somebody may work on it."""

    policy: str
    live: PolicyVersion | None
    draft: PolicyDraft | None
    user: User

    @property
    def folder(self) -> Folder:
        if self.draft is not None:
            return Folder(self.policy, self.draft.folder)
        if self.live is None:
            raise NotFound(_("没有流程“%(policy)s”", policy=self.policy))
        return folders.version_folder(self.live)

    @property
    def title(self) -> str:
        return self.folder.title

    @property
    def state(self) -> DraftState | None:
        return DraftState(self.draft.state) if self.draft else None  # type: ignore[call-arg]

    @property
    def outdated(self) -> bool:
        """Whether another version went live after the draft was begun."""
        return self.draft is not None and self.draft.base_version_id != (self.live.id if self.live else None)

    @property
    def may_write(self) -> bool:
        return self.user.role == Role.OPERATOR and self.state != DraftState.SUBMITTED

    @property
    def is_author(self) -> bool:
        return self.draft is not None and self.user.ref in self.draft.authors

    @property
    def may_decide(self) -> bool:
        return self.user.role == Role.PUBLISHER and self.state == DraftState.SUBMITTED and not self.is_author

    @property
    def why_read_only(self) -> str:
        if self.state == DraftState.SUBMITTED:
            return _("草稿已提交，等待另一人审批；起草人撤回后可以继续修改。")
        if self.user.role != Role.OPERATOR:
            return _("您当前的角色只能查看；起草和修改由业务运营完成。")
        return ""

    def document(self, found: list[Any], offered: dict[str, Any]) -> dict[str, Any]:
        """Everything the editing page needs, in one answer."""
        files = self.folder.files
        return {
            "revision": self.draft.revision if self.draft else 0,
            "stand": definitions.digest(files),
            "files": [
                {"name": name, "title": title(name), "text": files[name], "writable": folders.may_write(name)}
                for name in sorted(files, key=lambda name: (name != folders.MAIN, name.count("/"), name))
            ],
            "catalogue": offered,
            "findings": [one.json() for one in found],
            "read_only": not self.may_write,
        }


@dataclass(frozen=True)
class Row:
    """A line of the list of policies."""

    policy: str
    title: str
    live: PolicyVersion | None
    by: str
    draft: PolicyDraft | None


def desk(policy: str, user: User) -> Desk:
    found = Desk(policy, folders.live(policy), drafts.open_draft(policy), user)
    if found.live is None and found.draft is None:
        raise NotFound(_("没有流程“%(policy)s”", policy=policy))
    return found


def rows() -> Iterator[Row]:
    live = folders.all_live()
    opened = {
        draft.policy: draft for draft in db.session.scalars(select(PolicyDraft).where(PolicyDraft.state.in_(OPEN)))
    }
    names = people([version.id for version in live.values()])
    for policy in sorted({*live, *opened}):
        version, draft = live.get(policy), opened.get(policy)
        folder = folders.version_folder(version) if version else Folder(policy, draft.folder if draft else {})
        yield Row(policy, folder.title, version, publisher_of(version, names) if version else "", draft)


def people(version_ids: list[int]) -> dict[int, PolicyDraft]:
    """The draft each version came from."""
    found = db.session.scalars(select(PolicyDraft).where(PolicyDraft.version_id.in_(version_ids)))
    return {draft.version_id or 0: draft for draft in found}


def publisher_of(version: PolicyVersion, drafts_of: dict[int, PolicyDraft]) -> str:
    """Who drafted and who approved, in words."""
    draft = drafts_of.get(version.id)
    if draft is not None:
        return _("%(author)s 起草，%(reviewer)s 审批", author=draft.author_label, reviewer=draft.reviewer_label)
    return SYSTEM.label if version.published_by == SYSTEM.ref else version.published_by


def side(policy: str, which: str) -> Folder:
    """A version by its number, or the open draft (`draft`)."""
    if which == "draft":
        draft = drafts.open_draft(policy)
        if draft is None:
            raise NotFound(_("没有草稿"))
        return Folder(policy, draft.folder)
    if not which.isdecimal() or len(which) > 9:
        raise NotFound(_("没有这个版本"))
    return folders.version_folder(folders.version(policy, int(which)))


def differences(before: Folder, after: Folder) -> list[FileChanges]:
    operations = current_app.extensions["catalogue"].operations
    return compare(before, after, {name: one.title for name, one in operations.items()})
