"""Who we are to the platform: its address, our app id, our keys and its public key (partner.yaml)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
import yaml
from urllib3.exceptions import HTTPError

from app.protocol.calls import OWN_KEY
from app.protocol.client import Client
from app.protocol.signing import Algorithm, Key
from app.protocol.sm2 import BadKey, public_key_of, read_public_key
from app.protocol.trial import ENV

KEYS = ("key", "old_key", "test_key", "platform_key", "sm2_key")


class Mistake(Exception):
    """Something the user wrote is wrong; the text says what, in Chinese and English."""


@dataclass(frozen=True)
class Card:
    """`key` signs our calls, `test_key` those of the acceptance test; `platform_key` is the platform's public one.

    `old_key`: the one before, with which the platform still signs for a while. `sm2_key`: a pair of our own, which
    answers what the platform asks with SM2-SM3.
    """

    platform: str
    app_id: str
    key: Key | None = None
    test_key: Key | None = None
    platform_key: Key | None = None
    sm2_key: Key | None = None
    old_key: Key | None = None

    def key_for(self, env: str) -> Key:
        found = self.test_key if env == ENV else self.key
        if found is None:
            name = "test_key" if env == ENV else "key"
            raise Mistake(f"名片中没有{name} / the card has no {name}")
        return found

    def believed(self, env: str) -> list[Key]:
        """The keys whose signature we believe: the shared one, and the platform's own."""
        shared = (self.test_key,) if env == ENV else (self.key, self.old_key)
        return [key for key in (*shared, self.platform_key) if key and (not key.public or key is self.platform_key)]

    def client(self, env: str = "", *, to: str = "", patience: float = 15.0) -> Client:
        return Client(to or self.platform, self.app_id, self.key_for(env), self.believed(env), patience=patience)


def load(path: Path) -> Card:
    """Read partner.yaml; raises Mistake naming the entry that is wrong."""
    said = read_yaml(path)
    for name in ("platform", "app_id"):
        if not isinstance(said.get(name), str):
            raise Mistake(f"{path}: 缺少 {name} / {name} is missing")
    unknown = set(said) - {"platform", "app_id", *KEYS}
    if unknown:
        raise Mistake(f"{path}: 不认识 {'、'.join(sorted(unknown))} / unknown entries")
    keys = {name: _key(path, name, said.get(name)) for name in KEYS}
    return Card(said["platform"].rstrip("/"), said["app_id"], **keys)


def save(path: Path, entries: Mapping[str, Any]) -> None:
    """Write a card (or another file of secrets) for its owner's eyes only, keeping what it said besides."""
    said = {**(read_yaml(path) if path.exists() else {}), **{name: it for name, it in entries.items() if it}}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        yaml.safe_dump(said, out, allow_unicode=True, sort_keys=False)


def of_demo(path: Path, code: str) -> dict[str, Any]:
    """The card of one of the demo's institutions, from var/demo.json."""
    try:
        demo = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: 无法读取 / cannot be read ({error})") from error
    entry = next((one for one in demo["institutions"] if one["code"] == code), None)
    if entry is None:
        known = "、".join(one["code"] for one in demo["institutions"])
        raise Mistake(f"没有机构{code}，有：{known} / no such institution")
    pair = demo["platform"]["sm2"]
    return {
        "platform": demo["platform"]["base_url"],
        "app_id": entry["app_id"],
        "key": {"id": entry["key"]["key_id"], "secret": entry["key"]["secret"]},
        "test_key": {"id": entry["test_key"]["key_id"], "secret": entry["test_key"]["secret"]},
        "platform_key": {"id": pair["key_id"], "public_key": pair["public_key"]},
    }


def platform_key(platform: str) -> dict[str, str]:
    """The platform's SM2 public key, as the platform tells it. It is believed for having come over https."""
    address = platform.rstrip("/") + OWN_KEY
    try:
        answer = urllib3.request("GET", address, timeout=10, retries=False, redirect=False)
        said = answer.json()["data"]
        return {"id": str(said["key_id"]), "public_key": "04" + read_public_key(said["public_key"])}
    except (HTTPError, OSError, KeyError, TypeError, ValueError) as error:
        raise Mistake(f"{address}: 无法取得平台公钥 / the platform's key can't be had ({error})") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML or JSON file that holds one mapping."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Mistake(f"{path}: 无法读取 / cannot be read ({error})") from error
    if not isinstance(said, dict):
        raise Mistake(f"{path}: 应为“名称: 值”的映射 / should be a mapping")
    return said


def _key(path: Path, name: str, said: Any) -> Key | None:
    if said is None:
        return None
    try:
        if "secret" in said:
            bytes.fromhex(said["secret"])
            return Key(str(said["id"]), Algorithm.HMAC_SM3, said["secret"])
        private = str(said.get("private_key", ""))
        public = read_public_key(str(said["public_key"])) if "public_key" in said else public_key_of(private)
        return Key(str(said["id"]), Algorithm.SM2_SM3, private, public)
    except (KeyError, TypeError, ValueError, BadKey) as error:
        shape = "id 与 secret（HMAC-SM3），或 id 与 private_key/public_key（SM2-SM3），均为十六进制"
        raise Mistake(f"{path}: {name} 应有{shape} / should have an id and hex keys ({error})") from error
