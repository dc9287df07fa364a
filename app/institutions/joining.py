"""An institution on its way in: the verbs of 准入 and 验收 (manual chapter 3). None of them commits."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit import Actor, record
from app.db import db, savepoint
from app.errors import Conflict, NotFound
from app.institutions import applicants, cases, keys
from app.institutions.models import Institution, InstitutionState
from app.states import move

S = InstitutionState
TAKEN = "该统一社会信用代码已提交准入申请，请勿重复提交"


def held(code: str) -> Institution:
    """The institution's row, locked."""
    row = cases.locked(code)
    if row is None:
        raise NotFound("金融机构不存在", code=code)
    return row


def receive(code: str, said: Mapping[str, Any], contact: Mapping[str, str], *, by: Actor) -> Institution:
    """Enter an admission's application, or the new one of an institution that was refused."""
    row = cases.locked(code)
    if row is None:
        row = Institution(code=code, uscc=said["uscc"], app_id=f"A{secrets.token_hex(8)}", regions=[])
        _describe(row, said, contact)
        try:
            with savepoint():
                db.session.add(row)
        except IntegrityError:
            raise Conflict(TAKEN) from None
    else:
        move(row, S.ADMISSION_PENDING, by=by)
        _describe(row, said, contact)
    record(code, "提交准入申请", by=by)
    return row


def correct(code: str, said: Mapping[str, Any], contact: Mapping[str, str], *, by: Actor) -> None:
    """Take what the applicant handed in again."""
    _describe(held(code), said, contact)
    record(code, "补正准入申请", by=by)


def admit(code: str, *, by: Actor) -> None:
    """准入通过: the keys the institution connects with are made."""
    row = held(code)
    move(row, S.ADMITTED, by=by)
    row.reason_code = row.reason = ""
    if not keys.valid(row.app_id):
        keys.issue(code, row.app_id, by=by)
        keys.issue(code, row.app_id, env="test", by=by)


def refuse(code: str, reason_code: str, reason: str, *, by: Actor) -> None:
    """准入不通过, with its reason."""
    row = held(code)
    move(row, S.ADMISSION_REJECTED, by=by)
    row.reason_code, row.reason = reason_code, reason


def send_back(code: str, reason_code: str, reason: str, *, by: Actor) -> None:
    """退回补正: the state stays, the applicant reads what is missing."""
    row = held(code)
    row.reason_code, row.reason = reason_code, reason
    record(code, "退回补正", by=by)


def submit(code: str, said: Mapping[str, Any], *, by: Actor) -> None:
    """Enter what acceptance needs: logo, address, documents, keys."""
    row = held(code)
    move(row, S.ACCEPTANCE_PENDING, by=by)
    _equip(row, said, by=by)
    record(code, "提交验收申请", by=by)


def resubmit(code: str, said: Mapping[str, Any], *, by: Actor) -> None:
    _equip(held(code), said, by=by)
    record(code, "补正验收申请", by=by)


def go_online(code: str, *, by: Actor) -> None:
    """已上线: bidders may choose it from now on."""
    row = held(code)
    move(row, S.ONLINE, by=by)
    row.reason_code = row.reason = ""
    row.online_since = clock.now()


def fail(code: str, reason_code: str, reason: str, *, by: Actor) -> None:
    """A failed acceptance goes back to 准入通过, with its reason."""
    row = held(code)
    move(row, S.ADMITTED, by=by)
    row.reason_code, row.reason = reason_code, reason


def _describe(row: Institution, said: Mapping[str, Any], contact: Mapping[str, str]) -> None:
    row.name, row.kind, row.intro = said["name"], said["kind"], said["intro"]
    row.contact = {"name": contact["contact"], "phone": contact["phone"]}
    row.applicant = applicants.index(row.name, row.uscc, contact["phone"])
    row.reason_code = row.reason = ""
    row.applied_at = clock.now()
    _keep(row, "admission", said.get("attachments"))


def _equip(row: Institution, said: Mapping[str, Any], *, by: Actor) -> None:
    row.endpoint_url = said["endpoint_url"]
    row.signer_certificate = said.get("certificate") or row.signer_certificate
    if said.get("logo"):
        row.logo_file_id = said["logo"]["file"]
    if said.get("sm2_public"):
        keys.enter_public(row.code, row.app_id, said["sm2_public"], by=by)
    row.reason_code = row.reason = ""
    _keep(row, "acceptance", said.get("attachments"))


def _keep(row: Institution, stage: str, files: list[dict[str, Any]] | None) -> None:
    """The documents of a stage; those handed in again take the place of the old ones."""
    if files:
        row.documents = {**(row.documents or {}), stage: files}
