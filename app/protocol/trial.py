"""The numbers of the acceptance test's traffic (X-Env: test): the last word of a number says what the institution
plays. docs/acceptance.md tells institutions the same.
"""

from __future__ import annotations

from enum import StrEnum

ENV = "test"
PREFIX = "TEST-"


class Play(StrEnum):
    """What is played; `orders` are words of A2's order_no, the others of the numbers of A7–A11 and A14's echo."""

    text: str

    def __new__(cls, value: str, text: str) -> Play:
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    PAID = "PAID", "B1通过；收到A3后视为投标人已按保费付款：发B2，再发B3出函；收到A6后发B4"
    REJECTED = "REJECTED", "B1不通过，带拒绝代码和原因"
    CLOSED = "CLOSED", "B1通过；无人付款，A5关闭后不再收款"
    AGAIN = "AGAIN", "同CLOSED；平台对第一次B1应答5001，须以同一请求编号重发"
    REFUSED = "REFUSED", "B1通过；收到A3后发B2，再发B3拒绝出函；收到A15后退款并发B11"
    APPROVE = "APPROVE", "同意该申请：A7发B5，A8发B6，A9发B7，A10依次发B9的ACCEPTED、APPROVED、PAID，A11发B8"
    REFUSE = "REFUSE", "不同意该申请：发相应的B5至B9，带拒绝代码和原因"
    PRODUCTS = "PRODUCTS", "收到A14后发B10，内容为机构现有产品"


ORDERS = (Play.PAID, Play.REJECTED, Play.CLOSED, Play.AGAIN, Play.REFUSED)
APPLICATIONS = (Play.APPROVE, Play.REFUSE)


def number(run: str, *words: str) -> str:
    """TEST-<run>-…-<word>."""
    return f"{PREFIX}{'-'.join((run, *words))}"


def played(number: str) -> Play | None:
    """What this number asks for; None for a number that is not the test's."""
    if not number.startswith(PREFIX):
        return None
    word = number.rpartition("-")[2]
    return Play(word) if word in set(Play) else None  # type: ignore[call-arg]
