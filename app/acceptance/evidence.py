"""What a report shows of a call that failed: request and answer, personal values masked, files by their size."""

from typing import Any

import orjson

from app.acceptance.wire import Exchange
from app.formjs.masking import masked

PERSONAL = frozenset(
    {"phone", "id_no", "account", "email", "tax_no", "recipient_phone", "recipient_address", "address"}
)
LONGEST = 6000  # characters of one body


def of(exchange: Exchange) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "url": exchange.url,
        "headers": exchange.headers,
        "body": shown(exchange.body),
        "status": exchange.status,
        "answer_headers": exchange.answer_headers,
        "answer": shown(exchange.answer),
        "ms": exchange.ms,
        "trouble": exchange.trouble,
    }


def callback(call: str, headers: dict[str, str], body: Any, text: str) -> dict[str, Any]:
    """A message the institution sent to us, and what was wrong with it."""
    return {"callback": call, "headers": headers, "body": _laid_out(_covered(body)) if body else "", "trouble": text}


def shown(raw: bytes) -> str:
    """A body for people: laid out if it is JSON."""
    if not raw:
        return ""
    try:
        return _laid_out(_covered(orjson.loads(raw)))
    except orjson.JSONDecodeError:
        return _cut(raw.decode("utf-8", "replace").replace("\0", "�"))


def _laid_out(value: Any) -> str:
    return _cut(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…（共{len(text)}字）"


def _covered(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _covered(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_covered(item, name) for item in value]
    if isinstance(value, str) and name == "base64":
        return f"（{len(value) * 3 // 4:,}字节）"
    if isinstance(value, str) and name in PERSONAL:
        return masked(value)
    return value
