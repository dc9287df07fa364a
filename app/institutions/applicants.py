"""Applicants have no login: they are told by name, credit code and phone together, through a keyed hash."""

import unicodedata
from typing import Any

from sqlalchemy import select

from app import codes
from app.db import db
from app.errors import NotFound
from app.institutions.catalogue import get
from app.institutions.models import Institution
from app.sealing import blind

NOBODY = "未查询到匹配的准入申请信息，请核对后重试"


def index(name: str, uscc: str, phone: str) -> str:
    """Full-width letters, blanks and case make no difference in a name."""
    plain = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return blind("institution.applicant", plain, uscc, phone)


def prove(said: dict[str, Any], *, purpose: str) -> Institution:
    """The institution that whoever holds this phone applied for; raises BadInput for the code, else NotFound.

    It uses the code up, so it stands outside of any transaction. Whichever of the fields is wrong, it says the same.
    """
    codes.check(said["phone"], purpose=purpose, code=said["code"])
    wanted = index(said["name"], said["uscc"], said["phone"])
    found = db.session.scalar(select(Institution).where(Institution.applicant == wanted))
    if found is None:
        raise NotFound(NOBODY)
    return found


def phone(code: str) -> str:
    """Where the applicant's SMS go."""
    contact = get(code).contact
    if not contact:
        raise NotFound("没有登记联系手机号", code=code)
    return str(contact["phone"])
