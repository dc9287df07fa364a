"""Policies that came with new code: proposed as drafts, never put over what operators published."""

from pathlib import Path

from sqlalchemy import select

from app import audit
from app.audit import Actor
from app.db import db
from app.runtime import definitions
from app.runtime.models import PolicyVersion
from app.studio import drafts, folders
from app.studio.models import PolicyDraft


def propose(root: Path, *, by: Actor) -> list[str]:
    """A draft for each live policy whose folder in the repository has changed; each folder is proposed once.

    Where somebody is drafting already it waits for the next time.
    """
    proposed = []
    for policy, files in definitions.seeds(root).items():
        live = folders.live(policy)
        digest = definitions.digest(files)
        if live is None or _known(policy, digest) or drafts.open_draft(policy, lock=True) is not None:
            continue
        draft = drafts.begin(policy, files, base=live, by=by)
        draft.seed = digest
        draft.note = "随系统升级"
        audit.record(draft.no, draft.note, by=by, draft=draft.id)
        proposed.append(policy)
    return proposed


def _known(policy: str, digest: str) -> bool:
    version = select(PolicyVersion.id).where(PolicyVersion.policy == policy, PolicyVersion.digest == digest)
    draft = select(PolicyDraft.id).where(PolicyDraft.policy == policy, PolicyDraft.seed == digest)
    return db.session.scalar(version.limit(1)) is not None or db.session.scalar(draft.limit(1)) is not None
