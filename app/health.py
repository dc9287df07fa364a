"""What machines ask: is the process alive, can it serve, how is it doing.

GET /livez    200 while the process answers
GET /readyz   200 when database, schema, Redis, keys and files are in order; else 503, naming what is not
GET /metrics  Prometheus text, to the holder of METRICS_TOKEN or, where none is set, to this machine only
"""

import hmac
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import redis
import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import schema, sealing
from app.audit import chain
from app.db import database_now, db
from app.errors import AppError
from app.files import store
from app.jobs import queue
from app.jobs.models import ANSWERED, DUE, FAILED, RUNNING, Job
from app.runtime.models import OPEN, Incident

log = structlog.get_logger("health")
bp = Blueprint("health", __name__)
_http = Histogram(
    "http_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
QUIET = ("health.", "static")


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.before_request(_begin)
    app.after_request(_measure)


@bp.get("/livez")
def livez() -> Response:
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    found = {name: _try(check) for name, check in CHECKS.items()}
    ready = all(answer == "ok" for answer in found.values())
    return jsonify(status="ready" if ready else "not ready", checks=found), 200 if ready else 503


@bp.get("/metrics")
def metrics() -> Response | tuple[Response, int]:
    if not _for_the_watch():
        return jsonify(code="forbidden", message="运行指标不对外提供"), 403
    registry = CollectorRegistry()
    registry.register(Standing())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(registry) + generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


class Standing(Collector):
    """How work stands, read from the rows: the same whichever process of whichever host is asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = database_now()
        live = Job.state.in_((DUE, RUNNING, ANSWERED))
        by_state = db.session.execute(
            select(Job.state, func.count()).where(live | (Job.state == FAILED)).group_by(Job.state)
        )
        jobs = GaugeMetricFamily("jobs", "Rows of work, by state", labels=["state"])
        for state, count in by_state:
            jobs.add_metric([state], count)
        yield jobs
        yield _age("jobs_oldest_due_seconds", "How long the oldest due row has been waiting", now, live)
        unoffered = Job.state.in_((DUE, ANSWERED)) & Job.offered_at.is_(None)
        yield _age("relay_lag_seconds", "How long the oldest due row has waited to be offered", now, unoffered)
        overdue = select(func.count()).where(Job.state == RUNNING, Job.lease_until < now)
        yield _gauge("jobs_leases_expired", "Rows whose worker went silent", db.session.scalar(overdue) or 0)
        incidents = GaugeMetricFamily("incidents_open", "Open incidents, by kind", labels=["kind"])
        for kind, count in db.session.execute(
            select(Incident.kind, func.count()).where(Incident.status == OPEN).group_by(Incident.kind)
        ):
            incidents.add_metric([kind], count)
        yield incidents
        since = chain.unchained_since()
        waits = max(0.0, (now - since).total_seconds()) if since else 0.0
        yield _gauge("audit_unchained_seconds", "How long the oldest line of the trail waits to be chained", waits)
        yield _gauge("outside_calls_paused", "1 after a restore, until resumed", float(queue.paused()))


def _age(name: str, meaning: str, now: datetime, which: ColumnElement[bool]) -> GaugeMetricFamily:
    oldest = db.session.scalar(select(Job.run_at).where(which).order_by(Job.run_at).limit(1))
    return _gauge(name, meaning, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _for_the_watch() -> bool:
    token = current_app.config["METRICS_TOKEN"]
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    return request.remote_addr in ("127.0.0.1", "::1") and not _forwarded()


def _forwarded() -> bool:
    """Behind a proxy of the same machine everybody seems to come from here."""
    return any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))


def _try(check: Callable[[], None]) -> str:
    try:
        check()
    except (AppError, SQLAlchemyError, redis.RedisError, OSError) as error:
        log.warning("not ready", check=check.__name__, error=type(error).__name__)
        return error.message if isinstance(error, AppError) else type(error).__name__
    finally:
        db.session.rollback()
    return "ok"


def _database() -> None:
    db.session.execute(text("SELECT 1"))


def _schema() -> None:
    found = schema.seen()
    if not found.ready:
        raise AppError(f"数据库结构为 {found.current}，本程序需要 {found.head}")


def _redis() -> None:
    queue.connection().ping()


def _keys() -> None:
    """The master key opens what it sealed, and what was sealed before this process started."""
    if sealing.unseal(sealing.seal(b"ready", "readyz"), "readyz") != b"ready":
        raise AppError("主密钥不可用")
    wrapped = db.session.execute(select(sealing.LotKey.lot_no, sealing.LotKey.wrapped).limit(1)).first()
    if wrapped is not None:
        sealing.unseal(wrapped.wrapped, f"lot:{wrapped.lot_no}")


def _files() -> None:
    next(iter(store().names()), None)


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "schema": _schema,
    "redis": _redis,
    "keys": _keys,
    "files": _files,
}


def _begin() -> None:
    g.began = time.perf_counter()


def _measure(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    took = time.perf_counter() - g.get("began", time.perf_counter())
    if request.endpoint is None or not request.endpoint.startswith(QUIET):
        _http.labels(request.method, route, str(response.status_code)).observe(took)
        log.info("request", method=request.method, route=route, status=response.status_code, ms=round(took * 1000, 1))
    return response
