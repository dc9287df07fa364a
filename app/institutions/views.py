"""What an institution's product says in full; lists and the institution's own page are the portal's."""

from flask import Blueprint, render_template

from app.errors import NotFound
from app.institutions import catalogue

bp = Blueprint("institutions", __name__, url_prefix="/institutions")


@bp.get("/<code>/products/<product>/terms")
def terms(code: str, product: str) -> str:
    """条款, with the hash that an application keeps."""
    institution = catalogue.get(code)
    found = next((one for one in institution.products if one.code == product), None)
    if found is None:
        raise NotFound("保函产品不存在")
    return render_template("institutions/terms.html", institution=institution, product=found)
