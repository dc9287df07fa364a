"""The operation manual (manual 2.3) as a PDF: set from manual.typ with what the site says of itself and the live
drawing's steps; set once a process and kept until any of that changes."""

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any

import typst
from flask import current_app
from flask_babel import force_locale

from app import clock
from app.errors import Unavailable
from app.portal import flow, site
from app.settings import ROOT

SOURCE = Path(__file__).with_name("manual.typ")
FONTS = ("Noto Serif SC", "Noto Serif CJK SC")
_setting = threading.Lock()


def pdf() -> tuple[bytes, str]:
    """The file and a tag that changes with it. Raises Unavailable where no Chinese font is installed."""
    with force_locale("zh"):
        said = _said()
    tag = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode() + SOURCE.read_bytes()).hexdigest()[:16]
    kept: dict[str, bytes] = current_app.extensions.setdefault("manual", {})
    with _setting:
        if tag not in kept:
            said["date"] = f"{clock.today():%Y 年 %-m 月}"
            made = _set(said)
            kept.clear()
            kept[tag] = made
        return kept[tag], tag


def _said() -> dict[str, Any]:
    texts, picture = site.now(), flow.picture()
    return {
        "name": texts.name,
        "url": current_app.config["PUBLIC_URL"],
        "footer": list(texts.footer),
        "contacts": [
            {"name": one.name, "line": one.line, "hours": one.hours} for one in (*texts.business, *texts.maintenance)
        ],
        "steps": [
            {"name": one.name, "lane": one.lane, "text": one.text, "within": one.within}
            for one in (picture.steps if picture else ())
        ],
    }


def _set(said: dict[str, Any]) -> bytes:
    folders = [Path(os.environ.get("FONT_DIR") or ROOT / "app/static/fonts")]
    fonts = typst.Fonts(include_embedded_fonts=False, font_paths=[one for one in folders if one.is_dir()])
    if not set(FONTS) & set(fonts.families()):
        raise Unavailable("操作手册暂时无法生成：服务器缺少中文字体")
    made = typst.Compiler(SOURCE, font_paths=fonts).compile(
        format="pdf", sys_inputs={"data": json.dumps(said, ensure_ascii=False)}
    )
    assert isinstance(made, bytes)
    return made
