"""What an institution is told of an application (A7–A10), as the interface's JSON."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app import clock, files, money
from app.applications import secrets
from app.applications.models import Application, Kind
from app.applications.subject import asked_until, reasons
from app.guarantees import secrets as guarantees
from app.protocol.digests import sha256_hex, sm3_hex

FORMATS = {"application/pdf": "PDF", "application/zip": "ZIP", "image/png": "PNG", "image/jpeg": "JPG"}


def institution_of(no: str) -> str:
    return secrets.find(no).institution


def guarantee_of(no: str) -> str:
    return secrets.find(no).guarantee_no


def payload(no: str) -> dict[str, Any]:
    application = secrets.find(no)
    return _BODIES[Kind(application.kind)](application, secrets.content(application))  # type: ignore[call-arg]


def _extension(application: Application, content: secrets.Content) -> dict[str, Any]:
    return {
        "extension_no": application.no,
        "reason": _why("extension", content),
        "valid_to": clock.local(asked_until(content)).isoformat(timespec="seconds"),
    }


def _refund(application: Application, content: secrets.Content) -> dict[str, Any]:
    premium = guarantees.content(guarantees.find(application.guarantee_no)).premium
    return {
        "refund_no": application.no,
        "reason_code": content.said["reason_code"],
        "reason": _why("refund", content),
        "premium": money.yuan(premium),
    }


def _cancellation(application: Application, content: secrets.Content) -> dict[str, Any]:
    return {
        "cancellation_no": application.no,
        "reason": content.said.get("note") or "项目已开标，申请注销",
        "evidence": list(_evidence(content)),
    }


def _claim(application: Application, content: secrets.Content) -> dict[str, Any]:
    said = content.said
    return {
        "claim_no": application.no,
        "amount": money.yuan(said["amount"]),
        "reason": said["reason"],
        "claimant": {"name": content.applicant_name, "uscc": content.applicant_uscc},
        "payee": {"name": content.applicant_name, "account": said["account"]},
        "contact": said["contact"],
        "phone": said["contact_phone"],
        "evidence": list(_evidence(content)),
    }


def _why(purpose: str, content: secrets.Content) -> str:
    """The chosen reason's words, and what was added to them."""
    chosen = content.said["reason_code"]
    words = {one["value"]: one["label"] for one in reasons(purpose)}
    return "；".join(filter(None, (words.get(chosen, chosen), content.said.get("note"))))


def _evidence(content: secrets.Content) -> Iterator[dict[str, Any]]:
    for paper in content.papers:
        row = files.row_of(paper["file"])
        whole = files.content(row.id)
        yield {
            "name": paper["name"],
            "format": FORMATS[row.media_type],
            "base64": b64encode(whole).decode(),
            "sm3": sm3_hex(whole),
            "sha256": sha256_hex(whole),
        }


_BODIES: Mapping[Kind, Callable[[Application, secrets.Content], dict[str, Any]]] = {
    Kind.EXTENSION: _extension,
    Kind.REFUND: _refund,
    Kind.CANCELLATION: _cancellation,
    Kind.CLAIM: _claim,
}
