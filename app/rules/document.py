"""A DMN file as elements: safe XML, local names, normalised names, references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from .failures import RuleSyntaxError

LARGEST = 5_000_000  # bytes
_DMN = re.compile(r"https?://www\.omg\.org/spec/DMN/\d{8}/(?:MODEL/?|dmn\.xsd)", re.IGNORECASE)
Element = Any  # lxml's


def read(data: bytes) -> Element:
    """The `definitions` element; refuses document types, entities and what is not DMN."""
    if len(data) > LARGEST:
        raise RuleSyntaxError("xml", reason=f"超过 {LARGEST // 1_000_000} MB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root: Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        told: Any = error
        raise RuleSyntaxError("xml", int(told.lineno or 1), reason=str(told.msg)) from None
    if root.getroottree().docinfo.doctype:
        raise RuleSyntaxError("xml", reason="含有 DOCTYPE 或实体声明，不予接收")
    if tag(root) != "definitions":
        raise RuleSyntaxError("xml", root.sourceline or 1, reason="根元素应为 definitions")
    return root


def tag(element: Element) -> str:
    """The local name of a DMN element; empty for anything else."""
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
    return name.localname if _DMN.match(name.namespace or "") else ""


def all_of(element: Element, *tags: str) -> list[Element]:
    return [child for child in element if tag(child) in tags]


def first_of(element: Element, *tags: str) -> Element | None:
    return next((child for child in element if tag(child) in tags), None)


def text_of(element: Element | None) -> str:
    """The text of an element's `text` child."""
    inner = first_of(element, "text") if element is not None else None
    return (inner.text or "").strip() if inner is not None else ""


def name_of(element: Element | None, attribute: str = "name") -> str:
    return " ".join((element.get(attribute) or "").split()) if element is not None else ""


def type_of(element: Element | None) -> str:
    """The name of a type, as an attribute or, in older files, a child element; without the language's prefix."""
    if element is None:
        return ""
    child = first_of(element, "typeRef")
    name = (element.get("typeRef") or (child.text if child is not None else "") or "").strip()
    prefix, colon, local = name.partition(":")
    name = local if colon and prefix in element.nsmap else name
    return " ".join(name.split())


def names_in(root: Element) -> Iterator[str]:
    """Every name the file declares, for reading names with signs in expressions."""
    for element in root.iter():
        if tag(element):
            for attribute in ("name", "iteratorVariable"):
                if name := name_of(element, attribute):
                    yield name
