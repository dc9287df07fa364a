"""What applicants hand in, with its documents: written first, then kept and given to the policy in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import files, numbering, outside, runtime
from app.audit import Actor
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput, Conflict
from app.institutions import cases, catalogue, papers
from app.protocol import sm2
from app.regions import PROVINCE
from app.runtime import answers

APPLICANT = Actor("applicant", "申请机构")


def told(said: Mapping[str, Any], act: Callable[[dict[str, Any]], None]) -> None:
    """Do it with the uploads written; nothing of what is refused stays in the store."""
    db.session.rollback()
    sent = answers.written(said)
    try:
        retrying(lambda: act(sent))
    except AppError:
        answers.dropped(sent)
        raise


def apply(said: Mapping[str, Any]) -> None:
    """Start admission; a credit code that is known keeps its institution."""
    with transaction():
        known = catalogue.find_uscc(said["uscc"])
        code = known.code if known is not None else numbering.next_number("JG")
        cases.locked(code)
        application = {name: said[name] for name in ("name", "uscc", "kind", "intro")}
        runtime.start(
            "admission",
            key=cases.next_key("admission", code),
            data={"application": {**application, "attachments": _kept(said["attachments"])}},
            secret={"contact": said["contact"], "phone": said["phone"]},
            by=APPLICANT,
            region=PROVINCE,
            institution=code,
        )


def submit(code: str, said: Mapping[str, Any]) -> None:
    """Start acceptance."""
    with transaction():
        cases.locked(code)
        runtime.start(
            "acceptance",
            key=cases.next_key("acceptance", code),
            data={"application": _with_files(said)},
            by=APPLICANT,
            region=PROVINCE,
            institution=code,
        )


def correct(policy: str, code: str, said: Mapping[str, Any]) -> None:
    """Tell the case that waits for it what was handed in again."""
    with transaction():
        case = cases.open_case(policy, code)
        if case is None:
            raise Conflict(_("当前没有需要补正的申请"))
        secret = None
        if policy == "admission":
            secret = {"contact": said["contact"], "phone": catalogue.get(code).contact["phone"]}
        payload = {name: value for name, value in _with_files(said).items() if name != "contact"}
        runtime.tell(policy, case.key, "corrected", payload, by=APPLICANT, secret=secret)


def _with_files(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, with its files kept and named by their rows."""
    found = {name: value for name, value in said.items() if name not in ("code", "logo", "attachments")}
    if said.get("logo"):
        found["logo"] = _kept([said["logo"]])[0]
    return {**found, "attachments": _kept(said.get("attachments") or [])}


def _kept(sent: list[answers.Sent]) -> list[dict[str, Any]]:
    rows = [(one.name, files.keep(one.written)) for one in sent]
    return [{"file": row.id, "name": name, "size": row.size} for name, row in rows]


def equipped(said: dict[str, Any]) -> dict[str, Any]:
    """The SM2 key and the certificate as they are kept; raises BadInput for what is none."""
    errors = {}
    if said.get("endpoint_url") and (problem := outside.problem(said["endpoint_url"])):
        errors["endpoint_url"] = _(problem)
    if said.get("sm2_public"):
        try:
            said["sm2_public"] = sm2.read_public_key(said["sm2_public"])
        except sm2.BadKey:
            errors["sm2_public"] = _("SM2公钥应为 128 位十六进制（可带 04 前缀）")
    if said.get("certificate") and not papers.is_certificate(said["certificate"]):
        errors["certificate"] = _("电子签章证书应为 PEM 格式的证书")
    if errors:
        raise BadInput(fields=errors)
    return said
