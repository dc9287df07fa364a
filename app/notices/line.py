"""The line to the SMS provider: one text to one phone; the provider drops a reference it has seen."""

import httpx
from flask import current_app

from app import clock
from app.errors import NotFound, Unavailable
from app.settings import secret


def send(phone: str, text: str, *, reference: str) -> None:
    """Raises Unavailable where another attempt may help, NotFound where the provider refuses."""
    body = {"phone": phone, "text": text, "reference": reference, "at": clock.now().isoformat()}
    headers = {"Idempotency-Key": reference}
    if token := secret(current_app.config["SMS_TOKEN_FILE"]):
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = _client().post(current_app.config["SMS_URL"], json=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable(f"短信平台无法连接：{type(error).__name__}") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unavailable(f"短信平台返回 {answer.status_code}")
    if answer.status_code >= 400:
        raise NotFound(f"短信平台拒绝：{answer.status_code}")


def _client() -> httpx.Client:
    """One client a process: making one reads every root certificate, which costs more than the call."""
    kept = current_app.extensions
    if "sms_line" not in kept:
        kept["sms_line"] = httpx.Client(timeout=10)
    found: httpx.Client = kept["sms_line"]
    return found
