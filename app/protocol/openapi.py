"""The interface as OpenAPI 3.1: what one side serves, generated from the calls and their messages."""

from __future__ import annotations

import re
from typing import Any

from app.protocol import canonical, reference
from app.protocol.calls import CALLS, INSTITUTION, PLATFORM, TRADING, Call
from app.protocol.codes import Code, envelope
from app.protocol.messages.lots import VerifyQuery
from app.protocol.messages.message import Message
from app.protocol.reference import JSON

VERSION = "1.0.0"
OPEN = frozenset({"C4"})
"""Calls that need no signature."""

TITLES = {
    PLATFORM: "投标保函平台接口（机构、交易平台 → 平台）",
    INSTITUTION: "机构接口（平台 → 机构）",
    TRADING: "交易平台接口（平台 → 交易平台）",
}
ASKERS = {INSTITUTION: "机构 → 平台", TRADING: "交易平台 → 平台", PLATFORM: "平台 →"}
_PATH_NAME = re.compile(r"{([a-z_]+)}")
_ALWAYS = {
    400: (Code.MISSING, Code.FORMAT),
    401: (Code.SIGNATURE, Code.TIMESTAMP, Code.REPLAY, Code.UNKNOWN_APP, Code.KEY_EXPIRED),
    403: (Code.UNKNOWN_APP, Code.STATE_CONFLICT),
    404: (Code.UNKNOWN,),
    409: (Code.DUPLICATE, Code.INSTITUTION_UNAVAILABLE),
    413: (Code.FORMAT,),
    422: (Code.FORMAT, Code.CREDIT_CODE),
    429: (Code.RETRY_LATER,),
    503: (Code.RETRY_LATER, Code.IN_PROGRESS),
}
ALSO: dict[str, tuple[Code, ...]] = {
    "A1": (Code.INSTITUTION_UNAVAILABLE, Code.OVER_CAP),
    "A2": (Code.OVER_CAP, Code.VALIDITY_TOO_SHORT, Code.INSTITUTION_UNAVAILABLE),
    "A3": (Code.STATE_CONFLICT, Code.ALREADY_PAID),
    "A5": (Code.ALREADY_PAID,),
    "A7": (Code.NOT_IN_FORCE,),
    "A8": (Code.NOT_IN_FORCE, Code.LOT_OPENED),
    "A9": (Code.NOT_IN_FORCE, Code.LOT_NOT_OPENED),
    "A10": (Code.NOT_IN_FORCE, Code.LOT_NOT_OPENED, Code.OVER_BALANCE),
    "A15": (Code.AMOUNT_MISMATCH, Code.STATE_CONFLICT),
    "B4": (Code.LOT_NOT_OPENED,),
    **dict.fromkeys(("B5", "B6", "B7", "B8", "B9"), (Code.STATE_CONFLICT,)),
    "C1": (Code.LOT_OPENED, Code.STATE_CONFLICT),
    "C2": (Code.STATE_CONFLICT,),
    "C3": (Code.CONFIDENTIAL,),
    "C6": (Code.LOT_NOT_OPENED,),
}
"""What a call may be refused with besides what any call may."""


def document(answerer: str, *, server: str = "") -> JSON:
    """The calls that `answerer` (platform, institution, trading) answers; `server` is its address."""
    calls = [call for call in CALLS.values() if call.answerer == answerer or (answerer == PLATFORM and call.id == "C4")]
    paths: JSON = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = operation(call)
    messages = [message for call in calls for message in (call.body, call.answer) if message is not None]
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLES[answerer], "version": VERSION, "description": _about()},
        "servers": [{"url": server}]
        if server
        else [{"url": "{endpoint}", "variables": {"endpoint": {"default": "/"}}}],
        "tags": [{"name": group} for group in dict.fromkeys(group_of(call) for call in calls)],
        "paths": paths,
        "components": {
            "schemas": {
                **{one.__name__: reference.schema(one) for one in reference.parts(*messages)},
                "Refusal": _refusal(),
            },
            "parameters": {name: _parameter(name, *told) for name, told in HEADERS.items()},
            "headers": {
                name: _answer_header(name) for name in (*HEADERS, "Retry-After") if name != canonical.ENVIRONMENT
            },
            "securitySchemes": {
                "signature": {"type": "apiKey", "in": "header", "name": canonical.SIGNATURE, "description": _about()}
            },
        },
    }


