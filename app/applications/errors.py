"""Refusals an applicant may meet."""

from app.errors import Conflict


class NotOpen(Conflict):
    """The policy says no; the message is the table's own reason."""

    code = "not_open"


class AnotherOpen(Conflict):
    """该保函已有一份申请正在办理，办结后才能再次申请。"""

    code = "another_application"
