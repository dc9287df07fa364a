"""A guarantee as a signed PDF: typst sets it, pyHanko signs it with the institution's own key."""

from __future__ import annotations

import io
import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from app.sandbox import clock
from app.sandbox.institution.capitals import capitals

_FONTS = "Noto Serif SC", "Noto Serif CJK SC"
_TITLES = {"bank": "投标保函", "insurer": "投标保证保险凭证", "guarantor": "投标保函"}
_CONCEALED = "开标前保密，开标后由出函机构还原"


class NoChineseFont(RuntimeError):
    """No Noto Serif SC or Noto Serif CJK SC: set FONT_DIR, or install fonts-noto-cjk."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a guarantee says; `lot`, `project` and `beneficiary` are None while it is sealed."""

    guarantee_no: str
    verify_code: str
    order_no: str
    bidder: dict[str, Any] | None
    amount: int
    valid_from: datetime
    valid_to: datetime
    issued_at: datetime
    lot: dict[str, Any] | None = None
    project: dict[str, Any] | None = None
    beneficiary: dict[str, Any] | None = None


class Press:
    """Prints and signs; one per process, since it keeps the fonts and the institutions' keys."""

    def __init__(self, folder: Path, verify_url: str) -> None:
        self._folder, self._verify_url = folder, verify_url
        self._lock = threading.Lock()
        self._signers: dict[str, signers.SimpleSigner] = {}
        folders = (os.environ.get("FONT_DIR") or "var/fonts", "app/static/fonts")
        fonts = typst.Fonts(include_embedded_fonts=False, font_paths=[Path(f) for f in folders if Path(f).is_dir()])
        if not set(_FONTS) & set(fonts.families()):
            raise NoChineseFont(NoChineseFont.__doc__)
        self._compiler = typst.Compiler(Path(__file__).with_name("guarantee.typ"), font_paths=fonts)

    def print(self, institution: dict[str, Any], terms: Terms) -> bytes:
        """The unsigned page."""
        data = json.dumps(_content(institution, terms, self._verify_url), ensure_ascii=False)
        with self._lock:
            pdf = self._compiler.compile(
                format="pdf", sys_inputs={"data": data}, timestamp=int(terms.issued_at.timestamp())
            )
        assert isinstance(pdf, bytes)
        return pdf

    def sign(self, code: str, pdf: bytes) -> bytes:
        """The whole file signed with the key of institution `code`."""
        signer = self._signers.get(code)
        if signer is None:
            signer = signers.SimpleSigner.load(
                str(self._folder / f"{code}.key.pem"), str(self._folder / f"{code}.cert.pem"), key_passphrase=None
            )
            if signer is None:
                raise FileNotFoundError(self._folder / f"{code}.key.pem")
            self._signers[code] = signer
        about = signers.PdfSignatureMetadata(
            field_name="Institution", md_algorithm="sha256", subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED
        )
        # without a size pyHanko signs twice, the first time to learn it
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        out: io.BytesIO = signers.sign_pdf(writer, about, signer=signer, bytes_reserved=8192)
        return out.getvalue()

    def issue(self, institution: dict[str, Any], terms: Terms) -> bytes:
        return self.sign(institution["code"], self.print(institution, terms))


def _content(institution: dict[str, Any], terms: Terms, verify_url: str) -> dict[str, Any]:
    lot, project, beneficiary, bidder = terms.lot, terms.project, terms.beneficiary, terms.bidder
    address = f"{verify_url}?no={terms.guarantee_no}&code={terms.verify_code}"
    amount = f"¥{terms.amount // 100:,}.{terms.amount % 100:02d}"
    whom = beneficiary["name"] if beneficiary else "本保函还原后载明的受益人"
    name = institution["name"]
    return {
        "title": _TITLES[institution["kind"]],
        "subtitle": "独立保函 · 见索即付" + ("" if beneficiary else " · 密文（开标前不载明标段与受益人）"),
        "guarantee_no": terms.guarantee_no,
        "institution": name,
        "uscc": institution["uscc"],
        "service_phone": institution["service_phone"],
        "issued_at": clock.shown(terms.issued_at),
        "qr": segno.make(address, error="m", micro=False).svg_inline(border=0, unit="mm", scale=1),
        "head": [
            ["保函编号", terms.guarantee_no],
            ["查验码", terms.verify_code],
            ["订单编号", terms.order_no],
            ["开立机构", name],
        ],
        "rows": [
            ["投标人（申请人）", _party(bidder)],
            ["受益人（招标人）", _party(beneficiary)],
            ["项目名称", f"{project['name']}（{project['project_no']}）" if project else _CONCEALED],
            ["标段（标的）", f"{lot['name']}（{lot['lot_no']}）" if lot else _CONCEALED],
            ["最高担保金额", f"{amount}\n{capitals(terms.amount)}"],
            ["有效期", f"{clock.shown(terms.valid_from)} 至 {clock.shown(terms.valid_to)}（北京时间）"],
        ],
        "clauses": [
            f"致{whom}：鉴于投标人参加上述标段的投标，我方（{name}）应投标人申请，为其开立本独立保函，"
            f"承担不可撤销的付款责任，最高金额以{capitals(terms.amount)}为限。",
            "投标人有下列情形之一的，受益人可向我方索赔：投标有效期内撤销投标文件；中标后无正当理由不与招标人订立合同；"
            "在签订合同时提出附加条件；不按招标文件要求提交履约担保；法律法规规定不予退还投标保证金的其他情形。",
            "受益人应在有效期内提交载明索赔事由与金额的书面索赔通知及本保函编号。我方收到相符单据后五个工作日内"
            "在最高担保金额内付款，付款后担保金额相应递减。",
            "本保函为独立保函，不受基础交易关系及其变更的影响；有效期届满、金额用尽或受益人书面解除之日失效。"
            "本保函适用中华人民共和国法律及《最高人民法院关于审理独立保函纠纷案件若干问题的规定》。",
        ],
        "footer": f"扫描二维码或以保函编号与查验码在线查验 · 演示机构出具，仅供演示 · {terms.guarantee_no}",
    }


def _party(party: dict[str, Any] | None) -> str:
    return f"{party['name']}\n统一社会信用代码 {party['uscc']}" if party else _CONCEALED
