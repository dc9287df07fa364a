"""Where this installation's calls may go; OUTSIDE_ALLOWED adds networks of its own."""

from flask import Flask, current_app

from app.errors import Misconfigured
from app.protocol.reach import Reach, networks


def init(app: Flask) -> None:
    try:
        app.extensions["reach"] = Reach(networks(app.config["OUTSIDE_ALLOWED"]))
    except ValueError as error:
        raise Misconfigured(f"OUTSIDE_ALLOWED 应为以逗号分隔的网段：{error}") from error


def reach() -> Reach:
    found: Reach = current_app.extensions["reach"]
    return found


def problem(url: str) -> str | None:
    """What is wrong with an endpoint somebody gives (Chinese, for its field); None if calls may go there."""
    return reach().problem(url)
