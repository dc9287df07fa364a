"""var/demo.json: made once, shared with the platform's demo data; its shape is in app/sandbox/__init__.py."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.protocol import signing
from app.protocol.signing import Algorithm, Key
from app.sandbox import cast, certificates

VERSION = 1
PORTS = {"login": 8101, "institution": 8102, "trading": 8103}


@dataclass(frozen=True)
class Demo:
    """The file's content and where it lies; private keys are below folder/sandbox."""

    folder: Path
    content: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.content[name]

    @property
    def own(self) -> Path:
        return self.folder / "sandbox"

    def address(self, part: str) -> str:
        """Where login, institution or trading is to be found, as it was when the file was written."""
        at = {
            "login": self.content["oidc"]["issuer"],
            "institution": self.content["institutions"][0]["endpoint_url"],
            "trading": self.content["trading"]["endpoint_url"],
        }
        return "{0.scheme}://{0.netloc}".format(urlsplit(at[part]))

    def port(self, part: str) -> int:
        return int(self.address(part).rpartition(":")[2])

    def institution(self, code: str) -> dict[str, Any] | None:
        return next((one for one in self.content["institutions"] if one["code"] == code), None)


def load(folder: Path) -> Demo:
    return Demo(folder, json.loads((folder / "demo.json").read_text(encoding="utf-8")))


def create(folder: Path) -> Demo:
    """Write demo.json: keys as they were, if it was there, addresses as the environment says now."""
    path = folder / "demo.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    own = folder / "sandbox"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "version": VERSION,
        "platform": {
            "base_url": (os.environ.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
            "sm2": before["platform"]["sm2"] if before else _sm2("PLATFORM-1"),
        },
        "institutions": [
            _institution(own, one, _before(before, one["code"])) for one in cast.INSTITUTIONS
        ],
        "trading": {
            "app_id": "TRADING",
            "key": before["trading"]["key"] if before else _hmac("TRADING-1"),
            "endpoint_url": _address("trading"),
            "page_url": _address("trading") + "/",
        },
        "sms": {
            "url": _address("trading") + "/sms/send",
            "token": before["sms"]["token"] if before else secrets.token_urlsafe(24),
            "inbox_url": _address("trading") + "/sms",
        },
        "oidc": {
            "issuer": _address("login"),
            "client_id": "baohan",
            "client_secret": before["oidc"]["client_secret"] if before else secrets.token_urlsafe(32),
            "register_url": _address("login") + "/register",
        },
        "people": {"entities": list(cast.ENTITIES), "staff": list(cast.STAFF)},
    }  # fmt: skip
    keep(path, content)
    return Demo(folder, content)


def key(part: dict[str, Any]) -> Key:
    """The signing key in an entry of the file."""
    if "algorithm" in part:
        return Key(part["key_id"], Algorithm(part["algorithm"]), part["secret"])
    return Key(part["key_id"], Algorithm.SM2_SM3, part.get("private_key", ""), part["public_key"])


def _address(part: str) -> str:
    return f"http://127.0.0.1:{os.environ.get(f'SANDBOX_{part.upper()}_PORT') or PORTS[part]}"


def _institution(own: Path, one: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    code = one["code"]
    private = own / f"{code}.sm2.json"
    if not private.exists():
        keep(private, _sm2(f"{code}-S1"))
    sm2 = json.loads(private.read_text())
    return {
        **one,
        "app_id": code,
        "key": before["key"] if before else _hmac(f"{code}-1"),
        "test_key": before["test_key"] if before else _hmac(f"{code}-T1"),
        "sm2": {"key_id": sm2["key_id"], "public_key": sm2["public_key"]},
        "endpoint_url": f"{_address('institution')}/{code}",
        "certificate_pem": certificates.make(own, code, one["name"], one["uscc"]),
    }


def _before(content: dict[str, Any], code: str) -> dict[str, Any] | None:
    return next((one for one in content.get("institutions", ()) if one["code"] == code), None)


def _hmac(key_id: str) -> dict[str, str]:
    return {"key_id": key_id, "algorithm": str(Algorithm.HMAC_SM3), "secret": signing.new_secret()}


def _sm2(key_id: str) -> dict[str, str]:
    made = signing.new_sm2_key(key_id)
    return {"key_id": key_id, "public_key": made.public, "private_key": made.secret}


def keep(path: Path, content: Any) -> None:
    """Whole or not at all, readable by the owner only."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(path)
