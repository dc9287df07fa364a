"""Accounts: signing in at the unified registration platform, sessions, roles, and who may enter each route."""

from flask import Flask, current_app, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.accounts import access, signin
from app.accounts.access import predicate
from app.accounts.oidc import Provider
from app.accounts.roles import ENTITY_ROLES, STAFF_ROLES, Kind, Role
from app.accounts.sessions import Sessions
from app.accounts.user import Identity, User, current_user, identity
from app.settings import secret

__all__ = [
    "ENTITY_ROLES", "STAFF_ROLES", "Identity", "Kind", "Role", "User",
    "csrf", "current_user", "identity", "limiter", "predicate",
]  # fmt: skip

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, headers_enabled=False, swallow_errors=True)


def init(app: Flask) -> None:
    """Sessions, the login platform, access before every request, CSRF after it."""
    from app.accounts.views import bp, session_over, wrong_role

    config = app.config
    redis_url = str(config["REDIS_URL"])
    config.update(
        PERMANENT_SESSION_LIFETIME=signin.lifetime(config),
        SESSION_REFRESH_EACH_REQUEST=False,
        RATELIMIT_STORAGE_URI=redis_url.replace("unix://", "redis+unix://", 1),
        RATELIMIT_KEY_PREFIX="limit",
        WTF_CSRF_TIME_LIMIT=None,
    )
    config.setdefault("WTF_CSRF_ENABLED", True)
    client = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1))
    app.session_interface = Sessions(app, client)
    app.extensions["login_platform"] = Provider(
        issuer=config["OIDC_ISSUER"],
        client_id=config["OIDC_CLIENT_ID"],
        secret=secret(config["OIDC_CLIENT_SECRET_FILE"]),
        redirect_uri=f"{config['PUBLIC_URL']}/oidc/callback",
    )
    app.before_request(signin.load)
    app.before_request(_form_targets)
    app.before_request(access.enforce)
    csrf.init_app(app)
    limiter.init_app(app)
    app.register_blueprint(bp)
    app.register_error_handler(access.WrongRole, wrong_role)
    app.register_error_handler(access.SessionOver, session_over)


def _form_targets() -> None:
    """Signing out is a form whose answer leads to the login platform."""
    if g.user is not None:
        g.form_targets = (current_app.extensions["login_platform"].origin,)
