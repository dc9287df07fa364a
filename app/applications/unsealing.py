"""After opening: the institution tells its sealed guarantee openly (A6, B4); its document is verified and kept."""

from typing import Any

from app import files, institutions
from app.audit import record
from app.guarantees import documents
from app.guarantees import secrets as guarantees
from app.guarantees.models import DocumentKind
from app.protocol.digests import sm3_hex
from app.protocol.documents import verify
from app.runtime.operations import OpContext


def verify_plain(context: OpContext, file_id: int, sm3: str, sha256: str, replaces_sm3: str) -> dict[str, Any]:
    """Outside: signature and hashes of the plain document, and that it replaces the one we hold."""
    guarantee = guarantees.find(context.key)
    certificate = institutions.get(guarantee.institution).signer_certificate
    verdict = verify(files.content(file_id), certificate=certificate, sm3=sm3, sha256=sha256)
    if not verdict.ok:
        return {"ok": False, "reason": verdict.text}
    if sm3_hex(files.content(guarantee.file_id)) != replaces_sm3:
        return {"ok": False, "reason": "所替换的密文保函与收到的不一致"}
    return {"ok": True, "reason": ""}


def keep_plain(context: OpContext, file_id: int) -> None:
    """The plain document stands beside the sealed one."""
    guarantee = guarantees.locked(context.key)
    guarantee.plain_file_id = file_id
    documents.keep(guarantee.no, DocumentKind.PLAIN, file_id, at=context.now)
    record(guarantee.no, "保函已还原", by=context.by)
