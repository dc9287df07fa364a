"""The words that want translating, collected: `python -m app.portal.wordlist` brings the English catalogue up to date.

Besides gettext calls: labels of states and roles, sentences that errors are raised with, what form documents
say, sentences of tables named answers.dmn and eligibility.dmn, labels of the latter, and the names of steps in the
diagrams that come with the installation.
New words stand in the catalogue untranslated until somebody writes them; a test holds that none is left.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po
from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "app" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
IN_FORMS = ("label", "description", "text", "dateLabel", "timeLabel", "placeholder", "hint", "patternHint")
UNNAMED = {"definitions", "sequenceFlow", "message", "error", "parameter", "operation", "result", "form"}
RAISED = (
    "BadInput",
    "NotFound",
    "Forbidden",
    "Confidential",
    "Conflict",
    "IllegalMove",
    "Unavailable",
    "TooMany",
    "Refused",
    "SecondFactorMissing",
    "AppError",
)

Found = tuple[int, str | None, Any, list[str]]
"""As Babel's extractors give it: line, called function (None: no call), words, comments."""


def collected() -> Catalog:
    """Every word, with the files it stands in (no line numbers: they would change with every commit)."""
    words = Catalog(project="baohan", charset="utf-8")
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    for place, _line, message, _comments, context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        words.add(message, locations=[(place, 0)], context=context)
    return words


def in_code(source: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """gettext calls; State classes; constant lists of labels; the plain sentences that errors carry."""
    yield from extract_python(source, keywords, tags, options)  # type: ignore[misc]
    source.seek(0)
    for node in ast.walk(ast.parse(source.read())):
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "State" for b in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
                    yield from _chinese(line.value.elts[1:])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple | ast.Dict):
            if _constant(node):
                yield from _chinese(ast.walk(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            fields = [k.value for k in node.keywords if k.arg == "fields" and isinstance(k.value, ast.Dict)]
            yield from _chinese([*node.args[:1], *(value for one in fields for value in one.values)])


def in_form(source: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """What a form-js document says to people."""
    for component in _components(json.load(source)):
        for part in (component, component.get("properties") or {}):
            for key in IN_FORMS:
                if isinstance(part.get(key), str) and part[key].strip():
                    yield 0, None, part[key], []
        for choice in component.get("values") or []:
            yield 0, None, str(choice.get("label", "")), []


def in_drawing(source: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Names of a diagram's steps, which timelines and tasks show; lines and gateways are named for drawers only."""
    for element in etree.parse(source, etree.XMLParser(resolve_entities=False, no_network=True)).iter("{*}*"):
        kind, name = etree.QName(element).localname, element.get("name", "").strip()
        if kind not in UNNAMED and not kind.endswith("Gateway") and _is_chinese(name):
            yield 0, None, name, []
        if kind == "phase" and _is_chinese(text := element.get("text", "").strip()):
            yield 0, None, text, []


def in_answers(source: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """The sentences a decision table answers people with."""
    for element in etree.parse(source, etree.XMLParser(resolve_entities=False, no_network=True)).iter("{*}outputEntry"):
        said = "".join(map(str, element.itertext())).strip().strip('"')
        if _is_chinese(said):
            yield 0, None, said, []


def in_conditions(source: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Why a table says no: its sentences and the labels of its columns."""
    yield from in_answers(source, keywords, tags, options)
    source.seek(0)
    for element in etree.parse(source, etree.XMLParser(resolve_entities=False, no_network=True)).iter("{*}input"):
        if _is_chinese(label := element.get("label", "").strip()):
            yield 0, None, label, []


def update(path: Path = CATALOGUE) -> list[str]:
    """Write the catalogue anew with what is collected, keeping translations; gives what is still untranslated."""
    catalogue = _read(path)
    catalogue.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with path.open("wb") as target:
        write_po(target, catalogue, width=120, sort_output=True, include_lineno=False)
    return untranslated(path)


def untranslated(path: Path = CATALOGUE) -> list[str]:
    """What the program says and the catalogue does not know in English."""
    known = _read(path)
    missing = []
    for message in collected():
        found = known.get(message.id) if message.id else None
        if message.id and (found is None or not _whole(found.string)):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale="en")


def _whole(translated: Any) -> bool:
    return bool(translated) if isinstance(translated, str) else all(translated or [""])


def _components(schema: Any) -> Iterator[dict[str, Any]]:
    for component in schema.get("components") or []:
        yield component
        yield from _components(component)


def _chinese(nodes: Iterable[ast.AST]) -> Iterator[Found]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_chinese(node.value):
            yield node.lineno, None, node.value, []


def _constant(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(isinstance(one, ast.Name) and one.id.isupper() for one in targets)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


if __name__ == "__main__":
    for words in update():
        print(words)  # noqa: T201
