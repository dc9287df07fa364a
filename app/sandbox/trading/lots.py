"""The demo's lots: invented projects in several regions and categories, with deadlines from minutes to weeks ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.sandbox import cast
from app.sandbox.clock import SHANGHAI

_NEAR, _DAY = timedelta(minutes=40), timedelta(days=1)
_BIDS_TOGETHER = timedelta(0)

# category, region, project, lot, estimate in 万元, bond in 万元, bid validity in days
_LOTS: tuple[tuple[str, str, str, str, int, str, int], ...] = (
    ("works", "430100", "浏阳河大道快速化改造工程", "一标段（K0+000–K3+200）", 28600, "80", 90),
    ("works", "430100", "浏阳河大道快速化改造工程", "二标段（K3+200–K6+850）", 31200, "80", 90),
    ("works", "430100", "梅溪湖片区小学新建工程", "施工总承包", 9800, "80", 90),
    ("works", "430000", "省档案馆库房扩建工程", "施工", 5400, "80", 90),
    ("works", "430000", "湘江流域生态修复工程", "三标段", 3860, "77", 120),
    ("works", "430600", "城陵矶港区道路提升工程", "施工", 2480, "49", 90),
    ("works", "430600", "东风湖水环境综合治理工程", "二期施工", 6700, "80", 90),
    ("works", "430400", "衡阳市第三人民医院门诊楼改造", "施工总承包", 4150, "80", 90),
    ("works", "430200", "株洲清水塘标准厂房建设", "一标段", 7620, "80", 90),
    ("works", "430700", "常德沅江风光带二期", "景观绿化施工", 1890, "37", 60),
    ("works", "431300", "娄底高新区管网改造工程", "施工", 1260, "25", 60),
    ("works", "433100", "湘西州乡村道路提质工程", "凤凰段", 980, "19", 60),
    ("goods", "430000", "省疾控中心实验设备采购", "包一 气相色谱质谱联用仪", 860, "17", 90),
    ("goods", "430000", "省疾控中心实验设备采购", "包二 核酸提取系统", 420, "8", 90),
    ("goods", "430100", "地铁七号线站台门设备采购", "设备供货", 12400, "80", 120),
    ("goods", "430200", "轨道交通产业园变电设备采购", "供货及安装", 3300, "66", 90),
    ("goods", "430900", "益阳水厂自动化设备采购", "供货", 560, "11", 60),
    ("goods", "430500", "邵阳市公交纯电动客车采购", "50辆", 4900, "80", 90),
    ("services", "430100", "长沙市智慧停车平台运维服务", "三年运维", 1500, "30", 60),
    ("services", "430300", "湘潭市政道路保洁服务", "雨湖片区", 2100, "42", 60),
    ("services", "431000", "郴州市森林防火监测服务", "2027年度", 380, "7", 60),
    ("survey", "430000", "湘南旅游公路工程勘察", "勘察", 640, "10", 90),
    ("survey", "430800", "张家界大峡谷道路地质勘察", "勘察", 210, "4", 60),
    ("design", "430100", "马栏山视频文创园三期设计", "方案及施工图设计", 890, "10", 90),
    ("design", "430600", "洞庭湖博物馆布展设计", "设计", 320, "6", 60),
    ("procurement", "430000", "省级政务云扩容服务采购", "包一", 2600, "52", 60),
    ("procurement", "430100", "长沙市教育局课桌椅采购", "包三", 180, "3", 60),
    ("procurement", "431100", "永州市医疗救护车采购", "10辆", 350, "7", 60),
    ("procurement", "431200", "怀化市政务大厅信息化采购", "集成", 740, "14", 60),
    ("land", "430400", "衡阳市国有建设用地使用权出让", "蒸湘区HY2026-18号宗地", 26000, "5200", 60),
    ("land", "430100", "长沙市国有建设用地使用权出让", "岳麓区YL2026-42号宗地", 88000, "800", 60),
    ("land", "430200", "株洲市国有建设用地使用权出让", "天元区TY2026-07号宗地", 15400, "300", 60),
    ("mining", "431000", "郴州市建筑用砂岩采矿权出让", "苏仙区2026-03号矿区", 6800, "200", 60),
    ("mining", "430500", "邵阳市饰面石材采矿权出让", "城步2026-01号矿区", 2400, "100", 60),
    ("property", "430000", "省属企业办公楼转让", "韶山北路某号1–6层", 5600, "100", 60),
    ("property", "430700", "常德市门面招租", "武陵区12间", 260, "5", 60),
    ("works", "430100", "圭塘河流域排水改造工程", "施工", 3600, "72", 90),
    ("works", "430600", "岳阳县农村供水工程", "二标段", 1150, "23", 60),
    ("goods", "430400", "南岳机场行李系统采购", "设备供货", 2300, "46", 90),
    ("services", "430000", "全省公共资源交易数据治理服务", "一期", 960, "19", 60),
)
_OPENED = 4


def batch(now: datetime) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """(lot id, C1 body as Python values, opened already) of one set; the last few are past their opening."""
    start = now.replace(second=0, microsecond=0)
    day = now.astimezone(SHANGHAI)
    tenderers = [entity for entity in cast.ENTITIES if "tenderer" in entity["roles"]]
    agents = [entity for entity in cast.ENTITIES if "tender_agent" in entity["roles"]]
    for n, (category, region, project, lot, estimate, bond, validity) in enumerate(_LOTS):
        opened = n >= len(_LOTS) - _OPENED
        deadline = _before(start, n) if opened else _ahead(start, n)
        number = f"HN{day:%Y%m%d}{n + 1:02d}"
        tenderer = next((one for one in tenderers if one["uscc"][2:8] == region), tenderers[n % len(tenderers)])
        yield (
            number,
            {
                "version": 1,
                "lot_no": number,
                "name": lot,
                "project": {"project_no": f"XM{day:%Y%m%d}{_projects.index(project) + 1:02d}", "name": project},
                "region": region,
                "category": category,
                "estimate": estimate * 1_000_000,
                "bond_amount": int(Decimal(bond) * 1_000_000),
                "bid_deadline": deadline,
                "opening_at": deadline + (_BIDS_TOGETHER if n % 5 else timedelta(minutes=30)),
                "bid_validity_days": validity,
                "tenderer": _party(tenderer),
                "agent": _party(agents[n % len(agents)]) if n % 3 else None,
                "sealed": category not in ("land", "mining", "property"),
            },
            opened,
        )


def _ahead(start: datetime, n: int) -> datetime:
    """A few soon, most in one to four weeks, at half past nine or three in the afternoon."""
    if n % 12 == 0:
        return start + _NEAR * (1 + n // 12)
    local = (start + _DAY * (1 + n * 7 % 29)).astimezone(SHANGHAI)
    return local.replace(hour=9 if n % 2 else 15, minute=30 if n % 2 else 0)


def _before(start: datetime, n: int) -> datetime:
    return start - timedelta(hours=2 + n % 7)


def _party(entity: dict[str, Any]) -> dict[str, Any]:
    return {"name": entity["name"], "uscc": entity["uscc"], "phone": entity["handler"]["phone"]}


_projects = list(dict.fromkeys(lot[2] for lot in _LOTS))
