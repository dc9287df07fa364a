"""Where the public pages get what they show. Features are joined here by create_app(); nothing is invented."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from flask_babel import lazy_gettext as _l

KINDS = {"bank": _l("银行"), "insurer": _l("保险公司"), "guarantor": _l("担保公司")}


@dataclass(frozen=True)
class Product:
    """A kind of guarantee one can apply for. `url` leads to applying for it."""

    code: str
    name: str
    text: str
    institutions: int = 0


@dataclass(frozen=True)
class Offer:
    """One institution's product: rate and minimum premium as people read them."""

    name: str
    rate: str
    minimum: int | None = None
    limit: int | None = None
    text: str = ""
    terms_url: str = ""


@dataclass(frozen=True)
class Institution:
    """An institution that is online. `kind` is a key of KINDS."""

    code: str
    name: str
    kind: str
    text: str = ""
    phone: str = ""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One number of the service's statistics, already delayed and coarse."""

    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Figures:
    """`months` are (label, count) of guarantees issued, oldest first; `as_of` says until when all this counts."""

    numbers: tuple[Figure, ...]
    months: tuple[tuple[str, int], ...] = ()
    as_of: str = ""


def join(
    app: Flask,
    *,
    products: Callable[[str], Sequence[Any]] | None = None,
    institutions: Callable[[str], Sequence[Any]] | None = None,
    figures: Callable[[str], Figures | None] | None = None,
) -> None:
    """Give the public pages their sources; each takes a region's code, gives what looks like Product…"""
    given = {"products": products, "institutions": institutions, "figures": figures}
    app.extensions.setdefault("portal", {}).update({name: fn for name, fn in given.items() if fn})


def products(region: str) -> Sequence[Product]:
    return _ask("products", region) or ()


def institutions(region: str) -> Sequence[Institution]:
    return _ask("institutions", region) or ()


def figures(region: str) -> Figures | None:
    return _ask("figures", region)


def by_kind(found: Sequence[Institution]) -> list[tuple[str, list[Institution]]]:
    """Grouped 银行 / 保险公司 / 担保公司, in the order given, no empty group."""
    groups = [(str(label), [one for one in found if one.kind == kind]) for kind, label in KINDS.items()]
    return [(label, ones) for label, ones in groups if ones]


def _ask(name: str, region: str) -> Any:
    source = current_app.extensions.get("portal", {}).get(name)
    return source(region) if source else None
