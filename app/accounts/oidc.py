"""The unified registration platform (统一注册平台), spoken to by OpenID Connect.

Authorization code with PKCE S256, state and nonce; the platform's description is kept for an hour, its keys until
an ID token names one we don't have. Only asymmetric signatures are accepted.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.accounts.claims import Refused
from app.errors import Misconfigured, Unavailable

log = structlog.get_logger("oidc")

FRESH = 3600.0
TIMEOUT = 10.0
LEEWAY = 120
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
SCOPE = "openid profile phone baohan"
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
FAILED = "登录未能完成，请重新登录"


class LoginFailed(Refused):
    """The platform's answer does not prove who somebody is."""

    status = 400
    code = "login_failed"


@dataclass(frozen=True)
class Attempt:
    """One login on its way: what must come back from the platform unchanged."""

    state: str = field(default_factory=lambda: generate_token(32))
    nonce: str = field(default_factory=lambda: generate_token(32))
    verifier: str = field(default_factory=lambda: generate_token(64))


@dataclass(frozen=True)
class SignedIn:
    """Verified claims (ID token and userinfo), and the ID token if it says nothing personal."""

    claims: dict[str, Any]
    hint: str


class Provider:
    """The login platform of this installation; one a process, used by all its threads."""

    def __init__(self, *, issuer: str, client_id: str, secret: str, redirect_uri: str):
        self.issuer = issuer.rstrip("/")
        self.client_id, self.secret, self.redirect_uri = client_id, secret, redirect_uri
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(issuer))
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._read_at = 0.0
        self._keys: KeySet | None = None

    def metadata(self) -> dict[str, Any]:
        """The platform's description; a stale one serves while the platform doesn't answer."""
        with self._lock:
            if self._metadata and time.monotonic() - self._read_at < FRESH:
                return self._metadata
            try:
                found = self._get(f"{self.issuer}/.well-known/openid-configuration")
            except Unavailable:
                if self._metadata:
                    return self._metadata
                raise
            missing = [name for name in NEEDED if not isinstance(found.get(name), str)]
            if missing or found["issuer"].rstrip("/") != self.issuer:
                log.error("metadata", missing=missing, issuer=found.get("issuer"))
                raise Misconfigured("统一注册平台的描述与 OIDC_ISSUER 不符")
            self._metadata, self._read_at = found, time.monotonic()
            return found

    def authorization_url(self, attempt: Attempt, **more: str) -> str:
        """Where the browser goes to sign in; `more` are request parameters such as prompt or acr_values."""
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self.metadata()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                **more,
            )
        return url

    def redeem(self, attempt: Attempt, code: str, issuer: str | None) -> SignedIn:
        """Exchange the code and verify what comes back; raises LoginFailed or Unavailable."""
        metadata = self.metadata()
        said = issuer or ("" if metadata.get("authorization_response_iss_parameter_supported") else self.issuer)
        if said.rstrip("/") != self.issuer:
            raise _failed("issuer of the answer", said)
        token = self._exchange(attempt, code)
        claims = self._verified(token, attempt.nonce)
        hint = token["id_token"] if set(claims) <= IMPERSONAL else ""
        if "userinfo_endpoint" in metadata:
            more = self._userinfo(metadata["userinfo_endpoint"], token)
            if more.get("sub") != claims["sub"]:
                raise _failed("userinfo of somebody else", "")
            claims = {**more, "acr": None, **claims}
        return SignedIn(claims, hint)

    def logout_url(self, hint: str, back: str) -> str | None:
        """Where the browser ends its session at the platform; None if the platform offers none."""
        try:
            endpoint = self.metadata().get("end_session_endpoint")
        except (Unavailable, Misconfigured):
            return None
        if not endpoint:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back}
        if hint:
            query["id_token_hint"] = hint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self.secret or None,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method=self._authentication(),
            default_timeout=TIMEOUT,
        )

    def _authentication(self) -> str:
        if not self.secret:
            return "none"
        offered = self.metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    def _exchange(self, attempt: Attempt, code: str) -> dict[str, Any]:
        try:
            with self._client() as client:
                token = client.fetch_token(self.metadata()["token_endpoint"], code=code, code_verifier=attempt.verifier)
        except OAuthError as error:
            raise _failed("token", error.error) from error
        except (requests.RequestException, ValueError) as error:
            raise _silent("token", error) from error
        if not isinstance(token.get("id_token"), str) or not isinstance(token.get("access_token"), str):
            raise _failed("token", "no id_token")
        return dict(token)

    def _verified(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        try:
            try:
                decoded = jwt.decode(token["id_token"], self._key_set(), algorithms=SIGNATURES)
            except InvalidKeyIdError:
                decoded = jwt.decode(token["id_token"], self._key_set(again=True), algorithms=SIGNATURES)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.metadata()["issuer"]},
                    "aud": {"essential": True, "value": self.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self.client_id, "access_token": token["access_token"]},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise _failed("id_token", str(error)) from error
        return dict(decoded.claims)

    def _key_set(self, *, again: bool = False) -> KeySet:
        with self._lock:
            keys = self._keys
        if keys is None or again:
            keys = KeySet.import_key_set(self._get(self.metadata()["jwks_uri"]))  # type: ignore[arg-type]
            with self._lock:
                self._keys = keys
        return keys

    def _userinfo(self, endpoint: str, token: dict[str, Any]) -> dict[str, Any]:
        return self._get(endpoint, {"Authorization": f"Bearer {token['access_token']}"})

    def _get(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = requests.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            answer.raise_for_status()
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _silent(urlsplit(url).path, error) from error
        if not isinstance(body, dict):
            raise _silent(urlsplit(url).path, TypeError("not an object"))
        return body


# claims of an ID token that may stand in an address
IMPERSONAL = frozenset(
    ("iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "acr", "amr", "azp", "at_hash", "auth_time", "jti", "sid")
)


def _failed(what: str, why: object) -> LoginFailed:
    log.warning("login failed", what=what, why=why)
    return LoginFailed(FAILED)


def _silent(what: str, error: Exception) -> Unavailable:
    log.warning("platform silent", what=what, error=type(error).__name__)
    return Unavailable("统一注册平台暂时无法访问，请稍后重试")
