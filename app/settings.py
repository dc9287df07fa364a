"""Configuration: environment over `CONFIG_FILE` over defaults; fails closed. README lists every name."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from app.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent

DEFAULTS: dict[str, Any] = {
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "FILES_URL": "",
    "MASTER_KEY_FILE": "",
    "SECRET_KEY_FILE": "",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET_FILE": "",
    "OIDC_STAFF_ACR": "mfa",
    "OIDC_REGISTER_URL": "",
    "SMS_URL": "",
    "SMS_TOKEN_FILE": "",
    "SMS_PER_PHONE": 20,
    "SMS_PER_ADDRESS": 100,
    "PLATFORM_SM2_KEY_FILE": "",
    "CHECKPOINT_DIR": "",
    "SHARED_LOCAL_FILES": "",
    "USCC_CHECK": "warn",
    "IDLE_MINUTES": 30,
    "SESSION_HOURS": 12,
    "METRICS_TOKEN": "",
    "RELAY_EVERY": 1.0,
    "REOFFER_AFTER": 20.0,
    "LEASE_SECONDS": 60.0,
    "QUEUE": "baohan",
    "GATEWAY_PER_ADDRESS": 400,
    "GATEWAY_SM2_PER_ADDRESS": 30,
    "GATEWAY_PER_CALLER": 200,
    "VERIFY_PER_ADDRESS": 5,
    "POOL_SIZE": 10,
    "PROXIES": 0,
    "OUTSIDE_ALLOWED": "",
    "ACCEPTANCE_ANSWER": 3.0,
    "ACCEPTANCE_PATIENCE": 10.0,
    "ACCEPTANCE_CALLBACK": 30.0,
    "PORTAL_FILE": "",
    "DEMO": "",
}
REQUIRED = ("DATABASE_URL", "REDIS_URL", "FILES_URL", "MASTER_KEY_FILE", "SECRET_KEY_FILE", "OIDC_ISSUER")


def load(environment: Mapping[str, str] | None = None, **overrides: Any) -> dict[str, Any]:
    """The settings as Flask wants them; raises Misconfigured naming what is missing."""
    environment = os.environ if environment is None else environment
    values = dict(DEFAULTS)
    if path := environment.get("CONFIG_FILE"):
        values.update(_known(yaml.safe_load(Path(path).read_text()) or {}, path))
    values.update({name: _typed(name, environment[name]) for name in DEFAULTS if name in environment})
    values.update(overrides)
    missing = [name for name in REQUIRED if not values[name]]
    if missing:
        raise Misconfigured(f"缺少配置：{', '.join(missing)}（见 README 的配置表；本机试用请执行 make run）")
    return _flask(values)


def secret(path: str) -> str:
    """The one line of a secret's file; "" if none is configured."""
    return Path(path).read_text().strip() if path else ""


def _flask(values: dict[str, Any]) -> dict[str, Any]:
    url = str(values["DATABASE_URL"])
    options: dict[str, Any] = {"hide_parameters": True}  # an error's text goes to logs and incidents
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
        if values["FILES_URL"].startswith("file:") and not values["SHARED_LOCAL_FILES"]:
            raise Misconfigured(
                "PostgreSQL 与本机文件目录同用时，各主机须共享同一目录：请改用 s3://，或确认后设 SHARED_LOCAL_FILES=yes"
            )
        options |= {
            "pool_size": int(values["POOL_SIZE"]),
            "max_overflow": 10,
            "pool_use_lifo": True,  # a few connections that know the statements, not many that learn them
        }
    values["SQLALCHEMY_DATABASE_URI"] = url
    values["SQLALCHEMY_ENGINE_OPTIONS"] = options
    secret = Path(values["SECRET_KEY_FILE"]).read_text().strip()
    if len(secret) < 32:
        raise Misconfigured("SECRET_KEY_FILE 的内容至少 32 个字符")
    values["SECRET_KEY"] = secret
    secure = str(values["PUBLIC_URL"]).startswith("https://")
    values.update(
        SESSION_REFRESH_EACH_REQUEST=False,  # accounts/signin.py notes once a minute that it is used
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        MAX_CONTENT_LENGTH=52 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        JSON_AS_ASCII=False,
    )
    return values


def _known(values: dict[str, Any], path: str) -> dict[str, Any]:
    unknown = sorted(set(values) - set(DEFAULTS))
    if unknown:
        raise Misconfigured(f"{path} 中有不认识的配置项：{', '.join(unknown)}")
    return values


def _typed(name: str, text: str) -> Any:
    kind = type(DEFAULTS[name])
    try:
        return kind(text)
    except ValueError as error:
        raise Misconfigured(f"{name} 应为 {kind.__name__}：{text!r}") from error
