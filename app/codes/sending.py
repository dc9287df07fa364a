"""Sending a code: made here, kept as a hash, carried to the provider by an errand that opens the sealed letter."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.codes.models import SmsCode, SmsTally
from app.db import db, insert_new, transaction
from app.errors import BadInput, TooMany
from app.formjs.texts import FORMATS, plain
from app.jobs import queue
from app.notices import line, telling
from app.sealing import blind

PURPOSES: Mapping[str, str] = {
    "admission": "金融机构准入申请",
    "acceptance": "金融机构验收申请",
    "acceptance_data": "提交验收资料",
    "progress": "准入进度查询",
    "key": "更换接口密钥",
    "contact": "变更机构联系人",
    "complaint": "在线投诉",
}
PAUSE = timedelta(seconds=60)
LIFE = timedelta(minutes=5)
TRIES = 5


def send(phone: str, *, purpose: str, address: str) -> int:
    """Send a new code, which ends the one before; the caller holds the transaction. Returns seconds until the next.

    Raises BadInput for a number that is none, TooMany within the minute and past the day's limits.
    """
    phone = plain(phone, code=True)
    if purpose not in PURPOSES:
        raise BadInput(_("验证码用途有误"), fields={"purpose": _("验证码用途有误")})
    if not FORMATS["phone"].fits(phone):
        told = FORMATS["phone"].told(_("手机号"))
        raise BadInput(told, fields={"phone": told})
    row = _locked(phone, purpose)
    now = clock.now()
    if row.asked_at is not None and now < row.asked_at + PAUSE:
        left = int((row.asked_at + PAUSE - now).total_seconds()) + 1
        raise TooMany(_("获取验证码太频繁，请 %(n)d 秒后重试", n=left), retry_after=left)
    _count("phone", phone, current_app.config["SMS_PER_PHONE"], _("该手机号今天获取验证码的次数已达上限，请明天再试"))
    _count(
        "address", network(address), current_app.config["SMS_PER_ADDRESS"], _("您所在网络今天获取验证码的次数已达上限")
    )
    code = f"{secrets.randbelow(10**6):06d}"
    row.token = secrets.token_hex(8)
    row.digest, row.tries, row.asked_at = digest(row, code), TRIES, now
    row.letter = {"phone": phone, "code": code}
    db.session.flush()
    queue.post("codes/sms", {"code": row.id, "token": row.token}, key=f"code:{row.token}")
    return int(PAUSE.total_seconds())


def carry(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: give the letter to the provider, then forget it. One that is too old or has a successor is not sent."""
    row = db.session.get(SmsCode, payload["code"])
    if row is None or row.token != payload["token"] or row.letter is None:
        return
    if clock.now() < row.asked_at + LIFE:
        text = telling.text_of("sms_code").text
        said = telling.fill(text, {"code": row.letter["code"], "purpose": PURPOSES[row.purpose]})
        phone = row.letter["phone"]
        db.session.rollback()
        line.send(phone, said, reference=key)
    with transaction():
        row = db.session.get_one(SmsCode, payload["code"], with_for_update=True, populate_existing=True)
        if row.token == payload["token"]:
            row.letter = None


def digest(row: SmsCode, code: str) -> str:
    """Keyed, and different for every sending, so that equal codes look different."""
    return blind("codes.code", row.phone, row.purpose, row.token, code)


def index(phone: str) -> str:
    return blind("codes.phone", phone)


def network(address: str) -> str:
    """An IPv6 household has 2**64 addresses and counts as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else address


def _locked(phone: str, purpose: str) -> SmsCode:
    """The row of this phone and purpose, made if need be, locked."""
    insert_new(SmsCode, phone=index(phone), purpose=purpose, token="", digest="", tries=0)
    wanted = select(SmsCode).where(SmsCode.phone == index(phone), SmsCode.purpose == purpose)
    return db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def _count(kind: str, who: str, most: int, told: str) -> None:
    """One more today; raises TooMany past the limit. Phones are locked before addresses, everywhere."""
    name, today = blind(f"codes.{kind}", who), clock.today()
    insert_new(SmsTally, who=name, day=today, count=0)
    row = db.session.get_one(SmsTally, name, with_for_update=True, populate_existing=True)
    if row.day != today:
        row.day, row.count = today, 0
    if row.count >= most:
        raise TooMany(told)
    row.count += 1
