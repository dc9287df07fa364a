"""内容维护: operators keep lists and texts, without code and without a restart; every change is audited."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import formjs
from app.accounts import current_user
from app.audit import Actor
from app.db import retrying, transaction
from app.errors import BadInput
from app.institutions import InstitutionKind
from app.portal import site
from app.portal.editing import lists, messages, site_words
from app.settings import ROOT

bp = Blueprint("editing", __name__, url_prefix="/lists")
Page = str | Response | tuple[str, int]
FORMS = ROOT / "forms/lists"


@bp.get("/")
def index() -> str:
    """Product types; the other lists are tabs beside."""
    kinds = {kind.value: _(kind.label) for kind in InstitutionKind}
    return render_template("editing/types.html", types=lists.types(), kinds=kinds)


@bp.route("/types/new", methods=["GET", "POST"], endpoint="new_type")
@bp.route("/types/<code>", methods=["GET", "POST"], endpoint="product_type")
def product_type(code: str | None = None) -> Page:
    row = lists.product_type(code) if code is not None else None
    values = _values(row, "name", "kind", "intro", "position", "offered")
    return _edit(
        form("product_type", adding=row is None),
        values,
        lambda said, by: lists.keep_type(code, said, by=by),
        back=url_for(".index"),
        title=_("新增产品类型") if row is None else row.name,
        tab="types",
    )


@bp.get("/reasons")
def reasons() -> str:
    found = lists.purposes()
    purpose = request.args.get("purpose", "")
    purpose = purpose if purpose in found else (found[0] if found else "")
    options = [(one, _(lists.PURPOSES.get(one, one)), None) for one in found]
    return render_template("editing/reasons.html", purpose=purpose, options=options, reasons=lists.reasons(purpose))


@bp.route("/reasons/<purpose>/new", methods=["GET", "POST"], endpoint="new_reason")
@bp.route("/reasons/<purpose>/<code>", methods=["GET", "POST"], endpoint="reason")
def reason(purpose: str, code: str | None = None) -> Page:
    row = lists.reason(purpose, code) if code is not None else None
    return _edit(
        form("reason", adding=row is None),
        _values(row, "text", "position", "offered"),
        lambda said, by: lists.keep_reason(purpose, code, said, by=by),
        back=url_for(".reasons", purpose=purpose),
        title=_("新增原因") if row is None else f"{row.code} {row.text}",
        tab="reasons",
    )


@bp.get("/texts")
def texts() -> str:
    return render_template("editing/texts.html", texts=messages.texts(), filled=messages.filled, parts=messages.parts)


@bp.route("/texts/<code>", methods=["GET", "POST"])
def text(code: str) -> Page:
    """【预览】 shows how it would read, 【保存】 keeps it."""
    row = messages.text(code)
    return _edit(
        form("message"),
        _values(row, "title", "text", "sms"),
        lambda said, by: messages.keep(code, said, by=by),
        check=lambda said: messages.check(code, said),
        back=url_for(".texts"),
        title=row.title,
        tab="texts",
        places=messages.places(code),
        samples=messages.SAMPLES,
        filled=messages.filled,
        parts=messages.parts,
    )


@bp.route("/site", methods=["GET", "POST"])
def site_texts() -> Page:
    return _edit(
        form("site"),
        site_words.typed(site.now()),
        lambda said, by: site_words.keep(said, by=by),
        back=url_for(".index"),
        title=_("网站内容"),
        tab="site",
    )


def form(name: str, *, adding: bool = True) -> formjs.Form:
    """A code is given once, when an entry is added."""
    schema = json.loads((FORMS / f"{name}.json").read_text(encoding="utf-8"))
    if not adding:
        schema["components"] = [one for one in schema["components"] if one.get("key") != "code"]
    return formjs.load(schema)


def _values(row: Any, *names: str) -> dict[str, Any]:
    """What the form begins with; a new entry is offered."""
    return {name: getattr(row, name) for name in names} if row is not None else {"offered": True, "position": 50}


def _edit(
    document: formjs.Form,
    values: Mapping[str, Any],
    keep: Callable[[Mapping[str, Any], Actor], None],
    *,
    back: str,
    check: Callable[[Mapping[str, Any]], None] | None = None,
    **shown: Any,
) -> Page:
    by, errors, preview = current_user().actor, {}, None
    if request.method == "POST":
        try:
            said = document.read(request.form)
            if "preview" in request.form and check is not None:
                check(said)
                preview = said
            else:
                retrying(lambda: _kept(keep, said, by))
                flash(_("已保存"))
                return redirect(back)
        except BadInput as wrong:
            errors = wrong.fields
    page = render_template(
        "editing/edit.html",
        form=document,
        values=values,
        errors=errors,
        preview=preview,
        back=back,
        previewed=check is not None,
        **shown,
    )
    return (page, 422) if errors else page


def _kept(keep: Callable[[Mapping[str, Any], Actor], None], said: Mapping[str, Any], by: Actor) -> None:
    with transaction():
        keep(said, by)
