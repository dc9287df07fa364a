"""Electronic bid guarantees (电子投标保函)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(**overrides: Any) -> "Flask":
    """The application, configured by the environment; `overrides` win. What it is made of stands in app/wiring.py."""
    from app.wiring import wire  # the protocol and the stand-ins of the outside live in `app` without the product

    return wire(**overrides)
