"""The edge to browsers: headers, errors in plain words, request ids. Access and CSRF stand in accounts."""

import secrets
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, abort, current_app, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from app import clock, money
from app.asked import CONTROL, Asked
from app.db import db
from app.errors import AppError, BadInput

log = structlog.get_logger("web")

TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到该页面",
    405: "不支持的操作",
    409: "状态已变化",
    413: "文件太大",
    422: "请更正下列内容",
    429: "操作太频繁",
    500: "系统出现问题",
    503: "暂时无法服务",
}


def init(app: Flask) -> None:
    app.request_class = Asked
    app.before_request(_begin)
    app.after_request(_headers)
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.filters.update(money=money.shown, moment=clock.shown, capitals=money.capitals)
    app.jinja_env.globals.update(csp_nonce=lambda: g.csp_nonce)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def fragment(name: str, **values: Any) -> str:
    """A part of a page, rendered without what only the frame around it needs."""
    return current_app.jinja_env.get_template(name).render(values)


def attached(response: Response, name: str) -> Response:
    """To be saved under a name that may be Chinese; a header is ASCII."""
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return response


def wants_json() -> bool:
    return request.path.startswith("/openapi/") or request.accept_mimetypes.best == "application/json"


def _begin() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)
    if CONTROL.search(request.path):
        abort(404)


def _headers(response: Response) -> Response:
    style = "'self' 'unsafe-inline'" if getattr(g, "editor_page", False) else f"'self' 'nonce-{g.csp_nonce}'"
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{g.csp_nonce}'; style-src {style}; "
        "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'{_form_targets()}; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store, private")
    return response


def _form_targets() -> str:
    """Where a posted form may end by redirect: payment pages and the login platform, named by the page itself."""
    return "".join(f" {origin}" for origin in getattr(g, "form_targets", ()))


def _app_error(error: AppError) -> tuple[Any, int]:
    db.session.rollback()
    fields = error.fields if isinstance(error, BadInput) else {}
    return _page(error.status, error.message, code=error.code, fields=fields)


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    db.session.rollback()
    body, status = _page(error.code, "", code=(error.name or "error").lower().replace(" ", "_"))
    if error.code == 405 and error.valid_methods:  # type: ignore[attr-defined]
        return body, status, {"Allow": ", ".join(error.valid_methods)}  # type: ignore[attr-defined]
    return body, status


def _unexpected(error: Exception) -> tuple[Any, int]:
    db.session.rollback()
    log.exception("unexpected", path=request.path)
    return _page(500, "", code="internal")


def _page(status: int, message: str, *, code: str, fields: dict[str, str] | None = None) -> tuple[Any, int]:
    title = TITLES.get(status, "请求未能完成")
    if wants_json():
        return jsonify(code=code, message=message or title, fields=fields or {}, request_id=g.request_id), status
    try:
        body = render_template(
            [f"errors/{status}.html", "errors/error.html"],
            status=status,
            title=title,
            message=message,
            fields=fields or {},
            request_id=g.request_id,
        )
    except Exception:  # an error page must never fail itself
        log.exception("error page", status=status)
        body = f"<!doctype html><html lang=zh-CN><title>{title}</title><h1>{title}</h1><p>{g.request_id}</p></html>"
    return body, status
