"""The province and its fourteen prefectures (GB/T 2260), in the order people read them."""

from flask_babel import lazy_gettext as _l

PROVINCE = "430000"
REGIONS = {
    PROVINCE: _l("省本级"),
    "430100": _l("长沙"),
    "430200": _l("株洲"),
    "430300": _l("湘潭"),
    "430400": _l("衡阳"),
    "430500": _l("邵阳"),
    "430600": _l("岳阳"),
    "430700": _l("常德"),
    "430800": _l("张家界"),
    "430900": _l("益阳"),
    "431000": _l("郴州"),
    "431100": _l("永州"),
    "431200": _l("怀化"),
    "431300": _l("娄底"),
    "433100": _l("湘西州"),
}


def name(code: str) -> str:
    """The region's name in the reader's language: a county's is its prefecture's, one none of ours its code."""
    return str(REGIONS.get(code) or REGIONS.get(f"{code[:4]}00", code))
