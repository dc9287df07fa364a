"""What machines ask of the web process."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import clock, logs
from app.db import db, transaction
from app.jobs import queue
from app.runtime.models import Incident

pytestmark = pytest.mark.both_databases


def test_a_process_that_answers_is_alive(client: FlaskClient) -> None:
    assert client.get("/livez").json == {"status": "alive"}


def test_a_new_installation_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json["checks"].values()) == {"ok"}


def test_without_redis_it_is_alive_but_not_ready(make_app: Callable[..., Flask]) -> None:
    client = make_app(REDIS_URL="unix:///nowhere/valkey.sock").test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["redis"] == "ConnectionError"
    assert answer.json["checks"]["database"] == "ok"
    assert client.get("/livez").status_code == 200


def test_a_newer_schema_is_not_served(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"))
        db.session.execute(text("DELETE FROM alembic_version"))
        db.session.execute(text("INSERT INTO alembic_version VALUES ('from_tomorrow')"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "from_tomorrow" in answer.json["checks"]["schema"]
    refused = app.test_cli_runner().invoke(args=["prepare"])
    assert refused.exit_code == 1
    assert "比本程序" in refused.output


def test_the_figures_tell_of_waiting_work_and_open_incidents(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        queue.post("notices/sms", {"notice": 1}, run_at=clock.now() - timedelta(seconds=90))
        queue.post("notices/sms", {"notice": 2}, run_at=clock.now() + timedelta(days=1))
        db.session.add(Incident(kind="call", message="no answer", created_at=clock.now()))
    figures = client.get("/metrics").text
    assert 'jobs{state="due"} 2.0' in figures
    assert 'incidents_open{kind="call"} 1.0' in figures
    assert "outside_calls_paused 0.0" in figures
    for name in ("jobs_oldest_due_seconds", "relay_lag_seconds"):
        value = next(float(line.split()[1]) for line in figures.splitlines() if line.startswith(name + " "))
        assert 90 <= value < 100
    assert "runtime_step_seconds" in figures or "http_request_seconds" in figures


def test_the_figures_are_for_this_machine_only_unless_a_token_is_set(
    app: Flask, client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    watched = make_app(METRICS_TOKEN="watch-word").test_client()
    assert watched.get("/metrics").status_code == 403
    assert watched.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert watched.get("/metrics", headers={"Authorization": "Bearer watch-word"}).status_code == 200


def test_a_log_line_holds_no_secret_and_no_person(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(readable=False)
    try:
        log = structlog.get_logger("trial")
        log.info(
            "told", order="DD1", phone="13912345678", handler={"name": "甲"}, client_secret="s", bidder_name="甲公司"
        )
        log.info(
            "went", order="DD1", text="call 13912345678", url="https://login.example/cb?code=abc", items=["13800000000"]
        )
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.getLogger().handlers.clear()
    assert [line["order"] for line in lines] == ["DD1", "DD1"]
    for leaked in ("139", "138", "甲", "abc", '"s"'):
        assert leaked not in json.dumps(lines, ensure_ascii=False)
    assert lines[1]["url"] == "https://login.example/cb?…"
