"""Refusals an applicant may meet."""

from app.errors import Conflict


class NotOpen(Conflict):
    """The policy says no; the message is the table's own reason."""

    code = "not_open"


class AnotherInvoice(Conflict):
    """该订单已申请开具发票，请在“我的发票”中查看。"""

    code = "another_invoice"
