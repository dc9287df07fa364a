"""Financial institutions, their keys and products, and the lists operators keep: product types, reason codes."""

from app.institutions.catalogue import find, get, in_rotation, product, selling
from app.institutions.keys import ApiKey
from app.institutions.models import (
    Institution,
    InstitutionKind,
    InstitutionState,
    Product,
    ProductType,
    ReasonCode,
)
from app.institutions.seeds import seed_demo

__all__ = [
    "ApiKey",
    "Institution",
    "InstitutionKind",
    "InstitutionState",
    "Product",
    "ProductType",
    "ReasonCode",
    "find",
    "get",
    "in_rotation",
    "product",
    "seed_demo",
    "selling",
]
