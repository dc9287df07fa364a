"""The application's errors in the interface's codes."""

from app.errors import AppError, BadInput
from app.protocol.codes import Code, Refusal

CODES = {
    "bad_request": Code.FORMAT,
    "bad_input": Code.FORMAT,
    "not_found": Code.UNKNOWN,
    "forbidden": Code.UNKNOWN_APP,
    "confidential": Code.CONFIDENTIAL,
    "conflict": Code.STATE_CONFLICT,
    "illegal_move": Code.STATE_CONFLICT,
    "duplicate": Code.DUPLICATE,
    "amount_mismatch": Code.AMOUNT_MISMATCH,
    "lot_opened": Code.LOT_OPENED,
    "lot_not_opened": Code.LOT_NOT_OPENED,
    "unavailable": Code.RETRY_LATER,
}


def translated(error: Refusal | AppError) -> Refusal:
    """What the caller is told; an error nobody gave a code is ours, and worth another try."""
    if isinstance(error, Refusal):
        return error
    code = CODES.get(error.code, Code.RETRY_LATER)
    fields = error.fields if isinstance(error, BadInput) else {}
    message = "；".join(f"{name}：{text}" for name, text in fields.items()) or error.message
    return Refusal(code, message, fields=fields, status=422 if fields else code.status)
