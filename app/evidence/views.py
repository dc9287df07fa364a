"""回执: one's own receipts; 回执验证 for everybody; 审计存证 for those who oversee."""

from datetime import datetime, timedelta

import segno
from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from app import clock, rates
from app.accounts.access import predicate
from app.accounts.user import User, current_user
from app.applications.models import Kind
from app.applications.views import own_application
from app.audit import chain, record
from app.complaints.views import own_complaint
from app.db import db, transaction
from app.errors import NotFound
from app.evidence import checkpoints, receipts, signing
from app.evidence.models import AuditCheckpoint
from app.invoices.views import own_invoice
from app.orders.views import own_order

bp = Blueprint("receipts", __name__, url_prefix="/receipts")
evidence_bp = Blueprint("evidence", __name__, url_prefix="/work/evidence")
SHOWN = 20
SOON = timedelta(seconds=5)
OWN = {"order": own_order, "complaint": own_complaint, "invoice": own_invoice} | {
    kind.value: own_application for kind in Kind
}
BACK = {
    "order": "orders.detail",
    "complaint": "complaints.detail",
    "invoice": "invoices.detail",
    **{kind.value: "applications.detail" for kind in Kind},
}
Page = str | tuple[str, int] | tuple[str, int, dict[str, str]]


def second(at: datetime) -> str:
    """A moment to the second, with its zone: what is to be proved must not be read two ways."""
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S} (UTC+8)"


def steps(text: str) -> str:
    """A line of the trail in the reader's language."""
    return " → ".join(map(_, text.split(" → ")))


@predicate("own_case")
def own_case(user: User, no: str, **_: object) -> bool:
    owns = OWN.get(receipts.policy_of(no))
    return owns is not None and owns(user, no)


@bp.get("/<no>/<int:position>")
def show(no: str, position: int) -> str:
    """The receipt, for the screen and for paper."""
    receipt, token = receipts.made(no, position)
    address = f"{current_app.config['PUBLIC_URL']}{url_for('.verify', r=token)}"
    return render_template(
        "evidence/receipt.html",
        receipt=receipt,
        position=position,
        lot=receipts.lot_of(no),
        back=url_for(BACK[receipts.policy_of(no)], no=no),
        code=segno.make(address, error="l").svg_data_uri(scale=4, border=2),
        address=address,
        verify_at=f"{current_app.config['PUBLIC_URL']}{url_for('.verify')}",
    )


@bp.get("/<no>/<int:position>/file")
def file(no: str, position: int) -> Response:
    """The receipt with what was sent, to be kept and verified anywhere; it holds the handler's own data."""
    said = receipts.document(*receipts.made(no, position))
    with transaction():
        record(f"desk:{no}", "下载回执文件", by=current_user().actor, receipt=position)
    answer = jsonify(said)
    answer.headers["Content-Disposition"] = f'attachment; filename="receipt-{no}-{position}.json"'
    return answer


@bp.route("/verify", methods=["GET", "POST"])
def verify() -> Page:
    """回执验证: the QR code leads here; a token or a receipt's file may be pasted."""
    pasted = request.form.get("receipt", "") if request.method == "POST" else request.args.get("r", "")
    token = receipts.token_in(pasted)[: receipts.LONGEST]
    if not pasted.strip() and request.method == "POST":
        return render_template("evidence/verify.html", error=_("请粘贴回执")), 422
    if not pasted.strip():
        return render_template("evidence/verify.html")
    if not rates.within(f"verify:{request.remote_addr or ''}", "VERIFY_PER_ADDRESS"):
        return render_template("evidence/verify.html", too_many=True), 429, {"Retry-After": "1"}
    found = receipts.read(token)
    if isinstance(found, str):
        return render_template("evidence/verify.html", wrong=found, pasted=pasted), 404
    return render_template("evidence/verify.html", receipt=found, line=receipts.standing(found), pasted=pasted)


@bp.get("/keys.json")
def keys() -> Response:
    """Every public key the platform has signed receipts and checkpoints with."""
    signing.key()
    answer = jsonify({"keys": signing.published()})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@evidence_bp.get("/")
def index() -> str:
    """审计存证: the chain's head, what waits, the checkpoints against what stands there now."""
    query = db.select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(SHOWN)
    rows = [(row, checkpoints.wrong(checkpoints.document(row))) for row in db.session.scalars(query)]
    head, since = chain.seen(), chain.unchained_since()
    return render_template(
        "evidence/index.html",
        head=head,
        genuine=head is None or head.genuine,
        since=since if since is not None and clock.now() - since > SOON else None,
        rows=rows,
        folder=bool(current_app.config["CHECKPOINT_DIR"]),
    )


@evidence_bp.get("/checkpoints/<int(max=999999999):seq>")
def checkpoint(seq: int) -> Response:
    """The checkpoint as the file to keep elsewhere."""
    row = db.session.get(AuditCheckpoint, seq)
    if row is None:
        raise NotFound(_("没有找到该检查点"))
    answer = jsonify(checkpoints.document(row))
    answer.headers["Content-Disposition"] = f'attachment; filename="checkpoint-{seq:06}.json"'
    return answer
