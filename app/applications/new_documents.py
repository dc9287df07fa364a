"""The document an institution sends with an extension: verified as the guarantee's own was, and kept beside it."""

from typing import Any

from app import files, institutions
from app.applications import secrets
from app.audit import record
from app.guarantees import documents
from app.guarantees import secrets as guarantees
from app.guarantees.models import DocumentKind
from app.protocol.digests import sm3_hex
from app.protocol.documents import verify
from app.runtime.operations import OpContext

Sent = list[dict[str, Any]]


def verify_new(context: OpContext, file: Sent) -> dict[str, Any]:
    """Outside: the institution's signature over the whole document, and that it is what was received."""
    certificate = institutions.get(secrets.find(context.key).institution).signer_certificate
    content = files.content(file[0]["file"])
    verdict = verify(content, certificate=certificate, sm3=sm3_hex(content), sha256=file[0]["sha256"])
    return {"ok": verdict.ok, "reason": "" if verdict.ok else verdict.text}


def keep_new(context: OpContext, file: Sent) -> None:
    """From now on it is the guarantee's document; the earlier ones stay."""
    guarantee = guarantees.locked(secrets.find(context.key).guarantee_no)
    documents.keep(guarantee.no, DocumentKind.EXTENDED, file[0]["file"], at=context.now)
    record(guarantee.no, "收到延期后的保函文件", by=context.by)
