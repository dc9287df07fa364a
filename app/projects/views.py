"""Lots for everyone to look up."""

from flask import Blueprint, render_template, request

from app.projects import search
from app.projects.models import LotCategory, LotState
from app.regions import REGIONS

bp = Blueprint("projects", __name__, url_prefix="/lots")


def asked() -> dict[str, str]:
    """The search in the address, as `search.search` takes it; unknown choices are as if not made."""
    region, category = request.args.get("region", ""), request.args.get("category", "")
    return {
        "text": request.args.get("q", "").strip()[: search.MOST_TEXT],
        "region": region if region in REGIONS else "",
        "category": category if category in set(LotCategory) else "",
        "after": request.args.get("after", ""),
    }


@bp.get("/")
def index() -> str:
    sought = asked()
    return render_template(
        "projects/index.html",
        page=search.search(sought["text"], region=sought["region"], category=sought["category"], after=sought["after"]),
        sought=sought,
        regions=REGIONS,
        categories=list(LotCategory),
    )


@bp.get("/<no>")
def detail(no: str) -> str:
    lot = search.get(no)
    return render_template(
        "projects/detail.html",
        lot=lot,
        lot_state=LotState(lot.state),  # type: ignore[call-arg]
        category=LotCategory(lot.category),  # type: ignore[call-arg]
    )
