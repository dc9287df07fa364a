"""Home, help, products, institutions; the work centre's first page."""

from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import files
from app.errors import NotFound
from app.institutions import InstitutionKind, InstitutionState, catalogue, showing
from app.institutions.showing import ShownInstitution
from app.portal import figures, flow
from app.portal import manual as book
from app.portal.frame import region
from app.projects import LotCategory

bp = Blueprint("portal", __name__)
SEEN = (InstitutionState.ONLINE, InstitutionState.OFFLINE)


@bp.get("/")
def home() -> str:
    """首页 (manual 2.1, 2.2)."""
    here = region()
    return render_template(
        "portal/home.html",
        types=showing.product_types(here),
        kinds=by_kind(here),
        figures=figures.of(here),
        flow=flow.picture(),
    )


@bp.get("/help")
def help() -> str:
    """帮助中心 (manual 2.3)."""
    return render_template("portal/help.html")


@bp.get("/help/manual.pdf")
def manual() -> BaseResponse:
    """操作手册下载 (manual 2.3)."""
    content, tag = book.pdf()
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = "inline; filename*=UTF-8''" + quote("操作手册.pdf")
    answer.set_etag(tag)
    return answer.make_conditional(request)


@bp.get("/products")
def products() -> str:
    """Product types, and who sells them (manual 5.1.2)."""
    here = region()
    return render_template("portal/products.html", types=showing.product_types(here), kinds=by_kind(here))


@bp.get("/institutions/<code>")
def institution(code: str) -> str:
    """What one institution sells; of one that went offline, that it did."""
    one = catalogue.find(code)
    if one is None or one.state not in SEEN:
        raise NotFound("没有找到该金融机构，可能尚未上线")
    return render_template(
        "portal/institution.html",
        institution=showing.shown(one),
        kind=InstitutionKind(one.kind),  # type: ignore[call-arg]
        since=one.online_since,
        online=one.online,
        categories={category.value: category.label for category in LotCategory},
    )


@bp.get("/institutions/<code>/logo")
def logo(code: str) -> Response:
    """The logo an institution handed in, of those online now or before."""
    one = catalogue.find(code)
    if one is None or one.logo_file_id is None or one.state not in SEEN:
        raise NotFound("没有找到该图片")
    row = files.row_of(one.logo_file_id)
    answer = Response(files.content(row.id), mimetype=row.media_type)
    answer.set_etag(row.sha256)
    answer.cache_control.max_age = 3600
    return answer


@bp.get("/work/")
def work() -> str:
    """工作中心."""
    return render_template("portal/work.html")


def by_kind(region: str) -> list[tuple[str, list[ShownInstitution]]]:
    """银行 / 保险公司 / 担保公司 with those online here, in the day's order; no empty group."""
    found = showing.institutions(region)
    groups = [(kind.label, [one for one in found if one.kind == kind.value]) for kind in InstitutionKind]
    return [(label, members) for label, members in groups if members]
