"""Logs: one JSON object a line in production, readable in a terminal or the demo. Never secrets, never persons.

A value under a name that tells of a person, a lot or a secret is struck out before it is written; URLs are logged
without their query.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

STRUCK = "***"
_SECRET = re.compile(
    r"password|secret|token|authorization|cookie|session|signature|private|_key$|(^|_)code$|payload|account"
    r"|_name$|phone|mobile|mail|address|id_no|id_card|uscc|bidder|tenderer|entity|handler|^lot|_lot"
)
_SAFE = {"error_code", "status_code", "handler_name", "logger_name"}
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*")


def strike(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out what a log must not hold."""
    for name, value in event.items():
        event[name] = _struck(name, value)
    return event


def _struck(name: str, value: Any) -> Any:
    if name not in _SAFE and _SECRET.search(name.lower()):
        return STRUCK
    if isinstance(value, dict):
        return {inner: _struck(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_struck("", item) for item in value]
    if isinstance(value, str):
        return _QUERY.sub(r"\1?…", _PHONE.sub(STRUCK, value))
    return value


def configure(*, readable: bool) -> None:
    """One form for our own lines and for those of libraries, on standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if readable:
        last: list[Any] = [strike, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)]
    else:
        last = [_traceback_without_values, strike, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging._srcfile = None  # type: ignore[attr-defined]  # documented: no line of ours names its place in the code
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
    for noisy in ("rq.worker", "rq.scheduler", "urllib3", "httpx", "httpcore", "alembic", "gunicorn.access", "pyhanko"):
        logging.getLogger(noisy).setLevel("WARNING")


_traceback_without_values = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=30)
)
