"""业务查询 and 审计日志: an auditor's pages. All of them are read with GET."""

from dataclasses import replace

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import current_user
from app.db import db, transaction
from app.errors import BadInput, Confidential, NotFound
from app.institutions import Institution
from app.oversight import cases, secrecy, trail
from app.runtime import Catalogue, definitions, timeline
from app.runtime.models import Incident, Instance
from app.runtime.panels import Panel, Section
from app.runtime.way import way

bp = Blueprint("oversight", __name__, url_prefix="/work/oversight")
Answer = str | tuple[str, int]


@bp.get("/cases")
def list_cases() -> Answer:
    filters = cases.Filters.of(request.args)
    try:
        found, refused = cases.page(filters), ""
    except Confidential as secret:
        found, refused = cases.Page([], 0, 1, {}), secret.message
    titles = {policy: title(policy) for policy in found.policies}
    names = db.session.execute(select(Institution.code, Institution.name)).tuples()
    page = render_template(
        "oversight/cases.html",
        found=found,
        filters=filters,
        titles=titles,
        houses=dict(names.all()),
        policies=[("", _("全部"), sum(found.policies.values()))]
        + [(policy, titles[policy], count) for policy, count in sorted(found.policies.items())],
        refused=refused,
        page=min(filters.page, found.pages),
    )
    return (page, Confidential.status) if refused else page


@bp.get("/cases/<policy>/<key>")
def case(policy: str, key: str) -> str:
    """One case: what may be known of it now, how it went, who looked at it."""
    instance = _instance(policy, key)
    user = current_user()
    catalogue: Catalogue = current_app.extensions["catalogue"]
    subject = catalogue.subject_of(policy)
    panel = subject.panel(key, user) if subject is not None and subject.panel is not None else Panel()
    sealed = policy in secrecy.sealed_policies()
    opened = _unsealed(policy, key) if sealed else []
    incidents = db.session.scalars(select(Incident).where(Incident.instance_id == instance.id).order_by(Incident.id))
    return render_template(
        "oversight/case.html",
        instance=instance,
        panel=Panel((*map(_masked, panel.sections), *opened), (), panel.state),
        title=title(policy),
        sealed=sealed and not opened,
        way=way(instance, remarks=not sealed or bool(opened)),
        lines=trail.page(trail.Filters(no=key)).rows,
        incidents=list(incidents),
    )


def _masked(section: Section) -> Section:
    """Personal values stay masked: revealing them is for who has to use them."""
    return Section(section.title, tuple(replace(row, reveal="") for row in section.rows))


def _unsealed(policy: str, key: str) -> list[Section]:
    with transaction():
        return secrecy.unsealed(policy, key, by=current_user())


@bp.get("/cases/<policy>/<key>/state.json")
def case_state(policy: str, key: str) -> Response:
    """Where the case stands, for its drawing."""
    _instance(policy, key)
    return jsonify(timeline.path(policy, key))


@bp.get("/trail")
def audit_trail() -> Answer:
    errors: dict[str, str] = {}
    try:
        filters = trail.Filters.of(request.args)
    except BadInput as wrong:
        filters, errors = trail.Filters(), wrong.fields
    page = render_template(
        "oversight/trail.html",
        found=trail.page(filters) if not errors else trail.Page([], None, {}),
        errors=errors,
        number=trail.number,
        narrowed=any(request.args.get(name) for name in ("who", "no", "begin", "end")),
    )
    return (page, BadInput.status) if errors else page


def title(policy: str) -> str:
    """What its live drawing calls it."""
    try:
        diagram = definitions.live(policy).definition.diagram
    except NotFound:
        return policy
    return diagram.processes[diagram.main].name or policy


def _instance(policy: str, key: str) -> Instance:
    found = db.session.scalar(select(Instance).where(Instance.policy == policy, Instance.key == key))
    if found is None:
        raise NotFound(_("没有这项业务"))
    return found
