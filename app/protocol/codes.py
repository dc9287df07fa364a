"""Answer codes with HTTP status and Chinese text; what a receiver raises to refuse."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from app.protocol.canonical import Stamp


class Code(IntEnum):
    status: int
    text: str

    def __new__(cls, value: int, status: int, text: str) -> Code:
        member = int.__new__(cls, value)
        member._value_ = value
        member.status = status
        member.text = text
        return member

    OK = 0, 200, "成功"
    SIGNATURE = 1001, 401, "签名无效"
    TIMESTAMP = 1002, 401, "时间戳超出允许范围"
    REPLAY = 1003, 401, "请求重复（随机串已使用）"
    UNKNOWN_APP = 1004, 401, "未知的接入方"
    KEY_EXPIRED = 1005, 401, "密钥已过期"
    MISSING = 2001, 400, "缺少必填字段"
    FORMAT = 2002, 400, "字段格式不正确"
    OVER_CAP = 2003, 422, "金额超过上限"
    VALIDITY_TOO_SHORT = 2004, 422, "保函有效期不足"
    CREDIT_CODE = 2005, 422, "统一社会信用代码不正确"
    UNKNOWN = 3001, 404, "编号不存在"
    STATE_CONFLICT = 3002, 409, "当前状态不允许该操作"
    DUPLICATE = 3003, 409, "重复提交"
    ALREADY_PAID = 3004, 409, "订单已支付"
    AMOUNT_MISMATCH = 3005, 409, "金额不一致"
    NOT_IN_FORCE = 3006, 409, "保函不在有效状态"
    LOT_OPENED = 3007, 409, "标段已开标"
    LOT_NOT_OPENED = 3008, 409, "标段尚未开标"
    OVER_BALANCE = 3009, 409, "超过保函余额"
    INSTITUTION_UNAVAILABLE = 3010, 409, "机构已下线或额度不足"
    CONFIDENTIAL = 4003, 403, "开标前保密，不予提供"
    RETRY_LATER = 5001, 503, "系统繁忙，请稍后重试"
    IN_PROGRESS = 5002, 503, "处理中，请稍后查询"

    @property
    def retryable(self) -> bool:
        """Whether the same request, sent again later, may be answered otherwise."""
        return self in (Code.RETRY_LATER, Code.IN_PROGRESS, Code.REPLAY)


class Refusal(Exception):
    """The receiver refuses a call; the edge answers with `code`, `message` and the named `fields`.

    `known`: the caller's signature held, so the answer may be signed with the caller's key.
    `asked`: the stamp to answer to, as far as it could be read.
    """

    def __init__(
        self,
        code: Code,
        message: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        status: int | None = None,
        known: bool = True,
        asked: Stamp | None = None,
    ) -> None:
        self.code = code
        self.message = message or code.text
        self.fields = dict(fields or {})
        self.status = status or code.status
        self.known = known
        self.asked = asked
        super().__init__(f"{int(code)} {self.message}")

    def envelope(self) -> dict[str, Any]:
        return envelope(self.code, self.message, {"fields": self.fields} if self.fields else {})


def envelope(code: Code = Code.OK, message: str = "", data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of every answer: {code, message, data}."""
    return {"code": int(code), "message": message or code.text, "data": dict(data or {})}
