"""Home, help, products, institutions; the work centre's first page."""

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from app.portal import sources
from app.portal.frame import region

bp = Blueprint("portal", __name__)


@bp.get("/")
def home() -> str:
    here = region()
    return render_template(
        "portal/home.html",
        products=sources.products(here),
        institutions=sources.by_kind(sources.institutions(here)),
        figures=sources.figures(here),
    )


@bp.get("/help")
def help() -> str:
    return render_template("portal/help.html")


@bp.get("/products")
def products() -> str:
    here = region()
    return render_template(
        "portal/products.html",
        products=sources.products(here),
        institutions=sources.by_kind(sources.institutions(here)),
    )


@bp.get("/institutions/<code>")
def institution(code: str) -> str | Response:
    found = next((one for one in sources.institutions(region()) if one.code == code), None)
    if found is None:
        abort(404)
    return render_template("portal/institution.html", institution=found)


@bp.get("/work/")
def work() -> str:
    return render_template("portal/work.html")
