"""Where somebody goes after signing in."""

import re
from urllib.parse import urlsplit

from app.accounts.roles import Role

_AWAY = ("/login", "/logout", "/oidc/", "/register", "/static/")
_PLAIN = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")

DESKS = (Role.CENTRE_REVIEWER, Role.INSTITUTION_REVIEWER, Role.INSTITUTION_ADMIN)


def safe_next(address: str | None) -> str:
    """The address if it is a page of this site and no step of signing in, else ""."""
    if not address or len(address) > 2000 or not _PLAIN.fullmatch(address):
        return ""
    parts = urlsplit(address)
    return "" if parts.scheme or parts.netloc or parts.path.startswith(_AWAY) else address


def page_before(referrer: str | None, host: str) -> str:
    """The page of this site that a request came from, else ""."""
    parts = urlsplit(referrer or "")
    if parts.netloc != host:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def landing(role: Role) -> str:
    """The first page of a role."""
    return "/desk/" if role in DESKS else "/work/"
