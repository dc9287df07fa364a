"""Where this installation's calls may go; OUTSIDE_ALLOWED adds networks of its own."""

from flask import Flask, current_app

from app.errors import Misconfigured
from app.protocol.reach import Reach, networks

PROBLEMS = (
    "该地址指向内部网络，不能作为接口地址",
    "接口地址应使用https",
    "接口地址格式不正确",
    "接口地址应以https://开头",
    "接口地址不应含用户名、密码、?或#",
    "接口地址的域名无法解析",
)
"""what `problem` may say"""


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
