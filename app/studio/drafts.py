"""The verbs of a draft: save, submit, withdraw, return, approve, discard, restore. None of them commits."""

from collections.abc import Mapping

import orjson
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit, clock
from app.audit import Actor
from app.db import db
from app.errors import BadInput, Conflict, Forbidden, NotFound
from app.runtime import definitions
from app.runtime.models import PolicyVersion
from app.states import move
from app.studio import folders
from app.studio.findings import check, errors
from app.studio.folders import Folder
from app.studio.models import DraftState, PolicyDraft

LONGEST_NOTE = 2000


def open_draft(policy: str, *, lock: bool = False) -> PolicyDraft | None:
    """The policy's one draft that is neither published nor discarded."""
    query = select(PolicyDraft).where(PolicyDraft.slot == policy).execution_options(populate_existing=lock)
    return db.session.scalar(query.with_for_update() if lock else query)


def save(policy: str, files: Mapping[str, str], *, revision: int, by: Actor) -> PolicyDraft:
    """Keep what an operator drew. `revision` is the one he began from, 0 where there was no draft."""
    draft = open_draft(policy, lock=True)
    if draft is None:
        if revision:
            raise Conflict(_("草稿已被发布或放弃，请刷新后重新起草"))
        base = folders.live(policy)
        if base is None:
            raise NotFound(_("没有流程“%(policy)s”", policy=policy))
        return begin(policy, _beside(orjson.loads(base.files), files), base=base, by=by)
    _same_revision(draft, revision)
    if draft.state == DraftState.SUBMITTED:
        raise Conflict(_("草稿正在审批中；要继续修改，请先撤回"))
    draft.files = _packed(_beside(draft.folder, files))
    draft.revision += 1
    draft.updated_at = clock.now()
    draft.author_label = by.label
    _sign(draft, by)
    if draft.state == DraftState.RETURNED:
        move(draft, DraftState.EDITING, by=by)
    audit.record(draft.no, _("保存草稿"), by=by, draft=draft.id, revision=draft.revision)
    return draft


