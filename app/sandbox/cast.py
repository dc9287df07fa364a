"""Who plays in the demo: institutions, market entities, staff. Every name, number and phone is invented."""

from __future__ import annotations

from typing import Any

from app.protocol import uscc

PROVINCE = "430000"
PREFECTURES = {
    "430000": "省本级", "430100": "长沙", "430200": "株洲", "430300": "湘潭",
    "430400": "衡阳", "430500": "邵阳",
"430600": "岳阳", "430700": "常德",
    "430800": "张家界", "430900": "益阳", "431000": "郴州",
    "431100": "永州", "431200": "怀化", "431300": "娄底", "433100": "湘西州",
}  # fmt: skip
_ALL = list(PREFECTURES)
_BIDS = ["works", "goods", "services", "survey", "design", "procurement"]
_EVERY = [*_BIDS, "land", "mining", "property"]


def credit_code(region: str, serial: str) -> str:
    """A valid code (GB 32100, and GB 11714 for the nine digits inside it) from 8 characters of our own."""
    total = sum(int(c, 36) * w for c, w in zip(serial, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = (11 - total % 11) % 11
    first_17 = f"91{region}{serial}{'X' if check == 10 else check}"
    return first_17 + uscc.check_digit(first_17)


def identity_no(serial: int) -> str:
    """An invented but well-formed identity number (GB 11643)."""
    first_17 = f"430102{1975 + serial % 20}0{1 + serial % 9}1{serial % 10}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first_17 + "10X98765432"[sum(int(c) * w for c, w in zip(first_17, weights, strict=True)) % 11]


def _institution(
    code: str, kind: str, name: str, short: str, serial: str, rate: str, least: str, limit: str, **more: Any
) -> dict[str, Any]:
    kinds = {
        "bank": ("bank_guarantee", "银行投标保函"),
        "insurer": ("insurance_bond", "投标保证保险"),
        "guarantor": ("guarantor_guarantee", "担保公司投标保函"),
    }
    product_type, product = kinds[kind]
    regions = more.get("regions", _ALL)
    number = 100 + sum(code.encode())
    return {
        "code": code,
        "kind": kind,
        "name": name,
        "short_name": short,
        "uscc": credit_code("430100", serial),
        "intro": f"{name}面向全省公共资源交易项目提供{product}服务，线上核保、即时出函。（演示机构）",
        "contact": more["contact"],
        "phone": f"13800000{number:03d}",
        "service_phone": f"0731-00000{number:03d}",
        "regions": regions,
        "products": [
            {
                "product_code": f"{code}-TB",
                "name": product,
                "type": product_type,
                "rate": rate,
                "minimum_premium": least,
                "limit": limit,
                "categories": more.get("categories", _EVERY),
                "regions": regions,
                "description": f"见索即付的独立{product}，开标前全程密文，开标后自动还原。",
                "terms": f"{name}{product}条款（演示文本）。本保函为独立保函，凭受益人的书面索赔通知付款。",
            }
        ],
    }


INSTITUTIONS: tuple[dict[str, Any], ...] = (
    _institution(
        "BANK01", "bank", "云麓商业银行股份有限公司", "云麓银行", "MA7YLB01",
        "0.0030", "200.00", "8000000.00", contact="周明远",
    ),
    _institution(
        "BANK02", "bank", "澧兰农村商业银行股份有限公司", "澧兰农商银行", "MA7LLB02",
        "0.0028", "300.00", "5000000.00", contact="何静秋", regions=["430000", "430100", "430600", "430700"],
    ),
    _institution(
        "INS01", "insurer", "芙蓉港财产保险股份有限公司", "芙蓉港财险", "MA7FRN01",
        "0.0050", "100.00", "10000000.00", contact="彭文涛",
    ),
    _institution(
        "INS02", "insurer", "南岳晴财产保险股份有限公司", "南岳晴财险", "MA7NYN02",
        "0.0045", "150.00", "6000000.00", contact="谭书雅", categories=_BIDS,
    ),
    _institution(
        "GUA01", "guarantor", "沅芷融资担保有限公司", "沅芷担保", "MA7YRG01",
        "0.0060", "120.00", "3000000.00", contact="田若溪",
    ),
    _institution(
        "GUA02", "guarantor", "九嶷工程担保有限公司", "九嶷担保", "MA7JYG02",
        "0.0055", "180.00", "2000000.00", contact="蒋牧川", categories=["works", "goods", "survey", "design"],
    ),
)  # fmt: skip


def _entity(n: int, name: str, serial: str, handler: str, *roles: str, region: str = "430100") -> dict[str, Any]:
    return {
        "sub": f"entity-{n:02d}",
        "name": name,
        "uscc": credit_code(region, serial),
        "roles": list(roles),
        "handler": {"name": handler, "id_no": identity_no(n), "phone": f"1390000{n:04d}"},
    }


ENTITIES: tuple[dict[str, Any], ...] = (
    _entity(1, "湘建一川建设集团有限公司", "MA8XJY01", "刘思齐", "bidder"),
    _entity(2, "湖南砚池路桥工程有限公司", "MA8YCL02", "陈立言", "bidder", region="430600"),
    _entity(3, "长沙岳云信息技术有限公司", "MA8YYX03", "黄亦舒", "bidder", "tenderer"),
    _entity(4, "株洲青禾机电设备有限公司", "MA8QHJ04", "曾少华", "bidder", region="430200"),
    _entity(5, "湖南楚天勘测设计研究院有限公司", "MA8CTK05", "罗静姝", "bidder"),
    _entity(6, "衡阳雁峰地产开发有限公司", "MA8YFD06", "唐国栋", "bidder", region="430400"),
    _entity(7, "湖南麓谷投资建设有限公司", "MA8LGT07", "邓安然", "tenderer"),
    _entity(8, "长沙浏水城市发展集团有限公司", "MA8LXC08", "谢知行", "tenderer", "bidder"),
    _entity(9, "岳阳洞庭水务建设有限公司", "MA8DTW09", "李望舒", "tenderer", region="430600"),
    _entity(10, "衡阳市自然资源交易服务有限公司", "MA8HYR10", "王守真", "tenderer", region="430400"),
    _entity(11, "湖南正衡招标咨询有限公司", "MA8RHR11", "肖怀瑾", "tender_agent"),
    _entity(12, "湖南方圆项目管理有限公司", "MA8FYX12", "欧阳静", "tender_agent", "bidder", "tenderer"),
)


def _staff(
    sub: str, name: str, phone: int, *roles: str, regions: tuple[str, ...] = (), institution: str = ""
) -> dict[str, Any]:
    return {
        "sub": sub,
        "name": name,
        "phone": f"1370000{phone:04d}",
        "roles": list(roles),
        "regions": list(regions or _ALL),
        "institution": institution,
    }


STAFF: tuple[dict[str, Any], ...] = (
    _staff("centre-430000", "省中心 许文澜", 1, "centre_reviewer", regions=("430000",)),
    _staff("centre-430100", "长沙中心 孟晓岚", 2, "centre_reviewer", regions=("430100",)),
    _staff("centre-430600", "岳阳中心 傅成章", 3, "centre_reviewer", regions=("430600",)),
    _staff("centre-430400", "衡阳中心 龙一鸣", 4, "centre_reviewer", regions=("430400",)),
    *(
        _staff(
            f"review-{inst['code'].lower()}", f"{inst['short_name']} {name}", 10 + n,
            "institution_reviewer", institution=inst["code"],
        )
        for n, (inst, name) in enumerate(
            zip(INSTITUTIONS, ("郑可心", "段星河", "姜予安", "余北辰", "孔令仪", "严子墨"), strict=True)
        )
    ),
    _staff("admin-bank01", "云麓银行 周明远", 30, "institution_admin", "institution_reviewer",
           institution="BANK01"),
    _staff("operator-1", "业务运营 沈知微", 40, "operator"),
    _staff("operator-2", "业务运营 顾长风", 41, "operator"),
    _staff("publisher-1", "发布审批 苏慕白", 42, "publisher"),
    _staff("publisher-2", "发布审批 林见山", 43, "publisher"),
    _staff("auditor-1", "审计监管 范仲安", 44, "auditor"),
)  # fmt: skip
