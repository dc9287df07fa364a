"""Who can sign in: the demo's entities and staff, and whoever registered; and what is told of each."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from app.sandbox.demo import Demo, keep

ROLES = {
    "bidder": "投标人/竞买人",
    "tenderer": "招标人/出让人",
    "tender_agent": "招标代理",
    "centre_reviewer": "交易中心审核员",
    "institution_reviewer": "机构审核员",
    "institution_admin": "机构管理员",
    "operator": "业务运营",
    "publisher": "政策发布审批",
    "auditor": "审计/监管",
}
SECOND_FACTOR, PASSWORD = "mfa", "pwd"


class People:
    """The demo's people stand in demo.json; the registered ones in a file of their own."""

    def __init__(self, config: Demo) -> None:
        self._file, self._staff_file = config.own / "registered.json", config.own / "registered_staff.json"
        self._lock = threading.Lock()
        self.entities: list[dict[str, Any]] = [*config["people"]["entities"], *_registered(self._file)]
        self.staff: list[dict[str, Any]] = [*config["people"]["staff"], *_registered(self._staff_file)]

    def find(self, sub: str) -> dict[str, Any] | None:
        return next((person for person in (*self.entities, *self.staff) if person["sub"] == sub), None)

    def is_staff(self, sub: str) -> bool:
        return any(person["sub"] == sub for person in self.staff)

    def register(self, name: str, uscc: str, roles: list[str], handler: dict[str, str]) -> dict[str, Any]:
        """A new market entity. ValueError if its credit code is taken."""
        with self._lock:
            if any(entity["uscc"] == uscc for entity in self.entities):
                raise ValueError("该统一社会信用代码已注册")
            person = {
                "sub": f"entity-{len(self.entities) + 1:02d}-{uscc[-6:].lower()}",
                "name": name,
                "uscc": uscc,
                "roles": roles,
                "handler": handler,
            }
            keep(self._file, [*_registered(self._file), person])
            self.entities.append(person)
            return person

    def register_staff(self, name: str, phone: str) -> dict[str, Any]:
        """A person of whom nothing is known but name and phone: roles come by invitation. ValueError if it is taken."""
        with self._lock:
            if any(person["phone"] == phone for person in self.staff):
                raise ValueError("该手机号已注册")
            person = {
                "sub": f"staff-{len(self.staff) + 1:02d}-{phone[-4:]}",
                "name": name,
                "phone": phone,
                "roles": [],
                "regions": [],
                "institution": "",
            }
            keep(self._staff_file, [*_registered(self._staff_file), person])
            self.staff.append(person)
            return person

    def claims(self, sub: str, scopes: set[str]) -> dict[str, Any]:
        """What userinfo tells under these scopes."""
        person = self.find(sub)
        if person is None:
            return {"sub": sub}
        staff = self.is_staff(sub)
        told: dict[str, Any] = {"sub": sub}
        if "profile" in scopes:
            told["name"] = person["name"]
        if "phone" in scopes:
            told["phone_number"] = person["phone"] if staff else person["handler"]["phone"]
        if "baohan" in scopes:
            told |= {"kind": "staff" if staff else "entity", "roles": person["roles"]}
            if staff:
                told |= {"regions": person["regions"], "institution": person["institution"]}
            else:
                told |= {"uscc": person["uscc"], "handler": person["handler"]}
        return told


def _registered(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
