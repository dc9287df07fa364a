"""A guarantee as one plain page of PDF, signed over the whole file with the institution's certificate."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import typst
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
FONTS = ("Noto Serif SC", "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "SimSun", "STSong")


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
        folders = [script.file(script.fonts)] if script.fonts else [Path(__file__).parents[1] / "static/fonts"]
        fonts = typst.Fonts(include_embedded_fonts=False, font_paths=[folder for folder in folders if folder.is_dir()])
        self._fonts = [name for name in FONTS if name in fonts.families()]
        if not self._fonts and not self.ready:
            raise Mistake(f"没有中文字体，请用 fonts 指出其目录 / no Chinese font ({'、'.join(FONTS)}): say fonts")
        self._compiler = typst.Compiler(Path(__file__).with_name("guarantee.typ"), font_paths=fonts)
        self.subject = certificate_of(certificate.read_text())

    def issue(self, guarantee: Guarantee, lot: Mapping[str, Any] | None = None) -> bytes:
        """Printed (or the script's own file) and signed; `lot` is A6's entry once it is opened."""
        page = self.ready or self._print(_content(self.script, guarantee, lot))
        about = signers.PdfSignatureMetadata(
            field_name="Institution", md_algorithm="sha256", subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED
        )
        with self._lock:
            writer = IncrementalPdfFileWriter(io.BytesIO(page))
            out: io.BytesIO = signers.sign_pdf(writer, about, signer=self._signer, bytes_reserved=8192)
        return out.getvalue()

    def _print(self, content: Mapping[str, Any]) -> bytes:
        data = json.dumps({**content, "fonts": self._fonts}, ensure_ascii=False)
        with self._lock:
            page = self._compiler.compile(format="pdf", sys_inputs={"data": data})
        assert isinstance(page, bytes)
        return page


def _content(script: Script, guarantee: Guarantee, lot: Mapping[str, Any] | None) -> dict[str, Any]:
    body = {**guarantee.order.body, **(lot or {})}
    project, beneficiary = body.get("project"), body.get("beneficiary")
    where = body["lot"]["name"] if body.get("lot") else LATER
    return {
        "title": "投标保函",
        "subtitle": "独立保函 · 见索即付",
        "number": guarantee.number,
        "institution": script.name,
        "about": where,
        "rows": [
            ["保函编号", guarantee.number],
            ["查验码", guarantee.verify_code],
            ["订单编号", guarantee.order.number],
            ["开立机构", f"{script.name}  {script.uscc}"],
            ["投标人", f"{body['bidder']['name']}  {body['bidder']['uscc']}"],
            ["受益人", beneficiary["name"] if beneficiary else LATER],
            ["项目", project["name"] if project else LATER],
            ["标段", where],
            ["最高担保金额", f"人民币 {guarantee.amount // 100:,}.{guarantee.amount % 100:02d} 元"],
            ["有效期", f"{_day(guarantee.valid_from)} 至 {_day(guarantee.valid_to)}"],
            ["开立时间", _day(guarantee.issued_at)],
            ["服务电话", script.service_phone or "-"],
        ],
        "clauses": [
            "受益人在有效期内提交载明索赔事由与金额的书面索赔通知及本保函编号，我方收到相符单据后五个工作日内"
            "在最高担保金额内付款。",
            "本保函为独立保函，不受基础交易关系及其变更的影响。",
        ],
    }


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
