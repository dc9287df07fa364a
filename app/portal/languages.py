"""Languages: Chinese is the source, the other catalogues are read from their .po files, no compiled copy to forget."""

from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale, gettext

LANGUAGES = {"zh": "中文", "en": "English"}
TAGS = {"zh": "zh-CN", "en": "en"}


class Catalogues(Domain):
    """Reads `<folder>/<language>/LC_MESSAGES/messages.po` once per process; Chinese needs none."""

    def __init__(self, folder: Path):
        super().__init__(str(folder))
        self.folder = folder
        self.read: dict[str, NullTranslations] = {}

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
    folder = Path(app.root_path) / "translations"
    app.extensions["babel"].instance.domain_instance = Catalogues(folder)
    app.before_request(_remember)
    app.jinja_env.filters["translated"] = translated
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, language_tag=lambda: TAGS[language()])


def translated(text: object) -> str:
    """Words that come from data (labels, reasons, errors) in the reader's language, as they stand if it has none.

    Templates use this and not `_(text)`, which would take a percent sign in the text for a format.
    """
    words = str(text or "")
    return gettext(words) if words else ""


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
