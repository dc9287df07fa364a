"""Durations and values in the words operators use."""

import re

from flask_babel import gettext as _

_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)


def duration(text: str) -> str:
    """`PT30M` → "30 分钟"; anything else as it is."""
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groups()):
        return text
    units = (_("年"), _("个月"), _("周"), _("天"), _("小时"), _("分钟"), _("秒"))
    return " ".join(f"{amount} {unit}" for amount, unit in zip(found.groups(), units, strict=True) if amount)


def quoted(value: object) -> str:
    """A value inside a sentence."""
    if value is None or value == "":
        return _("（空）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return f"“{value}”"
