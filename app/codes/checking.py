"""Checking a code: a wrong one costs a try, whatever becomes of the page that asked."""

import hmac

from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.codes.models import SmsCode
from app.codes.sending import LIFE, digest, index
from app.db import db, retrying, transaction
from app.errors import BadInput
from app.formjs.texts import plain


def check(phone: str, *, purpose: str, code: str, field: str = "code") -> None:
    """Raises BadInput naming `field` unless this is the phone's living code for the purpose; a right one is used up.

    It commits by itself, so that a refused request keeps the try it cost: call it outside of a transaction, after
    everything else that was typed has been found good.
    """
    told = retrying(lambda: _tried(plain(phone, code=True), purpose, plain(code, code=True)))
    if told:
        raise BadInput(fields={field: told})


def _tried(phone: str, purpose: str, code: str) -> str:
    """What is wrong with it; "" if it was right, and is now spent."""
    with transaction():
        wanted = select(SmsCode).where(SmsCode.phone == index(phone), SmsCode.purpose == purpose)
        row = db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
        if row is None or not row.digest or clock.now() >= row.asked_at + LIFE:
            return _("验证码已失效，请重新获取")
        if row.tries <= 0:
            return _("验证码输错次数过多，请重新获取")
        row.tries -= 1
        if not hmac.compare_digest(row.digest, digest(row, code)):
            return _("验证码不正确，请核对短信后重新输入")
        row.digest = ""
        return ""
