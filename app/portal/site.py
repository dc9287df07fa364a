"""Texts of the site that the house keeps itself (config/portal.yaml): names, contacts, footer, documents."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.errors import Misconfigured
from app.settings import ROOT

DEFAULT = ROOT / "config" / "portal.yaml"


@dataclass(frozen=True)
class Contact:
    """Somebody to ask. `line` is a phone number or an address, `hours` when they answer."""

    name: str
    line: str
    hours: str = ""


@dataclass(frozen=True)
class Site:
    name: str
    short_name: str
    tagline: str
    lead: str
    name_en: str = ""
    short_name_en: str = ""
    tagline_en: str = ""
    lead_en: str = ""
    footer: tuple[str, ...] = ()
    maintenance: tuple[Contact, ...] = ()
    business: tuple[Contact, ...] = ()
    documents: tuple[dict[str, str], ...] = field(default=())

    def text(self, key: str, language: str) -> str:
        """A text in the reader's language, in Chinese where there is no other."""
        translated = str(getattr(self, f"{key}_en", "")) if language == "en" else ""
        return translated or str(getattr(self, key))


def load(path: Path | str) -> Site:
    """The site's texts; raises Misconfigured naming what is wrong."""
    path = Path(path)
    try:
        values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        contacts = values.pop("contacts", {})
        return Site(
            footer=tuple(values.pop("footer", ())),
            maintenance=_contacts(contacts.get("maintenance")),
            business=_contacts(contacts.get("business")),
            documents=tuple(values.pop("documents", ())),
            **values,
        )
    except (OSError, yaml.YAMLError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{path.name}：{error}") from error


def _contacts(rows: list[dict[str, str]] | None) -> tuple[Contact, ...]:
    return tuple(Contact(**row) for row in rows or ())
