"""Product types and reason codes: kept, added, no longer offered; never deleted, because cases name them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.audit import Actor, record
from app.db import db
from app.errors import BadInput, NotFound
from app.institutions import ProductType, ReasonCode

PURPOSES = {
    "underwriting": "核保不通过",
    "issuance": "拒绝出函",
    "refund": "申请退保",
    "extension": "申请延期",
    "refusal": "拒绝延期、退保、注销和理赔",
    "invoice": "不能开票或红冲",
    "admission": "准入审核",
    "acceptance": "验收审核",
    "offline": "机构下线",
    "complaint": "投诉不予受理",
}
"""What a list of reasons is for. One that is not named here is shown by its code."""


def types() -> Sequence[ProductType]:
    return db.session.scalars(select(ProductType).order_by(ProductType.position, ProductType.code)).all()


def product_type(code: str) -> ProductType:
    found = db.session.get(ProductType, code)
    if found is None:
        raise NotFound("没有这个产品类型")
    return found


def keep_type(code: str | None, said: Mapping[str, Any], *, by: Actor) -> None:
    """Change the type `code`, or add the one that `said` names."""
    values = {name: said.get(name) for name in ("name", "kind", "intro", "position")}
    values["offered"] = bool(said.get("offered"))
    row = _row(ProductType, {"code": code or str(said["code"])}, adding=code is None)
    _change(row, values, f"lists:type:{row.code}", "产品类型", by)


def purposes() -> list[str]:
    """Those with reasons, in the order of PURPOSES."""
    found = set(db.session.scalars(select(ReasonCode.purpose).distinct()))
    return [*(one for one in PURPOSES if one in found), *sorted(found - set(PURPOSES))]


def reasons(purpose: str) -> Sequence[ReasonCode]:
    query = select(ReasonCode).where(ReasonCode.purpose == purpose)
    return db.session.scalars(query.order_by(ReasonCode.position, ReasonCode.code)).all()


def reason(purpose: str, code: str) -> ReasonCode:
    found = db.session.get(ReasonCode, (purpose, code))
    if found is None:
        raise NotFound("没有这个原因代码")
    return found


def keep_reason(purpose: str, code: str | None, said: Mapping[str, Any], *, by: Actor) -> None:
    """Change a reason, or add one to a list that is there."""
    if purpose not in purposes():
        raise NotFound("没有这个原因代码")
    values = {"text": said.get("text"), "position": said.get("position"), "offered": bool(said.get("offered"))}
    row = _row(ReasonCode, {"purpose": purpose, "code": code or str(said["code"])}, adding=code is None)
    _change(row, values, f"lists:reason:{purpose}:{row.code}", "原因代码", by)


def _row(model: type[Any], key: Mapping[str, str], *, adding: bool) -> Any:
    """The entry, locked; a new one where one is added under a code that is free."""
    found = db.session.get(model, dict(key), with_for_update=True, populate_existing=True)
    if adding and found is not None:
        raise BadInput(fields={"code": "该编号已在使用"})
    if not adding and found is None:
        raise NotFound("没有这一项")
    return found if found is not None else model(**key)


def _change(row: Any, values: Mapping[str, Any], subject: str, what: str, by: Actor) -> None:
    adding = row not in db.session
    was = {} if adding else {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, int(value) if name == "position" else value)
    db.session.add(row)
    db.session.flush()
    now = {name: getattr(row, name) for name in values}
    record(subject, f"新增{what}" if adding else f"修改{what}", by=by, was=was, now=now)
