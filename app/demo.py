"""The installation that `make run` makes for one machine: a folder of keys, settings and data.

Everything in it is made once and kept. Secrets are files only their owner reads; settings of the environment win
over `config.yaml`, which any command of this installation uses: `CONFIG_FILE=var/config.yaml flask --app wsgi …`.
"""

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from app.errors import Misconfigured
from app.settings import DEFAULTS, ROOT

PORTS = {
    "WEB_PORT": (8000, "网站"),
    "SANDBOX_LOGIN_PORT": (8101, "统一注册平台（演示）"),
    "SANDBOX_INSTITUTION_PORT": (8102, "金融机构（演示）"),
    "SANDBOX_TRADING_PORT": (8103, "交易平台与短信（演示）"),
}


class Demo:
    """The folder `var/` (VAR_DIR), and what the environment says about it."""

    def __init__(self, folder: Path | None = None, environment: Mapping[str, str] | None = None):
        self.environment = dict(os.environ if environment is None else environment)
        self.folder = (folder or Path(self.environment.get("VAR_DIR") or ROOT / "var")).resolve()
        self.ports = {name: int(self.environment.get(name) or port) for name, (port, _) in PORTS.items()}
        self.host = self.environment.get("WEB_HOST") or "127.0.0.1"
        self.url = self.environment.get("PUBLIC_URL") or f"http://{self.host}:{self.ports['WEB_PORT']}"

    @property
    def embedded_redis(self) -> bool:
        return not self.environment.get("REDIS_URL")

    def prepare(self, redis_url: str) -> None:
        """Make what is missing, keep what is there."""
        keys = self.folder / "keys"
        for folder in (self.folder, keys, self.folder / "files", self.folder / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _secret(keys / "master.key", _master_key)
        _secret(keys / "secret.key", lambda: secrets.token_urlsafe(48))
        outside = self._outside()
        _secret(keys / "oidc_client_secret", lambda: outside["oidc"]["client_secret"])
        _secret(keys / "platform_sm2.json", lambda: json.dumps(outside["platform"]["sm2"]))
        _secret(keys / "sms_token", lambda: outside["sms"]["token"])
        settings = {
            "DEMO": "yes",
            "PUBLIC_URL": self.url,
            "DATABASE_URL": f"sqlite:///{self.folder / 'baohan.db'}",
            "REDIS_URL": redis_url,
            "FILES_URL": f"file://{self.folder / 'files'}",
            "CHECKPOINT_DIR": str(self.folder / "checkpoints"),
            "MASTER_KEY_FILE": str(keys / "master.key"),
            "SECRET_KEY_FILE": str(keys / "secret.key"),
            "OIDC_ISSUER": outside["oidc"]["issuer"],
            "OIDC_CLIENT_ID": outside["oidc"]["client_id"],
            "OIDC_CLIENT_SECRET_FILE": str(keys / "oidc_client_secret"),
            "OIDC_REGISTER_URL": outside["oidc"]["register_url"],
            "PLATFORM_SM2_KEY_FILE": str(keys / "platform_sm2.json"),
            "SMS_URL": outside["sms"]["url"],
            "SMS_TOKEN_FILE": str(keys / "sms_token"),
            "OUTSIDE_ALLOWED": "127.0.0.0/8",
        }
        text = yaml.safe_dump({k: v for k, v in settings.items() if k in DEFAULTS}, allow_unicode=True)
        (self.folder / "config.yaml").write_text(text)

    def _outside(self) -> dict[str, Any]:
        """What the stand-ins of the outside share with the platform's demo data (app/sandbox says its shape)."""
        command = [sys.executable, "-m", "app.sandbox", "init", "--dir", str(self.folder)]
        subprocess.run(command, check=True, env=self.processes_environment(), cwd=ROOT)  # noqa: S603
        return json.loads((self.folder / "demo.json").read_text())

    def processes_environment(self) -> dict[str, str]:
        """The environment of every process of this installation."""
        return {
            **self.environment,
            **{name: str(port) for name, port in self.ports.items()},
            "CONFIG_FILE": str(self.folder / "config.yaml"),
            "PUBLIC_URL": self.url,
            "WEB_HOST": self.host,
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"),
            "FONT_DIR": self.environment.get("FONT_DIR") or str(ROOT / "app/static/fonts"),
        }

    def begun(self) -> bool:
        """Whether the database has been brought to this very code, policies and parties; then a start need not ask."""
        stamp = self.folder / "prepared"
        return stamp.exists() and (self.folder / "baohan.db").exists() and stamp.read_text() == self._fingerprint()

    def remember(self) -> None:
        (self.folder / "prepared").write_text(self._fingerprint())

    def _fingerprint(self) -> str:
        seen = hashlib.sha256((self.folder / "demo.json").read_bytes())
        seen.update(self.environment.get("DATABASE_URL", "").encode())
        for root in ("app", "workflows", "forms"):
            for path in sorted((ROOT / root).rglob("*.*")):
                if path.suffix in (".py", ".bpmn", ".dmn", ".json", ".yaml"):
                    known = path.stat()
                    seen.update(f"{path}:{known.st_size}:{known.st_mtime_ns}".encode())
        return seen.hexdigest()

    def check_ports(self) -> None:
        """Raise Misconfigured naming each port that somebody else holds."""
        taken = {name: port for name, port in self.ports.items() if not free(self.host, port)}
        if taken:
            held = "；".join(f"端口 {port}（{PORTS[name][1]}）已被占用" for name, port in taken.items())
            other = " ".join(f"{name}={port + 1000}" for name, port in taken.items())
            raise Misconfigured(f"{held}。可换端口再试：{other} make run")

    def welcome(self) -> Iterator[str]:
        """What whoever started it wants to know: where it is, who can sign in, where the logs lie."""
        yield ""
        yield f"  网站已就绪  Ready at {self.url}"
        beside = [
            (PORTS[name][1], f"http://127.0.0.1:{port}") for name, port in self.ports.items() if name != "WEB_PORT"
        ]
        for label, address in beside:
            yield f"  {_wide(label, 28)}{address}"
        yield ""
        for login, who, roles in [("演示账号 Account", "名称 Who", "角色 Roles"), *self.accounts()]:
            yield f"  {_wide(login, 20)}{_wide(who, 34)}{roles}"
        yield ""
        yield f"  日志 Logs {self.folder / 'log'}   停止 Stop: Ctrl-C"
        yield ""

    def accounts(self) -> Iterator[tuple[str, str, str]]:
        """(login name, who, roles) of a few people to begin with: one for each role."""
        people = json.loads((self.folder / "demo.json").read_text())["people"]
        seen: set[str] = set()
        for person in [*people["entities"], *people["staff"]]:
            if set(person["roles"]) - seen:
                seen |= set(person["roles"])
                yield person["sub"], person["name"], "、".join(person["roles"])


def free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _wide(text: str, width: int) -> str:
    """Padded to columns of a terminal, where a Chinese character takes two."""
    return text + " " * max(1, width - sum(2 if ord(c) > 0x2E80 else 1 for c in text))


def _master_key() -> str:
    """One line as app/sealing.py reads it; importing that would bring the whole database in for it."""
    return f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n"


def _secret(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        fresh.replace(path)
