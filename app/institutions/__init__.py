"""Financial institutions, their keys and products, and the lists operators keep: product types, reason codes."""

from flask import Flask

from app.institutions import applicants, joining_views, offline, own, own_interface, staff_views  # noqa: F401  views
from app.institutions.catalogue import find, get, in_rotation, product, seen, selling
from app.institutions.keys import ApiKey
from app.institutions.models import (
    Institution,
    InstitutionKind,
    InstitutionState,
    Product,
    ProductType,
    ReasonCode,
)
from app.institutions.operations import OPERATIONS
from app.institutions.seeds import seed_demo, seed_lists
from app.institutions.subject import SUBJECT
from app.institutions.views import bp
from app.notices import telling

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
    "init",
    "product",
    "seed_demo",
    "seed_lists",
    "seen",
    "selling",
]


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["catalogue"].add(SUBJECT, *OPERATIONS)
    app.extensions["handlers"]["institutions/propose_offline"] = offline.carry
    telling.phones["institution"] = applicants.phone
