"""What an institution sells, told by itself (B10): the whole list, in place of the last one.

Rows stay: orders name their product. One that is not in the list, or whose terms are still to be fetched, is not
offered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.audit import Actor, record
from app.db import db
from app.errors import BadInput
from app.institutions.models import Institution, Product, ProductType
from app.regions import REGIONS


def replace(code: str, entries: Sequence[Mapping[str, Any]], *, accepting: bool, by: Actor) -> list[Product]:
    """Make the list of institution `code` what `entries` (B10's products, money in fen) say; locks the institution.

    Returns the products whose terms are to be fetched. Raises BadInput naming every wrong field; nothing is done then.
    """
    institution = db.session.scalars(
        select(Institution)
        .where(Institution.code == code)
        .with_for_update(of=Institution)
        .execution_options(populate_existing=True)
    ).one()
    codes = [entry["product_code"] for entry in entries]
    known = {one.code: one for one in db.session.scalars(select(Product).where(Product.code.in_(codes)))}
    _check(institution, entries, known)
    kept = [_enter(institution, entry, known.get(entry["product_code"])) for entry in entries]
    dropped = []
    for product in db.session.scalars(select(Product).where(Product.institution_id == institution.id)):
        if product.code not in codes and (product.offered or product.terms_url):
            product.offered, product.terms_url = False, ""
            dropped.append(product.code)
    institution.accepting = accepting
    db.session.flush()
    record(code, "更新产品清单", by=by, products=codes, dropped=sorted(dropped), accepting=accepting)
    return [product for product in kept if product.terms_url]


def take_terms(product_id: int, url: str, text: str, *, by: Actor) -> bool:
    """The terms of a product, fetched from `url`; False if the list has been replaced meanwhile. Locks the product."""
    product = db.session.scalar(
        select(Product)
        .where(Product.id == product_id)
        .with_for_update(of=Product)
        .execution_options(populate_existing=True)
    )
    if product is None or product.terms_url != url:
        return False
    changed = _set_terms(product, text)
    product.offered = True
    if changed:
        record(product.institution.code, "更新产品条款", by=by, product=product.code, sha256=product.terms_sha256)
    return True


def _check(institution: Institution, entries: Sequence[Mapping[str, Any]], known: Mapping[str, Product]) -> None:
    types = {one.code: one for one in db.session.scalars(select(ProductType))}
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    for at, entry in enumerate(entries):
        code, row = entry["product_code"], known.get(entry["product_code"])
        kind = types.get(_type_of(entry, institution, types, row))
        if code in seen or (row is not None and row.institution_id != institution.id):
            wrong[f"products.{at}.product_code"] = "产品编号重复" if code in seen else "产品编号已被使用"
        seen.add(code)
        if kind is None or not kind.offered:
            wrong[f"products.{at}.type"] = "没有这种保函产品类型"
        elif kind.kind != institution.kind:
            wrong[f"products.{at}.type"] = f"{kind.name}不能由本机构提供"
        strangers = [region for region in entry["regions"] if f"{region[:4]}00" not in REGIONS]
        if strangers:
            wrong[f"products.{at}.regions"] = f"不是本省的行政区划代码：{'、'.join(strangers)}"
        if entry["minimum_premium"] > entry["limit"]:
            wrong[f"products.{at}.minimum_premium"] = "最低保费不应高于单笔限额"
        if "terms" not in entry and "terms_url" not in entry and (row is None or not row.terms):
            wrong[f"products.{at}.terms"] = "新产品应提供terms或terms_url"
    if wrong:
        raise BadInput(fields=wrong)


def _type_of(
    entry: Mapping[str, Any], institution: Institution, types: Mapping[str, ProductType], row: Product | None
) -> str:
    """What is said; else as before; else the one type that this kind of institution may offer."""
    if "type" in entry:
        return str(entry["type"])
    if row is not None:
        return row.product_type
    fitting = [one.code for one in types.values() if one.kind == institution.kind and one.offered]
    return fitting[0] if len(fitting) == 1 else ""


def _enter(institution: Institution, entry: Mapping[str, Any], row: Product | None) -> Product:
    types = {one.code: one for one in db.session.scalars(select(ProductType))}
    kind = _type_of(entry, institution, types, row)
    if row is None:
        row = Product(code=entry["product_code"], institution_id=institution.id, terms="", terms_sha256="")
        db.session.add(row)
    row.product_type, row.name = kind, entry["name"]
    row.intro = entry.get("description", "")
    row.rate, row.minimum_fen, row.limit_fen = entry["rate"], entry["minimum_premium"], entry["limit"]
    row.categories, row.regions = list(entry["categories"]), list(entry["regions"])
    row.terms_url = "" if "terms" in entry else entry.get("terms_url", "")
    if "terms" in entry:
        _set_terms(row, entry["terms"])
    row.offered = bool(row.terms)
    return row


def _set_terms(product: Product, text: str) -> bool:
    digest = hashlib.sha256(text.encode()).hexdigest()
    changed = digest != product.terms_sha256
    product.terms, product.terms_sha256 = text, digest
    return changed
