"""A guarantee as one plain page of PDF, signed over the whole file with the institution's certificate."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from app.partner import pairs
from app.partner.books import Guarantee
from app.partner.card import Mistake
from app.partner.script import Script
from app.protocol.documents import certificate_of
from app.protocol.messages.fields import SHANGHAI

LATER = "开标前保密，开标后还原"


class Press:
    """Makes a certificate of its own if the script's is not there yet; raises Mistake if it can't be used."""

    def __init__(self, script: Script) -> None:
        self.script, self._lock = script, Lock()
        certificate, key = script.file(script.certificate), script.file(script.private_key)
        if not certificate.exists() and not key.exists():
            pairs.certificate(script.name, script.uscc, certificate=certificate, key=key)
        self.ready = script.file(script.guarantee).read_bytes() if script.guarantee else b""
        signer = signers.SimpleSigner.load(str(key), str(certificate), key_passphrase=None)
        if signer is None:
            raise Mistake(f"{certificate}、{key}: 不是配对的PEM证书与私钥 / no pair of PEM certificate and key")
        self._signer = signer
        self.subject = certificate_of(certificate.read_text())

    def issue(self, guarantee: Guarantee, lot: Mapping[str, Any] | None = None) -> bytes:
        """Printed (or the script's own file) and signed; `lot` is A6's entry once it is opened."""
        page = self.ready or _page(_lines(self.script, guarantee, lot))
        about = signers.PdfSignatureMetadata(
            field_name="Institution", md_algorithm="sha256", subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED
        )
        with self._lock:
            writer = IncrementalPdfFileWriter(io.BytesIO(page))
            out: io.BytesIO = signers.sign_pdf(writer, about, signer=self._signer, bytes_reserved=8192)
        return out.getvalue()


def _lines(script: Script, guarantee: Guarantee, lot: Mapping[str, Any] | None) -> list[str]:
    body = {**guarantee.order.body, **(lot or {})}
    project, beneficiary = body.get("project"), body.get("beneficiary")
    told = (
        ("保函编号", guarantee.number),
        ("查验码", guarantee.verify_code),
        ("订单编号", guarantee.order.number),
        ("开立机构", f"{script.name}  {script.uscc}"),
        ("投标人", f"{body['bidder']['name']}  {body['bidder']['uscc']}"),
        ("受益人", beneficiary["name"] if beneficiary else LATER),
        ("项目", project["name"] if project else LATER),
        ("标段", body["lot"]["name"] if body.get("lot") else LATER),
        ("最高担保金额", f"人民币 {guarantee.amount // 100:,}.{guarantee.amount % 100:02d} 元"),
        ("有效期", f"{_day(guarantee.valid_from)} 至 {_day(guarantee.valid_to)}"),
        ("开立时间", _day(guarantee.issued_at)),
        ("服务电话", script.service_phone or "-"),
    )
    return ["投标保函（独立保函）", "", *(f"{name}：{value}" for name, value in told), "", *_CLAUSES]


_CLAUSES = (
    "受益人在有效期内提交载明索赔事由与金额的书面索赔通知及本保函编号，",
    "我方收到相符单据后五个工作日内在最高担保金额内付款。",
    "本保函为独立保函，不受基础交易关系及其变更的影响。",
)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _page(lines: list[str]) -> bytes:
    """One A4 page of Chinese lines in the font every reader of PDF brings along."""
    shown = [b"BT /F1 11 Tf 60 780 Td 22 TL"]
    shown += [b"<" + line.encode("utf-16-be").hex().encode() + b"> Tj T*" for line in lines]
    content = b"\n".join([*shown, b"ET"])
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >> /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    )
    out, places = bytearray(b"%PDF-1.7\n%\xe4\xbf\x9d\xe5\x87\xbd\n"), []
    for number, one in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, table)
    return bytes(out)
