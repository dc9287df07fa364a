"""A login platform that can be told to lie: OpenID Connect over real HTTP, in a thread of the test."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

BIDDER = {
    "sub": "entity-01",
    "name": "湘建一川建设集团有限公司",
    "uscc": "91110000MA01L1EW65",
    "roles": ["bidder", "tenderer"],
    "handler": {"name": "刘思齐", "id_no": "430102199001011238", "phone": "13900000001"},
}
OPERATOR = {"sub": "operator-1", "name": "业务运营 沈知微", "roles": ["operator"], "regions": ["*"], "acr": "mfa"}


@cache
def key_of(owner: str, name: str) -> RSAKey:
    """A signing key; made once a run, for it takes a while."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


class Platform:
    """`person` is who signs in next; `token_says` and `userinfo_says` change what is claimed of them."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.person: dict[str, Any] = dict(BIDDER)
        self.token_says: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.userinfo_says: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.metadata_says: dict[str, Any] = {}
        self.secret = "the secret agreed with the login platform"
        self.silent = False
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.new_key("first")
        self.signed_by: Any = None

    def new_key(self, name: str) -> None:
        self.key = key_of("platform", name)

    def metadata(self) -> dict[str, Any]:
        ends = ("authorization", "token", "userinfo", "end_session")
        return {
            "issuer": self.issuer,
            **{f"{end}_endpoint": f"{self.issuer}/{end}" for end in ends},
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata_says,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """What the person's browser is answered: back to where the client asked, with a code."""
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def redeem(self, form: dict[str, str], basic: tuple[str, str] | None) -> dict[str, Any] | None:
        query = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if query is None or basic != (query["client_id"], self.secret):
            return None
        if query.get("code_challenge") != challenge.rstrip(b"=").decode():
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.person["sub"], "aud": query["client_id"], "exp": now + 300, "iat": now,
            "nonce": query["nonce"], "auth_time": now,
        }  # fmt: skip
        if "acr" in self.person:
            claims["acr"] = self.person["acr"]
        access = secrets.token_urlsafe(16)
        self.tokens[access] = {key: value for key, value in self.person.items() if key != "acr"}
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.sign(self.token_says(claims)),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        if isinstance(self.signed_by, OctKey):
            return jwt.encode({"alg": "HS256"}, claims, self.signed_by)
        key = self.signed_by or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


@contextmanager
def serving() -> Iterator[Platform]:
    flask = Flask("platform")
    server = make_server("127.0.0.1", 0, flask, threaded=True)
    platform = Platform(f"http://127.0.0.1:{server.server_port}")
    _routes(flask, platform)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield platform
    server.shutdown()
    thread.join()
    server.server_close()


def _routes(flask: Flask, platform: Platform) -> None:
    @flask.before_request
    def silence() -> Any:
        return ("", 503) if platform.silent else None

    @flask.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        return jsonify(platform.metadata())

    @flask.get("/keys")
    def keys() -> Any:
        return jsonify(KeySet([platform.key]).as_dict(private=False))

    @flask.get("/authorization")
    def authorization() -> Any:
        return redirect(platform.authorize(request.args.to_dict()))

    @flask.post("/token")
    def token() -> Any:
        basic = request.authorization
        who = (basic.username or "", basic.password or "") if basic else None
        answer = platform.redeem(request.form.to_dict(), who)
        return jsonify(answer) if answer else (jsonify(error="invalid_grant"), 400)

    @flask.get("/userinfo")
    def userinfo() -> Any:
        claims = platform.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return jsonify(platform.userinfo_says(dict(claims))) if claims else ("", 401)
