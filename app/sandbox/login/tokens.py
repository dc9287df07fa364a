"""ID tokens: RS256 by a key of our own that stays across starts."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from app.sandbox.login.grants import TOKEN_SECONDS, Grant


class Signer:
    """Signs ID tokens for one client of one issuer."""

    def __init__(self, file: Path, issuer: str, client_id: str) -> None:
        self._key, self._issuer, self._client_id = _key(file), issuer, client_id

    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "RS256", "kid": self.kid}]}

    @property
    def kid(self) -> str:
        return str(self._key.thumbprint())

    def id_token(self, grant: Grant, access_token: str) -> str:
        """Says who signed in and how; names and numbers are userinfo's."""
        now = int(time.time())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": grant.sub,
            "aud": self._client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": int(grant.at),
            "acr": grant.acr,
            "amr": ["pwd", "otp"] if grant.acr == "mfa" else ["pwd"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "sid": grant.session,
        }
        if grant.wish.nonce:
            claims["nonce"] = grant.wish.nonce
        return jwt.encode({"alg": "RS256", "kid": self.kid}, claims, self._key)

    def subject(self, token: str) -> str | None:
        """Whose ID token of ours this is, expired or not."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except ValueError:
            return None
        return claims.get("sub") if claims.get("iss") == self._issuer else None


def _key(file: Path) -> RSAKey:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    return RSAKey.import_key(file.read_bytes())
