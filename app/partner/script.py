"""How a played institution behaves: a YAML script, every entry of which has a default.

listen: 127.0.0.1:9400            path: /bank               public: http://127.0.0.1:9400
certificate: partner.cert.pem     private_key: partner.key.pem          guarantee: (a PDF to sign instead of our own)
fonts: (a folder with Chinese fonts, if the system has none)
name, uscc, service_phone         products: [B10's products]
delay: 1 (seconds before each callback, or {B1: 5, default: 1})
reject: {over: "3000000.00", code: U03, reason: …}                      (underwriting)
applications: LEAVE | APPROVE | REFUSE    (A7–A11 outside the acceptance test; LEAVE: somebody decides at the platform)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from app.partner.card import Mistake, read_yaml
from app.protocol.codes import Code, Refusal
from app.protocol.messages.decisions import Products
from app.protocol.messages.fields import Money
from app.protocol.messages.message import read

LEAVE, APPROVE, REFUSE = "LEAVE", "APPROVE", "REFUSE"
REJECTION = {"code": "U03", "reason": "担保金额超出可用授信额度"}


@dataclass(frozen=True)
class Script:
    """`products` as Python values; `delay` seconds by call id, "default" for the others."""

    folder: Path
    listen: str = "127.0.0.1:9400"
    path: str = ""
    public: str = ""
    certificate: str = "partner.cert.pem"
    private_key: str = "partner.key.pem"
    guarantee: str = ""
    fonts: str = ""
    name: str = "未命名机构"
    uscc: str = ""
    service_phone: str = ""
    delay: Mapping[str, float] = field(default_factory=lambda: {"default": 1.0})
    reject: Mapping[str, Any] = field(default_factory=dict)
    applications: str = LEAVE
    products: tuple[Mapping[str, Any], ...] = ()

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0]

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def address(self) -> str:
        """How bidders reach the payment page."""
        return (self.public or f"http://{self.listen}").rstrip("/")

    def wait(self, call: str) -> float:
        return float(self.delay.get(call, self.delay.get("default", 1.0)))

    def file(self, name: str) -> Path:
        return self.folder / name

    def rejects(self, amount: int) -> Mapping[str, Any] | None:
        """The reason for which an order of so much is not underwritten."""
        if not self.reject or amount <= _fen(self.reject.get("over", "0.00")):
            return None
        return {**REJECTION, **self.reject}

    def product(self, code: str | None) -> Mapping[str, Any]:
        found = next((one for one in self.products if code in (None, one["product_code"])), None)
        if found is None:
            raise Refusal(Code.UNKNOWN, f"没有产品{code}")
        return found

    def premium(self, product: Mapping[str, Any], amount: int) -> int:
        """rate × amount, at least the minimum; fen. Refuses what is above the product's limit."""
        if amount > product["limit"]:
            raise Refusal(Code.INSTITUTION_UNAVAILABLE, f"担保金额超过该产品限额{product['limit'] / 100:.2f}元")
        exact = (Decimal(amount) * product["rate"]).quantize(Decimal(1), ROUND_HALF_UP)
        return max(int(exact), product["minimum_premium"])


def load(path: Path) -> Script:
    """Read a script; raises Mistake naming the entry that is wrong."""
    said = read_yaml(path)
    known = set(Script.__dataclass_fields__) - {"folder"}
    if unknown := sorted(set(said) - known):
        raise Mistake(f"{path}: 不认识 {'、'.join(unknown)}，有：{'、'.join(sorted(known))} / unknown entries")
    if not said.get("products"):
        raise Mistake(f"{path}: products 至少一项 / at least one product")
    try:
        read_products = read(Products, {"status": "OPEN", "products": said["products"]})["products"]
    except Refusal as wrong:
        raise Mistake(f"{path}: {wrong.message}") from wrong
    delay = said.get("delay", 1)
    whole = {
        **said,
        "products": tuple(read_products),
        "delay": delay if isinstance(delay, dict) else {"default": delay},
    }
    script = Script(path.parent, **whole)
    _check(path, script)
    return script


def _check(path: Path, script: Script) -> None:
    host, _, port = script.listen.rpartition(":")
    if not host or not port.isdigit():
        raise Mistake(f"{path}: listen 应如 127.0.0.1:9400 / should be host:port")
    if script.path and not script.path.startswith("/"):
        raise Mistake(f"{path}: path 应以 / 开头 / should begin with /")
    if script.applications not in (LEAVE, APPROVE, REFUSE):
        raise Mistake(f"{path}: applications 应为 LEAVE、APPROVE 或 REFUSE")
    if not all(isinstance(seconds, int | float) and seconds >= 0 for seconds in script.delay.values()):
        raise Mistake(f"{path}: delay 应为秒数 / should be seconds")
    try:
        _fen(script.reject.get("over", "0.00"))
    except Refusal as wrong:
        raise Mistake(f'{path}: reject.over 应如 "3000000.00" / should be yuan as text') from wrong


def _fen(text: Any) -> int:
    if not isinstance(text, str) or not Money.PATTERN.fullmatch(text):
        raise Refusal(Code.FORMAT)
    return int(text.replace(".", ""))
