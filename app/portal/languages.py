"""Languages: Chinese is the source, the other catalogues are read from their .po files, no compiled copy to forget."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

LANGUAGES = {"zh": "中文", "en": "English"}
TAGS = {"zh": "zh-CN", "en": "en"}


class Catalogues(Domain):
    """Reads `<folder>/<language>/LC_MESSAGES/messages.po` once per process; Chinese needs none."""

    def __init__(self, folder: Path):
        super().__init__(str(folder))
        self.folder = folder
        self.read: dict[str, NullTranslations] = {}

    def words(self, text: str) -> str:
        """The text in the reader's language."""
        found: str = self.get_translations().ugettext(text)
        return found

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        language = locale.language if locale else "zh"
        if language not in self.read:
            self.read[language] = self._load(language)
        return self.read[language]

    def _load(self, language: str) -> NullTranslations:
        path = self.folder / language / "LC_MESSAGES" / "messages.po"
        if not path.exists():
            return NullTranslations()
        compiled = BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        return Translations(compiled)


def init_babel(app: Flask) -> None:
    """Choose by ?lang=, then the session, then the browser; Chinese where none of them says."""
    babel = Babel()
    babel.init_app(
        app,
        default_locale="zh",
        default_timezone="Asia/Shanghai",
        locale_selector=_select,
    )
    catalogues = Catalogues(Path(app.root_path) / "translations")
    app.extensions["babel"].instance.domain_instance = catalogues
    app.before_request(_remember)
    app.jinja_env.filters["translated"] = translated
    said = _in_templates(catalogues)
    app.jinja_env.globals.update(_=said, gettext=said)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, language_tag=lambda: TAGS[language()])


def _in_templates(catalogues: Catalogues) -> Callable[..., str]:
    """`_()` as Jinja's extension has it; a page says it a hundred times, so it does not look for the catalogue anew."""

    @pass_eval_context
    def said(how: EvalContext, text: str, /, **places: Any) -> str:
        words = catalogues.words(text)
        if how.autoescape:
            words = Markup(words)  # noqa: S704 - as the extension does: what is put into the places is escaped
        return words % places if places or "%" in words else words

    return said


def translated(text: object) -> str:
    """Words that come from data (labels, reasons, errors) in the reader's language, as they stand if it has none.

    Templates use this and not `_(text)`, which would take a percent sign in the text for a format.
    """
    words = str(text or "")
    catalogues: Catalogues = current_app.extensions["babel"].instance.domain_instance
    return catalogues.words(words) if words else ""


def language() -> str:
    """The present reader's language code."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "zh"


def _remember() -> None:
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES and session.get("lang") != wanted:
        session["lang"] = wanted


def _select() -> str | None:
    if not has_request_context():
        return None
    wanted = request.args.get("lang") or session.get("lang")
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(list(LANGUAGES), default="zh")
