"""OpenID Connect: authorization code with PKCE S256, one confidential client, errors as RFC 6749 says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import unquote, urlencode

from werkzeug.datastructures import Authorization

from app.sandbox.demo import Demo
from app.sandbox.login.grants import (
    CODE_SECONDS,
    LOGIN_SECONDS,
    SESSION_SECONDS,
    TOKEN_SECONDS,
    Grant,
    Shelf,
    Wish,
)
from app.sandbox.login.people import PASSWORD, SECOND_FACTOR, People
from app.sandbox.login.tokens import Signer

SCOPES = ("openid", "profile", "phone", "baohan")


class BadClient(Exception):
    """No redirect may be made: the client or its address is not the registered one."""


class Denied(Exception):
    """An OAuth error; `redirect` is where it is told, if it may be."""

    def __init__(self, error: str, description: str, redirect: str = "") -> None:
        self.error, self.description, self.redirect = error, description, redirect
        super().__init__(error)


class Provider:
    """What the endpoints do, apart from HTTP."""

    def __init__(self, config: Demo) -> None:
        oidc = config["oidc"]
        self.issuer, self.client_id, self._secret = oidc["issuer"], oidc["client_id"], oidc["client_secret"]
        self._home = config["platform"]["base_url"]
        self.people = People(config)
        self.signer = Signer(config.own / "login.key.pem", self.issuer, self.client_id)
        self.wishes: Shelf[Wish] = Shelf(LOGIN_SECONDS)
        self.sessions: Shelf[str] = Shelf(SESSION_SECONDS)
        self._codes: Shelf[Grant] = Shelf(CODE_SECONDS)
        self._tokens: Shelf[Grant] = Shelf(TOKEN_SECONDS)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": [SECOND_FACTOR, PASSWORD],
            "prompt_values_supported": ["none", "login", "select_account"],
            "authorization_response_iss_parameter_supported": True,
            "claims_supported": [
                "sub", "name", "phone_number", "acr", "kind", "uscc", "roles", "regions", "institution", "handler",
            ],
        }  # fmt: skip

    def wish(self, asked: dict[str, str]) -> Wish:
        """The request, checked; raises BadClient or Denied."""
        redirect = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id or redirect != f"{self._home}/oidc/callback":
            raise BadClient
        back = self._back(redirect, asked.get("state", ""))
        if asked.get("response_type") != "code":
            raise Denied("unsupported_response_type", "response_type must be code", back)
        scopes = frozenset(asked.get("scope", "").split())
        if "openid" not in scopes:
            raise Denied("invalid_scope", "scope must contain openid", back)
        challenge = asked.get("code_challenge", "")
        if asked.get("code_challenge_method") != "S256" or len(challenge) != 43:
            raise Denied("invalid_request", "PKCE with S256 is required", back)
        acr = asked.get("acr_values", "")
        return Wish(redirect, asked.get("state", ""), asked.get("nonce", ""), challenge, scopes, acr)

    def granted(self, wish: Wish, sub: str, session: str, *, weak: bool = False) -> str:
        """The address that brings the code home."""
        acr = SECOND_FACTOR if self.people.is_staff(sub) and not weak else PASSWORD
        code = self._codes.put(Grant(sub, wish, acr, session))
        return with_query(wish.redirect_uri, code=code, state=wish.state, iss=self.issuer)

    def denied(self, wish: Wish, error: str) -> str:
        return with_query(wish.redirect_uri, error=error, state=wish.state, iss=self.issuer)

    def redeem(self, form: dict[str, str], header: Authorization | None) -> dict[str, Any]:
        """The token endpoint's answer; raises Denied."""
        self._authenticate(form, header)
        if form.get("grant_type") != "authorization_code":
            raise Denied("unsupported_grant_type", "grant_type must be authorization_code")
        grant = self._codes.take(form.get("code", ""))
        if grant is None:
            raise Denied("invalid_grant", "the code is unknown, used or expired")
        if form.get("redirect_uri") != grant.wish.redirect_uri:
            raise Denied("invalid_grant", "redirect_uri is another one")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), grant.wish.challenge):
            raise Denied("invalid_grant", "code_verifier does not match")
        token = self._tokens.put(grant)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(sorted(grant.wish.scopes & set(SCOPES))),
            "id_token": self.signer.id_token(grant, token),
        }

    def userinfo(self, token: str) -> dict[str, Any] | None:
        grant = self._tokens.get(token)
        return None if grant is None else self.people.claims(grant.sub, set(grant.wish.scopes))

    def after_logout(self, asked: dict[str, str]) -> str | None:
        """Where the browser goes after signing out: only home to our client."""
        target = asked.get("post_logout_redirect_uri", "")
        ours = asked.get("client_id") == self.client_id or self.signer.subject(asked.get("id_token_hint", ""))
        if not ours or not (target == self._home or target.startswith(f"{self._home}/")):
            return None
        return with_query(target, state=asked["state"]) if asked.get("state") else target

    def _back(self, redirect: str, state: str) -> str:
        return with_query(redirect, state=state, iss=self.issuer)

    def _authenticate(self, form: dict[str, str], header: Authorization | None) -> None:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header is not None and header.type == "basic":
            name, secret = unquote(header.username or ""), unquote(header.password or "")
        if name != self.client_id or not hmac.compare_digest(secret, self._secret):
            raise Denied("invalid_client", "the client's name or secret is wrong")


def with_query(address: str, **query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode({k: v for k, v in query.items() if v})}"
