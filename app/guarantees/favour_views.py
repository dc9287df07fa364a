"""我的保函 of a tenderer (manual 6): one list per opened lot, its papers in one archive, the delegation of claims."""

import csv
import io
import tempfile
import zipfile
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, files, institutions, money
from app.accounts.access import predicate
from app.accounts.user import User, current_user
from app.audit import record
from app.db import db, transaction
from app.errors import Conflict
from app.guarantees import acts, documents, favour, secrets
from app.guarantees.models import ClaimDelegation, Guarantee, GuaranteeState

bp = Blueprint("favour", __name__, url_prefix="/guarantees/lots")
PER_PAGE = 20


@predicate("in_favour")
def in_favour(user: User, no: str, **_: object) -> bool:
    return favour.in_favour(user, no)


@bp.get("/")
def index() -> str:
    """Opened lots of one's own."""
    found = db.paginate(favour.lots(current_user()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    counts = {lot.no: len(favour.of_lot(lot)) for lot in found.items}
    return render_template("guarantees/lots.html", found=found, counts=counts)


@bp.get("/<lot_no>")
def detail(lot_no: str) -> str:
    user = current_user()
    lot = favour.lot(user, lot_no)
    rows = [{**row(one), "acts": acts.of(user, one.no)} for one in favour.of_lot(lot)]
    return render_template("guarantees/lot.html", lot=lot, rows=rows, delegation=favour.delegated(lot.no))


@bp.get("/<lot_no>/guarantees.zip")
def papers(lot_no: str) -> BaseResponse:
    """Every guarantee of the lot, each in its newest document."""
    lot = favour.lot(current_user(), lot_no)
    found = favour.of_lot(lot)
    newest = documents.current(found)
    out = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115 - the answer reads and closes it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for one in found:
            with archive.open(f"{one.no}.pdf", "w") as entry:
                for chunk in files.read(newest[one.no]):
                    entry.write(chunk)
    with transaction():
        record(lot.no, "批量下载保函", by=current_user().actor)
    out.seek(0)
    return send_file(out, mimetype="application/zip", as_attachment=True, download_name=f"{lot.number}.zip")


@bp.get("/<lot_no>/guarantees.csv")
def export(lot_no: str) -> BaseResponse:
    """The list as a table, readable by Excel."""
    lot = favour.lot(current_user(), lot_no)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_("保函编号"), _("投标人"), _("出函机构"), _("担保金额"), _("保函余额"), _("有效期至"), _("状态")])
    for one in (row(guarantee) for guarantee in favour.of_lot(lot)):
        told = one["content"]
        cells = [one["guarantee"].no, told.bidder_name, one["institution"].name, money.yuan(told.amount)]
        state: GuaranteeState = one["state"]
        cells += [money.yuan(told.balance), clock.shown(told.ends), _(state.label)]
        table.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in cells])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{lot.no}.csv"'
    return answer


@bp.post("/<lot_no>/delegation")
def delegate(lot_no: str) -> BaseResponse:
    """Let the lot's agent file claims."""
    user = current_user()
    with transaction():
        lot = favour.lot(user, lot_no)
        if lot.agent_uscc is None:
            raise Conflict(_("该标段没有招标代理"))
        if favour.delegated(lot.no) is None:
            standing = ClaimDelegation(
                lot_no=lot.no, agent_uscc=lot.agent_uscc, agent_name=lot.agent_name, created_at=clock.now()
            )
            db.session.add(standing)
            record(lot.no, "委托招标代理申请理赔", by=user.actor)
    flash(_("已委托"))
    return redirect(url_for(".detail", lot_no=lot_no))


@bp.post("/<lot_no>/delegation/revoke")
def revoke(lot_no: str) -> BaseResponse:
    user = current_user()
    with transaction():
        standing = favour.delegated(favour.lot(user, lot_no).no)
        if standing is not None:
            standing.revoked_at = clock.now()
            record(lot_no, "撤销理赔委托", by=user.actor)
    flash(_("已撤销委托"))
    return redirect(url_for(".detail", lot_no=lot_no))


def row(guarantee: Guarantee) -> dict[str, Any]:
    return {
        "guarantee": guarantee,
        "state": GuaranteeState(guarantee.state),  # type: ignore[call-arg]
        "content": secrets.content(guarantee),
        "institution": institutions.get(guarantee.institution),
    }
