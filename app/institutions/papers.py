"""The documents that applicants fill in, as small Word files; their texts stand in config/papers."""

import io
import re
import zipfile
from xml.sax.saxutils import escape

from cryptography import x509

from app.errors import NotFound
from app.settings import ROOT

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAPERS = {"authorization": "金融机构申请人授权书模板", "admission": "金融机构准入申请模板"}
FOLDER = ROOT / "config/papers"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def made(name: str) -> tuple[str, bytes]:
    """(title, Word file): one paragraph a line, the first one the heading."""
    if name not in PAPERS:
        raise NotFound("没有这个模板")
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    body = "".join([_paragraph(lines[0], heading=True), *map(_paragraph, lines[1:])])
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{_WORD}"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"/></w:sectPr></w:body></w:document>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("word/document.xml", document),
        ):
            archive.writestr(zipfile.ZipInfo(path), text)
    return PAPERS[name], out.getvalue()


def is_certificate(text: str) -> bool:
    """Whether the text is one X.509 certificate in PEM."""
    if len(re.findall("BEGIN CERTIFICATE", text)) != 1:
        return False
    try:
        x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        return False
    return True


def _paragraph(text: str, *, heading: bool = False) -> str:
    place = '<w:pPr><w:spacing w:after="240"/><w:jc w:val="center"/></w:pPr>' if heading else (
        '<w:pPr><w:spacing w:line="360" w:lineRule="auto"/></w:pPr>'
    )  # fmt: skip
    size = '<w:b/><w:sz w:val="36"/>' if heading else '<w:sz w:val="24"/>'
    font = '<w:rFonts w:eastAsia="宋体" w:ascii="Times New Roman" w:hAnsi="Times New Roman"/>'
    run = f'<w:r><w:rPr>{font}{size}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""
    return f"<w:p>{place}{run}</w:p>"
