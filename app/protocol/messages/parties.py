"""Parts that several messages share: parties, handlers, lots, files."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.fields import (
    MISSING,
    Choice,
    Content,
    CreditCode,
    Digest,
    Number,
    Phone,
    Region,
    Text,
    Time,
    Web,
)
from app.protocol.messages.message import Message

LOT_CATEGORIES = (
    "works",
    "goods",
    "services",
    "survey",
    "design",
    "procurement",
    "land",
    "mining",
    "property",
)
"""工程 货物 服务 勘察 设计 政府采购 土地 矿业权 产权"""


class Party(Message):
    """A company: bidder, tenderer, agent."""

    name = Text(120, required=True)
    uscc = CreditCode(required=True)
    address = Text(200)
    phone = Phone()


class Handler(Message):
    """经办人"""

    name = Text(60, required=True)
    id_no = Text(30)
    phone = Phone(required=True)


class Project(Message):
    project_no = Number(required=True)
    name = Text(200, required=True)


class LotName(Message):
    """What identifies a lot openly; absent from sealed messages."""

    lot_no = Number(required=True)
    name = Text(200, required=True)
    category = Choice(*LOT_CATEGORIES)
    region = Region()


class File(Message):
    """A file by address or by content, with both hashes; in Python `content` is bytes."""

    name = Text(120)
    format = Choice("PDF", "OFD", "ZIP", "JPG", "PNG", required=True)
    url = Web()
    content = Content(data_key="base64")
    sm3 = Digest(required=True)
    sha256 = Digest(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _one_source(self, data: dict[str, Any], **_: Any) -> None:
        if ("url" in data) == ("content" in data):
            raise ValidationError({"base64": ["url与base64应填且只填一项"] if "url" in data else [MISSING]})


class Payee(Message):
    """收款账户"""

    name = Text(120, required=True)
    bank = Text(120)
    account = Text(60, required=True)


class Receipt(Message):
    """The answer that only says: received."""

    received_at = Time(required=True)