def begin(policy: str, files: Mapping[str, str], *, base: PolicyVersion | None, by: Actor) -> PolicyDraft:
    """A new draft of the whole folder; the database refuses a second open one."""
    now = clock.now()
    draft = PolicyDraft(
        policy=policy,
        slot=policy,
        base_version_id=base.id if base else None,
        files=_packed(files),
        revision=1,
        state=DraftState.EDITING,
        authors=[by.ref],
        author_label=by.label,
        created_at=now,
        updated_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    audit.record(draft.no, _("起草"), by=by, draft=draft.id, base=base.number if base else 0)
    return draft


def submit(policy: str, *, revision: int, note: str, by: Actor) -> PolicyDraft:
    """Ask for publishing. Refused while the check finds errors or nothing is different."""
    draft = _locked(policy, revision)
    note = _words(note, _("请写明改了什么、为什么"))
    if draft.state == DraftState.RETURNED:
        move(draft, DraftState.EDITING, by=by)
    _unsound(Folder(policy, draft.folder))
    base = folders.live(policy)
    if base is not None and definitions.digest(draft.folder) == base.digest:
        raise Conflict(_("草稿与生效版本没有差别"))
    move(draft, DraftState.SUBMITTED, by=by)
    _sign(draft, by)
    draft.note, draft.submitted_at = note, clock.now()
    draft.reviewer = draft.reviewer_label = draft.reason = ""
    audit.record(draft.no, _("提交审批：%(note)s", note=note), by=by, draft=draft.id, revision=draft.revision)
    return draft


def withdraw(policy: str, *, by: Actor) -> PolicyDraft:
    """Take a submitted draft back to work on it; one of its authors does."""
    draft = _locked(policy)
    if by.ref not in draft.authors:
        raise Forbidden(_("只有起草人可以撤回"))
    move(draft, DraftState.EDITING, by=by)
    audit.record(draft.no, _("撤回审批"), by=by, draft=draft.id)
    return draft


def give_back(policy: str, *, revision: int, reason: str, by: Actor) -> PolicyDraft:
    """退回: a reason is owed."""
    draft = _locked(policy, revision)
    _other_person(draft, by)
    reason = _words(reason, _("请写明退回的原因"))
    move(draft, DraftState.RETURNED, by=by)
    _decided(draft, by)
    draft.reason = reason
    audit.record(draft.no, _("退回草稿：%(reason)s", reason=reason), by=by, draft=draft.id)
    return draft


def approve(policy: str, *, revision: int, by: Actor) -> PolicyVersion:
    """A second person's yes: the new version and the pointer to it, in the caller's one transaction."""
    draft = _locked(policy, revision)
    _other_person(draft, by)
    live = folders.live(policy)
    if (live.id if live else None) != draft.base_version_id:
        raise Conflict(_("起草之后已有新版本生效；请退回，由起草人对照新版本确认"))
    _unsound(Folder(policy, draft.folder))
    move(draft, DraftState.PUBLISHED, by=by)
    version = definitions.publish(policy, draft.folder, by=by, note=draft.note)
    _decided(draft, by)
    draft.slot, draft.version_id = None, version.id
    return version


def rebase(policy: str, *, by: Actor) -> PolicyDraft:
    """Measure the draft against the version that is live by now; what differs is what it will change."""
    draft = _locked(policy)
    if draft.state == DraftState.SUBMITTED:
        raise Conflict(_("草稿正在审批中；要继续修改，请先撤回"))
    live = folders.live(policy)
    draft.base_version_id = live.id if live else None
    draft.revision += 1
    audit.record(draft.no, _("改以生效版本为基础"), by=by, draft=draft.id, base=live.number if live else 0)
    return draft


def discard(policy: str, *, by: Actor) -> None:
    draft = _locked(policy)
    move(draft, DraftState.DISCARDED, by=by)
    draft.slot = None
    audit.record(draft.no, _("放弃草稿"), by=by, draft=draft.id)


def restore(policy: str, number: int, *, by: Actor) -> PolicyDraft:
    """An old version as a new draft; it goes the way of every draft."""
    if open_draft(policy, lock=True) is not None:
        raise Conflict(_("已有草稿；请先发布或放弃它，再恢复旧版本"))
    old = folders.version(policy, number)
    draft = begin(policy, orjson.loads(old.files), base=folders.live(policy), by=by)
    draft.note = _("恢复第 %(number)d 版", number=number)
    audit.record(draft.no, draft.note, by=by, draft=draft.id)
    return draft


def _locked(policy: str, revision: int | None = None) -> PolicyDraft:
    draft = open_draft(policy, lock=True)
    if draft is None:
        raise Conflict(_("草稿已被发布或放弃，请刷新后查看"))
    if revision is not None:
        _same_revision(draft, revision)
    return draft


def _same_revision(draft: PolicyDraft, revision: int) -> None:
    if draft.revision != revision:
        raise Conflict(
            _("%(who)s 已在 %(when)s 保存了另一份修改，请刷新后再改", who=draft.author_label,
              when=clock.shown(draft.updated_at)),
            revision=draft.revision,
        )  # fmt: skip


def _sign(draft: PolicyDraft, by: Actor) -> None:
    """Whoever saved or submitted it is an author."""
    if by.ref not in draft.authors:
        draft.authors = [*draft.authors, by.ref]


def _other_person(draft: PolicyDraft, by: Actor) -> None:
    if by.ref in draft.authors:
        raise Forbidden(_("自己起草的修改须由另一人审批"))


def _unsound(folder: Folder) -> None:
    wrong = errors(check(folder))
    if wrong:
        raise Conflict(
            _("还有 %(count)d 处错误，不能发布：%(first)s", count=len(wrong), first=str(wrong[0])), count=len(wrong)
        )


def _decided(draft: PolicyDraft, by: Actor) -> None:
    draft.reviewer, draft.reviewer_label, draft.decided_at = by.ref, by.label, clock.now()


def _words(text: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise BadInput(fields={"words": missing})
    if len(text) > LONGEST_NOTE:
        raise BadInput(fields={"words": _("最多 %(count)d 个字", count=LONGEST_NOTE)})
    return text


def _beside(whole: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    """What was written, beside the folder's files that nobody writes here."""
    return {name: text for name, text in whole.items() if not folders.may_write(name)} | dict(written)


def _packed(files: Mapping[str, str]) -> str:
    return orjson.dumps(dict(sorted(files.items()))).decode()
