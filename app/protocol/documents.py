"""Is this file the guarantee its institution signed: hashes, whole-file signature, signer, nothing active inside."""

from __future__ import annotations

import binascii
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from app.protocol.digests import same, sm3_hex

LARGEST = 20 * 1024 * 1024
_HEX = re.compile(rb"<((?:[0-9A-Fa-f]{2})+)>")
_LONG = 64 * 1024  # hexadecimal digits
_any_hex_string = generic.read_hex_string_from_stream


def _hex_string(stream: Any) -> Any:
    """pyHanko reads hexadecimal strings digit by digit, and a signature has thousands: half of a verification's time.
    A plain one is read at once; anything unusual is left to pyHanko."""
    start = stream.tell()
    found = _HEX.match(stream.read(_LONG))
    stream.seek(start if found is None else start + found.end())
    return _any_hex_string(stream) if found is None else generic.pdf_string(binascii.unhexlify(found[1]))


generic.read_hex_string_from_stream = _hex_string


_prepared = x509.NameTypeAndValue._ldap_string_prep


@lru_cache(maxsize=4096)
def _prepared_once(text: str) -> str:
    found: str = _prepared(None, text)
    return found


x509.NameTypeAndValue._ldap_string_prep = lambda _self, text: _prepared_once(text)
"""Names are compared five times a verification, prepared letter by letter each time: it is always the same few."""


class Flaw(StrEnum):
    """Why a file is no guarantee; value for machines, text for people."""

    text: str

    def __new__(cls, value: str, text: str) -> Flaw:
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    TOO_LARGE = "too_large", "保函文件超过20MB"
    NOT_PDF = "not_pdf", "文件不是完好的PDF"
    ENCRYPTED = "encrypted", "PDF设有密码"
    ACTIVE = "active", "PDF含有脚本、附件或自动执行的动作"
    SM3 = "sm3", "文件的SM3与报文不一致"
    SHA256 = "sha256", "文件的SHA-256与报文不一致"
    CERTIFICATE = "certificate", "机构登记的证书无法读取"
    UNSIGNED = "unsigned", "PDF没有电子签名"
    COVERAGE = "coverage", "电子签名未覆盖整个文件"
    SIGNER = "signer", "签名证书不是该机构登记的证书"
    EXPIRED = "expired", "签名时证书不在有效期内"
    SIGNATURE = "signature", "电子签名无效，文件可能被改动"


@dataclass(frozen=True, slots=True)
class Verification:
    """`flaw` None: the file is good. `signed_at` is what the signer claims; `detail` is for the log."""

    flaw: Flaw | None
    sm3: str
    sha256: str
    signer: str = ""
    signed_at: datetime | None = None
    pages: int = 0
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.flaw is None

    @property
    def text(self) -> str:
        return self.flaw.text if self.flaw else "电子签名有效"


class _Flawed(Exception):
    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        self.flaw, self.detail = flaw, detail
        super().__init__(flaw.text)


def verify(pdf: bytes, *, certificate: str, sm3: str = "", sha256: str = "") -> Verification:
    """Judge a guarantee's PDF. `certificate`: the institution's registered one (PEM); hashes as the message said."""
    own_sm3, own_sha256 = sm3_hex(pdf), hashlib.sha256(pdf).hexdigest()
    try:
        if len(pdf) > LARGEST:
            raise _Flawed(Flaw.TOO_LARGE)
        if sm3 and not same(sm3.lower(), own_sm3):
            raise _Flawed(Flaw.SM3)
        if sha256 and not same(sha256.lower(), own_sha256):
            raise _Flawed(Flaw.SHA256)
        registered = _registered(certificate)
        try:
            reader, pages = _read(pdf)
            signature = _whole_file_signature(reader)
            status = _status(signature, registered)
        except _Flawed:
            raise
        except SignatureValidationError as error:
            raise _Flawed(Flaw.SIGNATURE, str(error)) from error
        except (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise _Flawed(Flaw.NOT_PDF, repr(error)) from error
    except _Flawed as flawed:
        return Verification(flawed.flaw, own_sm3, own_sha256, detail=flawed.detail)
    signed_at = status.signer_reported_dt
    name = registered.subject.native.get("common_name") or registered.subject.human_friendly
    return Verification(None, own_sm3, own_sha256, str(name), signed_at and signed_at.astimezone(UTC), pages)


def certificate_of(text: str) -> str:
    """Check that `text` is one PEM certificate; its subject, for people. Raises ValueError."""
    try:
        return str(_registered(text).subject.human_friendly)
    except _Flawed as flawed:
        raise ValueError(flawed.flaw.text) from flawed


@lru_cache(maxsize=256)
def _registered(text: str) -> x509.Certificate:
    try:
        kind, _headers, der = pem.unarmor(text.encode())
        if kind != "CERTIFICATE":
            raise ValueError(kind)
        certificate = x509.Certificate.load(der, strict=True)
        str(certificate.subject.human_friendly)
        certificate.public_key.native  # noqa: B018  # asn1crypto parses only when asked
    except (ValueError, TypeError) as error:
        raise _Flawed(Flaw.CERTIFICATE, str(error)) from error
    return certificate


def _read(pdf: bytes) -> tuple[PdfFileReader, int]:
    if not pdf.startswith(b"%PDF-"):
        raise _Flawed(Flaw.NOT_PDF)
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    if reader.encrypted:
        raise _Flawed(Flaw.ENCRYPTED)
    root = reader.root
    form, names = (root[name] if name in root else {} for name in ("/AcroForm", "/Names"))  # noqa: SIM401  # get() follows no reference
    if (
        "/OpenAction" in root
        or "/AA" in root
        or "/XFA" in form
        or any(name in names for name in ("/JavaScript", "/EmbeddedFiles"))
    ):
        raise _Flawed(Flaw.ACTIVE)
    pages = int(root["/Pages"]["/Count"])
    if pages < 1:
        raise _Flawed(Flaw.NOT_PDF, "no pages")
    for index in range(min(pages, 50)):
        page = reader.find_page_for_modification(index)[0].get_object()
        if "/AA" in page:
            raise _Flawed(Flaw.ACTIVE)
    return reader, pages


def _whole_file_signature(reader: PdfFileReader) -> EmbeddedPdfSignature:
    signatures = reader.embedded_regular_signatures
    if not signatures:
        raise _Flawed(Flaw.UNSIGNED)
    last: EmbeddedPdfSignature = signatures[-1]
    last.compute_integrity_info()
    if last.evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_FILE:
        raise _Flawed(Flaw.COVERAGE)
    return last


def _status(signature: EmbeddedPdfSignature, registered: x509.Certificate) -> PdfSignatureStatus:
    signer: Any = signature.signer_cert
    if signer is None or signer.sha256 != registered.sha256:
        raise _Flawed(Flaw.SIGNER, signer.subject.human_friendly if signer else "")
    signed_at = signature.self_reported_timestamp or datetime.now(UTC)
    if not registered.not_valid_before <= signed_at <= registered.not_valid_after:
        raise _Flawed(Flaw.EXPIRED, signed_at.isoformat())
    # a context of its own for each file: it remembers the certificates it was shown
    trust = ValidationContext(trust_roots=[registered], allow_fetching=False, revocation_mode="soft-fail")
    status: PdfSignatureStatus = validate_pdf_signature(signature, trust, skip_diff=True)
    if not (status.intact and status.valid):
        raise _Flawed(Flaw.SIGNATURE, status.summary())
    return status
