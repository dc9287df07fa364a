"""Refusals an applicant may meet."""

from app.errors import Conflict


class NotAccepted(Conflict):
    """The policy says no; the message is the table's own reason."""

    code = "not_accepted"


class OneLiveOrder(Conflict):
    """您在该标段已有一笔有效的保函订单，不能重复申请。"""

    code = "one_live_order"


class PriceChanged(Conflict):
    """保费已更新，请按新的保费重新确认后提交。"""

    code = "price_changed"
