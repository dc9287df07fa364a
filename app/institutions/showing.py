"""Products and institutions as the public pages show them, for one region; nobody comes first for long."""

from dataclasses import dataclass
from decimal import Decimal

from flask import url_for

from app.institutions import catalogue
from app.institutions.models import Institution, Product


@dataclass(frozen=True)
class ShownType:
    """A kind of guarantee one can apply for, and how many institutions offer it here."""

    code: str
    name: str
    text: str
    institutions: int


@dataclass(frozen=True)
class ShownOffer:
    """One institution's product; amounts in fen, `rate` as people read it; no `categories` or `regions`: all."""

    name: str
    rate: str
    minimum: int
    limit: int
    text: str
    terms_url: str
    independent: bool
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownInstitution:
    code: str
    name: str
    kind: str
    text: str
    phone: str
    offers: tuple[ShownOffer, ...]
    logo: bool = False

    @property
    def number(self) -> int:
        """Of products."""
        return len(self.offers)


def product_types(region: str) -> list[ShownType]:
    selling = catalogue.selling(region=region)
    counts = {
        one.code: len({product.institution_id for product in selling if product.product_type == one.code})
        for one in catalogue.product_types()
    }
    return [ShownType(one.code, one.name, one.intro, counts[one.code]) for one in catalogue.product_types()]


def institutions(region: str) -> list[ShownInstitution]:
    """Those online that work here, in today's order."""
    return [shown(one, region) for one in catalogue.online(region)]


def percent(rate: Decimal) -> str:
    """0.30%"""
    return f"{rate * 100:.4f}".rstrip("0").rstrip(".") + "%"


def shown(one: Institution, region: str = "") -> ShownInstitution:
    """One institution and what it sells for lots of a region (of any, without one)."""
    offers = tuple(_offer(one, product) for product in one.products if product.offered and product.fits(region=region))
    return ShownInstitution(one.code, one.name, one.kind, one.intro, one.phone, offers, one.logo_file_id is not None)


def _offer(one: Institution, product: Product) -> ShownOffer:
    return ShownOffer(
        name=product.name,
        rate=percent(product.rate),
        minimum=product.minimum_fen,
        limit=product.limit_fen,
        text=product.intro,
        terms_url=url_for("institutions.terms", code=one.code, product=product.code),
        independent=product.independent,
        categories=tuple(product.categories),
        regions=tuple(product.regions or one.regions),
    )
