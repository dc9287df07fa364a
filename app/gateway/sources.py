"""Where the gateway finds what it is asked for; create_app() joins the features here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, current_app

from app.protocol.codes import Code, Refusal


def join(
    app: Flask,
    *,
    order: Callable[[str], str | None] | None = None,
    guarantee: Callable[[str], str | None] | None = None,
    lot_guarantees: Callable[[str], Sequence[Mapping[str, Any]]] | None = None,
    verification: Callable[[str, str], Mapping[str, Any]] | None = None,
) -> None:
    """`order` and `guarantee` tell the institution (its code) behind a number; `lot_guarantees` gives C3's entries,
    `verification` C4's answer to a number and code."""
    given = {
        "order": order,
        "guarantee": guarantee,
        "lot_guarantees": lot_guarantees,
        "verification": verification,
    }
    app.extensions.setdefault("gateway", {}).update({name: source for name, source in given.items() if source})


def ask(name: str, *arguments: str) -> Any:
    source = current_app.extensions.get("gateway", {}).get(name)
    if source is None:
        raise Refusal(Code.RETRY_LATER, "该接口尚未开通")
    return source(*arguments)