def operation(call: Call) -> JSON:
    """One call, with every answer it may get."""
    found: JSON = {
        "operationId": call.id,
        "summary": f"{call.id} {call.title}",
        "description": purpose(call),
        "tags": [group_of(call)],
        "parameters": [_in_path(name) for name in _PATH_NAME.findall(call.path)],
        "responses": {
            "200": _answer("成功", _accepted(call.answer), example=envelope(data=reference.example(call.answer))),
            **{str(status): _refused(status, codes) for status, codes in refusals(call).items()},
        },
    }
    if call.id in OPEN:
        return found | {
            "parameters": [
                {"name": name, "in": "query", "required": True, "schema": reference.property_of(field),
                 "description": reference.said(VerifyQuery, name)}
                for name, field in reference.fields_of(VerifyQuery)
            ],
            "security": [],
        }  # fmt: skip
    found["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS]
    found["security"] = [{"signature": []}]
    if call.body is not None:
        content = {"schema": {"$ref": reference.ref(call.body)}, "example": reference.example(call.body)}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return found


def purpose(call: Call) -> str:
    return str(reference.words()["calls"][call.id])


def group_of(call: Call) -> str:
    return {"A": "平台 → 机构", "B": "机构 → 平台", "C": "交易平台 ↔ 平台"}[call.id[0]]


def refusals(call: Call) -> dict[int, list[Code]]:
    """status → codes this call may be refused with."""
    found = {status: list(codes) for status, codes in _ALWAYS.items()}
    if call.id in OPEN:
        found = {status: found[status] for status in (400, 422, 429, 503)}
    if call.body is None:
        found.pop(413, None)
    for code in ALSO.get(call.id, ()):
        if code not in found.setdefault(code.status, []):
            found[code.status].append(code)
    return {status: found[status] for status in sorted(found)}


HEADERS: dict[str, tuple[str, str, str]] = {
    canonical.APP_ID: (r"^[A-Za-z0-9._:-]{1,64}$", "接入方编号", "BANK01"),
    canonical.KEY_ID: (r"^[A-Za-z0-9._:-]{1,64}$", "密钥编号", "BANK01-1"),
    canonical.TIMESTAMP: (r"^[0-9]{13}$", "毫秒时间戳，与平台时间相差不超过300秒", "1795829400000"),
    canonical.NONCE: (r"^[A-Za-z0-9_-]{16,32}$", "随机串，10分钟内不得重复，重发时也要换新", "5f0c9a3be81d4c27a6b1"),
    canonical.REQUEST_ID: (r"^[A-Za-z0-9._:-]{1,64}$", "请求编号；同一编号同一内容得到同一应答", "R-20261128-000017"),
    canonical.ALGORITHM: (r"^(HMAC-SM3|SM2-SM3)$", "签名算法", "HMAC-SM3"),
    canonical.SIGNATURE: (r"^[0-9A-Fa-f]{64}([0-9A-Fa-f]{64})?$", "签名，十六进制", "9c1185a5…"),
    canonical.ENVIRONMENT: (r"^[A-Za-z0-9._:-]{1,64}$", "仅用于接口验收：test；也要签名", "test"),
}  # fmt: skip
"""header → (pattern, meaning, example)."""


def _about() -> str:
    return (
        "待签名文本每行一项：METHOD、PATH?排序后的参数、X-App-Id、X-Timestamp、X-Nonce、X-Request-Id、请求体SM3的十六进制；"
        "带X-Env时再加一行。应答同样签名，第一、二行为ANSWER与HTTP状态。"
        "平台尚不能确认调用方时（1001、1004）以平台自己的SM2密钥签名。"
    )


def _refusal() -> JSON:
    said = {"type": "object", "additionalProperties": {"type": "string"}, "description": "有误的字段与说明"}
    return {
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {
            "code": {"type": "integer", "enum": [int(code) for code in Code if code], "description": "应答代码"},
            "message": {"type": "string", "description": "说明"},
            "data": {"type": "object", "properties": {"fields": said}},
        },
    }


def _accepted(message: type[Message]) -> JSON:
    return {
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {
            "code": {"type": "integer", "const": 0},
            "message": {"type": "string"},
            "data": {"$ref": reference.ref(message)},
        },
    }


def _refused(status: int, codes: list[Code]) -> JSON:
    description = "；".join(f"{int(code)} {code.text}" for code in codes)
    found = _answer(description, {"$ref": "#/components/schemas/Refusal"}, example=envelope(codes[0]))
    if status == 429:
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
        found["description"] += "。调用过于频繁时不一定签名。"
    return found


def _answer(description: str, schema: JSON, *, example: Any) -> JSON:
    signed = {
        name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS if name != canonical.ENVIRONMENT
    }  # fmt: skip
    content = {"application/json": {"schema": schema, "example": example}}
    return {"description": description, "headers": signed, "content": content}


def _answer_header(name: str) -> JSON:
    if name == "Retry-After":
        return {"required": True, "description": "多少秒后可以重试", "schema": {"type": "string"}}
    told = "请求的" if name in (canonical.APP_ID, canonical.NONCE, canonical.REQUEST_ID) else "应答的"
    return {"required": True, "description": f"{told}{HEADERS[name][1].split('，')[0]}", "schema": {"type": "string"}}


def _parameter(name: str, pattern: str, description: str, example: str) -> JSON:
    return {
        "name": name,
        "in": "header",
        "required": name != canonical.ENVIRONMENT,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
        "example": example,
    }


def _in_path(name: str) -> JSON:
    schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
    entry = reference.words()["fields"].get(name, {})
    found = {"name": name, "in": "path", "required": True, "schema": schema, "description": entry.get("say", "")}
    return found | ({"example": entry["example"]} if "example" in entry else {})
