"""Configuration: fails closed, names what is missing, and reaches the parts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, request

from app import settings
from app.errors import Misconfigured
from app.settings import DEFAULTS, REQUIRED, ROOT
from tests.support.installation import keys


@pytest.fixture
def complete(tmp_path: Path) -> dict[str, str]:
    values = {
        "DATABASE_URL": "sqlite:///x.db",
        "REDIS_URL": "redis://r",
        "FILES_URL": "file:///f",
        "OIDC_ISSUER": "https://i",
    }
    return values | keys(tmp_path)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_setting_that_is_missing_is_named_and_nothing_starts(complete: dict[str, str], name: str) -> None:
    del complete[name]
    with pytest.raises(Misconfigured, match=name):
        settings.load(complete)


def test_a_short_secret_is_refused(complete: dict[str, str]) -> None:
    Path(complete["SECRET_KEY_FILE"]).write_text("short")
    with pytest.raises(Misconfigured, match="32"):
        settings.load(complete)


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    complete: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("QUEUE: from-file\nIDLE_MINUTES: 5\n")
    found = settings.load(complete | {"CONFIG_FILE": str(file), "IDLE_MINUTES": "7"})
    assert (found["QUEUE"], found["IDLE_MINUTES"], found["SESSION_HOURS"]) == ("from-file", 7, 12)


def test_an_unknown_name_in_the_file_is_refused(complete: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("IDLE_MINUTE: 5\n")
    with pytest.raises(Misconfigured, match="IDLE_MINUTE"):
        settings.load(complete | {"CONFIG_FILE": str(file)})


def test_local_files_beside_postgresql_must_be_acknowledged(complete: dict[str, str]) -> None:
    complete["DATABASE_URL"] = "postgresql://db/baohan"
    with pytest.raises(Misconfigured, match="SHARED_LOCAL_FILES"):
        settings.load(complete)
    assert settings.load(complete | {"SHARED_LOCAL_FILES": "yes"})["SQLALCHEMY_DATABASE_URI"].startswith("postgresql+")


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_only_as_many_proxies_as_there_are_may_name_the_visitor(
    make_app: Callable[..., Flask], proxies: int, seen: str
) -> None:
    app = make_app(PROXIES=proxies)
    app.before_request_funcs.setdefault(None, []).append(lambda: request.remote_addr)
    answer = app.test_client().get("/livez", headers={"X-Forwarded-For": "198.51.100.1, 192.0.2.7"})
    assert answer.text == seen


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_setting_stands_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text()
    assert [name for name in DEFAULTS if f"`{name}`" not in text] == []
