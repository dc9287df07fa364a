"""Texts of the site that the house keeps itself (config/portal.yaml): names, contacts, footer, documents."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.errors import Misconfigured
from app.settings import ROOT

DEFAULT = ROOT / "config" / "portal.yaml"


@dataclass(frozen=True)
class Contact:
    """Somebody to ask. `line` is a phone number, `hours` when they answer."""

    name: str
    line: str
    hours: str = ""
    name_en: str = ""
    hours_en: str = ""


@dataclass(frozen=True)
class Download:
    """Something to take away, the manual first of all."""

    name: str
    url: str
    name_en: str = ""


@dataclass(frozen=True)
class Site:
    name: str
    tagline: str
    lead: str
    name_en: str = ""
    tagline_en: str = ""
    lead_en: str = ""
    footer: tuple[str, ...] = ()
    footer_en: tuple[str, ...] = ()
    maintenance: tuple[Contact, ...] = ()
    business: tuple[Contact, ...] = ()
    documents: tuple[Download, ...] = ()


def in_language(one: object, key: str, language: str) -> Any:
    """A text of the site in the reader's language, in Chinese where there is no other."""
    return (language == "en" and getattr(one, f"{key}_en", "")) or getattr(one, key)


def now() -> Site:
    """The texts as they stand: what operators wrote, else the file's; those where the database is away, too."""
    default: Site = current_app.extensions["site"]
    if "sqlalchemy" not in current_app.extensions:
        return default
    try:
        found: Site = current_app.extensions["site_now"](default)
    except SQLAlchemyError:
        return default
    return found


def load(path: Path | str) -> Site:
    """The site's texts; raises Misconfigured naming what is wrong."""
    path = Path(path)
    try:
        values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        contacts = values.pop("contacts", None) or {}
        return Site(
            footer=tuple(values.pop("footer", None) or ()),
            footer_en=tuple(values.pop("footer_en", None) or ()),
            maintenance=tuple(Contact(**row) for row in contacts.get("maintenance") or ()),
            business=tuple(Contact(**row) for row in contacts.get("business") or ()),
            documents=tuple(Download(**row) for row in values.pop("documents", None) or ()),
            **values,
        )
    except (OSError, yaml.YAMLError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{path.name}：{error}") from error
