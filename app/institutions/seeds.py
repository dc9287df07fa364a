"""What a new installation begins with: product types, reason codes; and the demo's institutions (var/demo.json)."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app import clock, money
from app.audit import SYSTEM, record
from app.db import db, insert_new
from app.institutions import applicants
from app.institutions.catalogue import find
from app.institutions.keys import ApiKey
from app.institutions.models import Institution, InstitutionState, Product, ProductType, ReasonCode

PRODUCT_TYPES = (
    ("bank_guarantee", "银行投标保函", "bank", "由银行开立的独立保函，凭受益人的书面索赔付款。"),
    ("insurance_bond", "投标保证保险", "insurer", "由保险公司承保，投标人违反投标义务时向招标人赔付。"),
    ("guarantor_guarantee", "担保公司投标保函", "guarantor", "由融资担保或工程担保公司出具的投标保函。"),
)
REASONS = {
    "underwriting": (
        ("U01", "投标人资信不符合承保条件"),
        ("U02", "申请材料不完整或不清晰"),
        ("U03", "担保金额超出可用授信额度"),
        ("U04", "项目类别不在承保范围"),
        ("U05", "投标人不具备该标段的投标资格"),
        ("U99", "其他原因"),
    ),
    "issuance": (("I01", "保费未到账"), ("I02", "承保条件发生变化"), ("I03", "系统出函失败"), ("I99", "其他原因")),
    "refund": (
        ("R01", "不再参加投标"),
        ("R02", "重复购买保函"),
        ("R03", "改用其他担保方式"),
        ("R04", "项目终止或流标"),
        ("R99", "其他原因"),
    ),
    "invoice": (
        ("T01", "抬头与税号不符"),
        ("T02", "专用发票的开票信息不完整或不正确"),
        ("T03", "收件信息不完整"),
        ("N01", "不符合办理条件"),
        ("N99", "其他原因"),
    ),
    "extension": (
        ("E01", "开标时间推迟"),
        ("E02", "投标有效期延长"),
        ("E99", "其他原因"),
    ),
    "admission": (
        ("A01", "信用代码、名称与登记不符"),
        ("A02", "授权书或申请材料缺失、不清晰"),
        ("A03", "不具备出具保函的业务资质"),
        ("A04", "存在未整改的违规行为"),
        ("A90", "逾期未补正"),
        ("A99", "其他原因"),
    ),
    "acceptance": (
        ("C01", "接口联调未通过"),
        ("C02", "接口地址无法访问"),
        ("C03", "电子签章证书缺失或无效"),
        ("C04", "验收材料缺失、不清晰"),
        ("A90", "逾期未补正"),
        ("C99", "其他原因"),
    ),
    "endpoint": (
        ("E01", "新接口验收未通过"),
        ("E02", "新接口无法访问"),
        ("E03", "电子签章证书与机构不符"),
        ("E99", "其他原因"),
    ),
    "offline": (
        ("F01", "接口长时间不可用"),
        ("F02", "违规展业或被投诉查实"),
        ("F03", "机构主动申请"),
        ("F04", "资质到期或被监管处罚"),
        ("F99", "其他原因"),
    ),
    "reconciliation": (
        ("D01", "机构漏记或迟记"),
        ("D02", "平台未收到机构的通知"),
        ("D03", "金额登记有误"),
        ("D04", "跨日入账"),
        ("D99", "其他原因"),
    ),
    "refusal": (
        ("N01", "不符合办理条件"),
        ("N02", "证明材料不足"),
        ("N03", "信息与登记内容不一致"),
        ("N99", "其他原因"),
    ),
    "complaint": (
        ("C01", "不属于受理范围"),
        ("C02", "内容不具体，无法核实"),
        ("C03", "同一事项已经投诉"),
        ("C04", "已进入诉讼、仲裁或行政复议"),
        ("C99", "其他原因"),
    ),
}


def seed_lists() -> None:
    """Product types and reason codes, where they are not there yet; what operators changed stays."""
    for position, (code, name, kind, intro) in enumerate(PRODUCT_TYPES):
        insert_new(ProductType, code=code, name=name, kind=kind, intro=intro, position=position, offered=True)
    for purpose, reasons in REASONS.items():
        for position, (code, text) in enumerate(reasons):
            insert_new(ReasonCode, purpose=purpose, code=code, text=text, position=position, offered=True)


def seed_demo(document: Mapping[str, Any]) -> list[Institution]:
    """Enter the demo's institutions as online, with their keys and products; a second time refreshes addresses only.

    `document` is the content of var/demo.json, whose shape app/sandbox documents.
    """
    seed_lists()
    return [_institution(entry) for entry in document["institutions"]]


def _institution(entry: Mapping[str, Any]) -> Institution:
    row = find(entry["code"])
    if row is None:
        row = Institution(
            code=entry["code"],
            name=entry["name"],
            uscc=entry["uscc"],
            kind=entry["kind"],
            state=InstitutionState.ONLINE,
            regions=list(entry["regions"]),
            app_id=entry["app_id"],
            phone=entry["service_phone"],
            intro=entry["intro"],
            online_since=clock.now(),
        )
        row.contact = {"name": entry["contact"], "phone": entry["phone"]}
        row.applicant = applicants.index(row.name, row.uscc, entry["phone"])
        db.session.add(row)
        db.session.flush()
        record(row.code, "演示机构登记", by=SYSTEM)
    row.endpoint_url = entry["endpoint_url"]
    row.signer_certificate = entry["certificate_pem"]
    for key, env in ((entry["key"], ""), (entry["test_key"], "test"), (entry["sm2"] | {"algorithm": "SM2-SM3"}, "")):
        enter_key(row.app_id, key, env=env)
    for product in entry["products"]:
        _product(row, product)
    db.session.flush()
    return row


def enter_key(app_id: str, entry: Mapping[str, Any], *, env: str = "") -> None:
    """Remember a key that was agreed elsewhere, once."""
    known = select(ApiKey.id).where(ApiKey.app_id == app_id, ApiKey.key_id == entry["key_id"], ApiKey.env == env)
    if db.session.scalar(known) is None:
        db.session.add(
            ApiKey(
                app_id=app_id,
                key_id=entry["key_id"],
                env=env,
                algorithm=entry["algorithm"],
                secret=entry.get("secret"),
                public=entry.get("public_key", ""),
                valid_from=clock.now() - timedelta(days=1),
            )
        )


def _product(institution: Institution, entry: Mapping[str, Any]) -> None:
    if db.session.scalar(select(Product.id).where(Product.code == entry["product_code"])) is not None:
        return
    terms = entry["terms"]
    db.session.add(
        Product(
            code=entry["product_code"],
            institution_id=institution.id,
            product_type=entry["type"],
            name=entry["name"],
            intro=entry["description"],
            rate=Decimal(entry["rate"]),
            minimum_fen=money.parse(entry["minimum_premium"]),
            limit_fen=money.parse(entry["limit"]),
            categories=list(entry["categories"]),
            regions=list(entry["regions"]),
            terms=terms,
            terms_sha256=hashlib.sha256(terms.encode()).hexdigest(),
        )
    )
