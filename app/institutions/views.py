"""What everybody may see of an institution besides its page, which is the portal's: its terms, its logo."""

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as BaseResponse

from app import files
from app.errors import NotFound
from app.institutions import catalogue
from app.institutions.models import InstitutionState

bp = Blueprint("institutions", __name__, url_prefix="/institutions")


@bp.get("/<code>/products/<product>/terms")
def terms(code: str, product: str) -> str:
    """条款, with the hash that an application keeps."""
    institution = catalogue.get(code)
    found = next((one for one in institution.products if one.code == product), None)
    if found is None:
        raise NotFound("保函产品不存在")
    return render_template("institutions/terms.html", institution=institution, product=found)


@bp.get("/<code>/logo")
def logo(code: str) -> BaseResponse:
    """The logo of one that is or was online."""
    one = catalogue.find(code)
    if one is None or one.logo_file_id is None or one.state not in (InstitutionState.ONLINE, InstitutionState.OFFLINE):
        raise NotFound("没有找到该文件")
    answer = Response(files.read(one.logo_file_id), mimetype=files.row_of(one.logo_file_id).media_type)
    answer.cache_control.public = True
    answer.cache_control.max_age = 3600
    return answer
