"""A guarantee's PDF: the good one passes, every flaw is named."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

from app.protocol import documents
from app.protocol.digests import sha256_hex, sm3_hex
from app.protocol.documents import Flaw
from app.sandbox import certificates
from app.sandbox.cast import ENTITIES, INSTITUTIONS
from app.sandbox.institution.capitals import capitals
from app.sandbox.institution.paper import Press, Terms

BANK = INSTITUTIONS[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for one in INSTITUTIONS[:2]:
        certificates.make(folder, one["code"], one["name"], one["uscc"])
    return folder


@pytest.fixture(scope="module")
def press(folder) -> Press:
    return Press(folder, "http://127.0.0.1:8000/verify")


@pytest.fixture(scope="module")
def terms() -> Terms:
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    bidder = {"name": "湘建一川建设集团有限公司", "uscc": ENTITIES[0]["uscc"]}
    return Terms("BH1", "12345678", "DD1", bidder, 80_000_000, now, now + timedelta(days=100), now)


@pytest.fixture(scope="module")
def unsigned(press, terms) -> bytes:
    return press.print(BANK, terms)


@pytest.fixture(scope="module")
def guarantee(press, unsigned) -> bytes:
    return press.sign("BANK01", unsigned)


@pytest.fixture(scope="module")
def certificate(folder) -> str:
    return (folder / "BANK01.cert.pem").read_text()


def with_root(unsigned: bytes, name: str, value) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
    writer.root[name] = value
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_signed_guarantee_is_good(guarantee, certificate):
    judged = documents.verify(guarantee, certificate=certificate, sm3=sm3_hex(guarantee), sha256=sha256_hex(guarantee))
    assert (judged.ok, judged.flaw, judged.pages, judged.text) == (True, None, 1, "电子签名有效")
    assert judged.signer == "云麓商业银行股份有限公司电子保函专用章"
    assert abs(judged.signed_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_its_fonts_are_embedded(guarantee):
    reader = PdfFileReader(io.BytesIO(guarantee))
    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    descriptors = [fonts[name]["/DescendantFonts"][0]["/FontDescriptor"] for name in fonts]
    assert descriptors
    assert all("/FontFile3" in one or "/FontFile2" in one for one in descriptors)


@pytest.mark.parametrize(("hash_of", "flaw"), [("sm3", Flaw.SM3), ("sha256", Flaw.SHA256)])
def test_another_hash_than_announced_is_a_flaw(guarantee, certificate, hash_of, flaw):
    assert documents.verify(guarantee, certificate=certificate, **{hash_of: "0" * 64}).flaw is flaw


def test_bytes_changed_inside_are_a_flaw(guarantee, certificate):
    at = guarantee.index(b"stream") + 40
    changed = guarantee[:at] + bytes([guarantee[at] ^ 1]) + guarantee[at + 1 :]
    assert documents.verify(changed, certificate=certificate).flaw is Flaw.SIGNATURE


def test_bytes_appended_are_a_flaw(guarantee, certificate):
    assert documents.verify(guarantee + b"\n", certificate=certificate).flaw is Flaw.COVERAGE


def test_a_revision_added_after_signing_is_a_flaw(guarantee, certificate):
    writer = IncrementalPdfFileWriter(io.BytesIO(guarantee))
    writer.root["/Lang"] = writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert documents.verify(out.getvalue(), certificate=certificate).flaw is Flaw.COVERAGE


def test_another_institutions_signature_is_a_flaw(press, unsigned, certificate):
    assert documents.verify(press.sign("BANK02", unsigned), certificate=certificate).flaw is Flaw.SIGNER


def test_no_signature_is_a_flaw(unsigned, certificate):
    assert documents.verify(unsigned, certificate=certificate).flaw is Flaw.UNSIGNED


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n", b"<html>", b"PK\x03\x04" + b"0" * 500, b"%PDF-" + b"\xff" * 9000]
)
def test_what_is_no_pdf_is_a_flaw(content, certificate):
    assert documents.verify(content, certificate=certificate).flaw is Flaw.NOT_PDF


def test_every_truncation_is_a_flaw(guarantee, certificate):
    flaws = {
        documents.verify(guarantee[:size], certificate=certificate).flaw
        for size in range(0, len(guarantee), len(guarantee) // 40)
    }
    assert None not in flaws
    assert Flaw.NOT_PDF in flaws


def test_a_pdf_that_does_something_when_opened_is_a_flaw(press, unsigned, certificate):
    from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, TextStringObject

    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )
    active = press.sign("BANK01", with_root(unsigned, "/OpenAction", action))
    assert documents.verify(active, certificate=certificate).flaw is Flaw.ACTIVE


def test_a_pdf_with_a_password_is_a_flaw(unsigned, certificate):
    writer: PdfFileWriter = copy_into_new_writer(PdfFileReader(io.BytesIO(unsigned)))
    writer.encrypt("owner", "user")
    out = io.BytesIO()
    writer.write(out)
    assert documents.verify(out.getvalue(), certificate=certificate).flaw is Flaw.ENCRYPTED


def test_a_file_above_the_limit_is_a_flaw(certificate):
    assert documents.verify(b"%PDF-" + b"0" * documents.LARGEST, certificate=certificate).flaw is Flaw.TOO_LARGE


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_cannot_be_read_is_a_flaw_of_its_own(guarantee, pem):
    assert documents.verify(guarantee, certificate=pem).flaw is Flaw.CERTIFICATE
    with pytest.raises(ValueError, match="证书"):
        documents.certificate_of(pem)


def test_a_certificate_says_whose_it_is(certificate):
    assert "云麓商业银行股份有限公司" in documents.certificate_of(certificate)


def test_every_flaw_has_a_chinese_text():
    assert all(any("一" <= character <= "鿿" for character in flaw.text) for flaw in Flaw)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (80_000_000, "人民币捌拾万元整"),
        (123_456_789_012, "人民币壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
        (100_500_007, "人民币壹佰万伍仟元零柒分"),
        (10_000_500_000, "人民币壹亿零伍仟元整"),
        (1_050, "人民币壹拾元伍角整"),
    ],
)
def test_amounts_are_written_out(fen, text):
    assert capitals(fen) == text
