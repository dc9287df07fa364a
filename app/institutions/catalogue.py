"""Who sells what, in an order that prefers nobody (发改法规〔2023〕27号): drawn anew every day, the same all day."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from app import clock
from app.db import db, remembered
from app.errors import NotFound
from app.glances import Glance
from app.institutions.models import Institution, InstitutionState, Product, ProductType, ReasonCode, Serving

_BY_CODE = select(Institution).where(Institution.code == bindparam("code"))
_BY_APP = select(Institution).where(Institution.app_id == bindparam("app_id"))
_PRODUCT = select(Product).where(Product.code == bindparam("code"))
SEEN = Glance(
    Institution,
    "code name kind state regions endpoint_url app_id sign_with signer_certificate phone",
    "WHERE code = :code",
    like=Serving,
)
SEEN_PRODUCT = Glance(Product, "code name", "WHERE code = :code")


def find(code: str) -> Institution | None:
    if "\0" in code:
        return None
    return db.session.scalar(_BY_CODE, {"code": code})


def find_app(app_id: str) -> Institution | None:
    return db.session.scalar(_BY_APP, {"app_id": app_id})


def find_uscc(uscc: str) -> Institution | None:
    return db.session.scalar(select(Institution).where(Institution.uscc == uscc))


def get(code: str) -> Institution:
    institution = find(code)
    if institution is None:
        raise NotFound("金融机构不存在", code=code)
    return institution


def seen(code: str) -> Any:
    """The institution to look at, by SEEN, once a transaction; raises NotFound."""
    found = remembered("institution", code, lambda: SEEN.one(code=code))
    if found is None:
        raise NotFound("金融机构不存在", code=code)
    return found


def product(code: str) -> Product:
    row = db.session.scalar(_PRODUCT, {"code": code})
    if row is None:
        raise NotFound("保函产品不存在", code=code)
    return row


def in_rotation(institutions: Iterable[Institution]) -> list[Institution]:
    """Today's order."""
    day = clock.today().isoformat()
    return sorted(institutions, key=lambda one: hashlib.sha256(f"{day}:{one.code}".encode()).digest())


def online(region: str = "") -> list[Institution]:
    """Those one may buy from, in today's order."""
    rows = db.session.scalars(select(Institution).where(Institution.state == InstitutionState.ONLINE))
    return in_rotation(one for one in rows if not region or one.serves(region))


def selling(product_type: str = "", *, region: str = "", category: str = "", amount_fen: int = 0) -> list[Product]:
    """Products of online institutions that fit, in today's order of institutions."""
    query = (
        select(Product)
        .join(Product.institution)
        .join(ProductType, ProductType.code == Product.product_type)
        .where(
            Institution.state == InstitutionState.ONLINE, Institution.accepting, Product.offered, ProductType.offered
        )
    )
    if product_type:
        query = query.where(Product.product_type == product_type)
    found = [
        one for one in db.session.scalars(query) if one.fits(region=region, category=category, amount_fen=amount_fen)
    ]
    place = {one.id: at for at, one in enumerate(in_rotation({one.institution for one in found}))}
    return sorted(found, key=lambda one: (place[one.institution_id], one.code))


def product_types() -> Sequence[ProductType]:
    return db.session.scalars(select(ProductType).where(ProductType.offered).order_by(ProductType.position)).all()


def reasons(purpose: str) -> Sequence[ReasonCode]:
    query = select(ReasonCode).where(ReasonCode.purpose == purpose, ReasonCode.offered)
    return db.session.scalars(query.order_by(ReasonCode.position, ReasonCode.code)).all()
