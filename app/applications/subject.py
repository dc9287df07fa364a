"""What expressions may read of a guarantee and an application on it: amounts in yuan, times aware."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from app import clock, institutions, projects
from app.applications import lot_changes, lot_panel, secrets
from app.applications.models import Application, Kind
from app.applications.panel import panel
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee, GuaranteeState
from app.institutions import catalogue
from app.institutions.models import InstitutionKind
from app.orders import secrets as orders
from app.projects import awards
from app.projects.models import EventKind, Lot, LotState
from app.projects.subject import FIELDS as LOT_FACTS
from app.projects.subject import facts as lot_facts
from app.runtime.operations import Fact, Subject
from app.states import words

EVENTS = {**words(EventKind), lot_changes.AWARDED: "定标"}
CHANGES = ("CHANGED", "SUSPENDED", "RESUMED")


@dataclass
class GuaranteeFacts:
    """One guarantee with its lot and institution, each loaded at most once; `mine`: the application that asks."""

    no: str
    mine: str = ""

    @cached_property
    def row(self) -> Guarantee:
        return guarantees.find(self.no)

    @cached_property
    def content(self) -> guarantees.Content:
        return guarantees.content(self.row)

    @cached_property
    def lot_row(self) -> Lot:
        return projects.get(self.content.lot_no)

    @cached_property
    def busy(self) -> bool:
        other = secrets.open_on(self.no)
        return other is not None and other.no != self.mine

    def guarantee(self, at: datetime | None = None) -> dict[str, Any]:
        return {
            "no": self.no,
            "state": self.row.state,
            "in_force": self.row.state == GuaranteeState.IN_FORCE,
            "expired": self.content.ends <= (at or clock.now()),
            "busy": self.busy,
            "amount": _yuan(self.content.amount),
            "balance": _yuan(self.content.balance),
            "premium": _yuan(self.content.premium),
            "issued_at": self.row.issued_at,
            "valid_to": self.content.ends,
            "independent": self.row.independent,
        }

    def lot(self, at: datetime | None = None) -> dict[str, Any]:
        lot = self.lot_row
        needed = lot.bid_deadline + clock.days(lot.bid_validity_days)
        return {
            "state": lot.state,
            "ended": lot.state in (LotState.TERMINATED, LotState.FAILED),
            "opened": lot.opened_at is not None,
            "opening_passed": lot.opened_at is not None or lot.opening_at <= (at or clock.now()),
            "opening_at": lot.opening_at,
            "bid_deadline": lot.bid_deadline,
            "awarded": awards.of_lot(lot.no) is not None,
            "changed_after_issue": lot.updated_at > self.row.received_at,
            "needed_until": needed,
            "gap_days": max(0, -((self.content.ends - needed).days)),
        }

    def readers(self) -> Mapping[str, Callable[[], Any]]:
        return {"guarantee": self.guarantee, "lot": self.lot, "institution": self.institution}

    def at(self, moment: datetime) -> Mapping[str, Any]:
        """Everything as it will be then, if nothing else happens."""
        return {"guarantee": self.guarantee(moment), "lot": self.lot(moment), "institution": self.institution()}

    def institution(self) -> dict[str, Any]:
        one = institutions.get(self.row.institution)
        return {"code": one.code, "kind": one.kind, "online": one.online}


class ApplicationFacts:
    def __init__(self, no: str):
        self.no = no

    @cached_property
    def row(self) -> Application:
        return secrets.find(self.no)

    def application(self) -> dict[str, Any]:
        return {
            "state": self.row.state,
            "kind": self.row.kind,
            "created_at": self.row.created_at,
            "reason": self.row.reason or "",
        }

    def asked(self) -> dict[str, Any]:
        content = secrets.content(self.row)
        amount = content.said.get("amount")
        return {
            "amount": None if amount is None else _yuan(amount),
            "valid_to": asked_until(content) if "valid_to" in content.said else None,
        }

    def readers(self) -> Mapping[str, Callable[[], Any]]:
        of_guarantee = GuaranteeFacts(self.row.guarantee_no, mine=self.no)
        return {
            **of_guarantee.readers(),
            "application": self.application,
            "asked": self.asked,
            "refusal_reasons": lambda: reasons("refusal"),
        }


def asked_until(content: secrets.Content) -> datetime:
    """The end of the day that an extension asks for."""
    day = date.fromisoformat(content.said["valid_to"])
    return datetime.combine(day, time(23, 59, 59), tzinfo=clock.SHANGHAI)


def reasons(purpose: str) -> list[dict[str, str]]:
    """Reason codes as a form's choices."""
    return [{"value": one.code, "label": one.text} for one in catalogue.reasons(purpose)]


def _hidden(guarantee_no: str) -> list[str]:
    return orders.hidden(guarantees.find(guarantee_no).order_no)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _over(facts: Mapping[str, Any]) -> bool:
    return facts["guarantee"]["state"] in (GuaranteeState.REFUNDED, GuaranteeState.LAPSED)


def _expired(facts: Mapping[str, Any]) -> bool:
    return bool(facts["guarantee"]["expired"])


def _opened(facts: Mapping[str, Any]) -> bool:
    return bool(facts["lot"]["opened"])


def _ended(facts: Mapping[str, Any]) -> bool:
    return bool(facts["lot"]["ended"])


FACTS = (
    Fact("application.state", "string", "申请状态"),
    Fact("application.kind", "string", "申请类型"),
    Fact("application.created_at", "date and time", "提交时间"),
    Fact("application.reason", "string", "退回或拒绝的原因", "sealed"),
    Fact("asked.amount", "number", "申请金额（元）", "sealed"),
    Fact("asked.valid_to", "date and time", "申请延期至", "sealed"),
    Fact("guarantee.no", "string", "保函编号"),
    Fact("guarantee.state", "string", "保函状态", words=words(GuaranteeState), lasting=_over),
    Fact("guarantee.in_force", "boolean", "保函生效中", lasting=_over),
    Fact("guarantee.expired", "boolean", "保函有效期已过", lasting=_expired),
    Fact("guarantee.busy", "boolean", "另有申请正在办理"),
    Fact("guarantee.amount", "number", "担保金额（元）", "sealed"),
    Fact("guarantee.balance", "number", "保函余额（元）", "sealed"),
    Fact("guarantee.premium", "number", "保费（元）", "sealed"),
    Fact("guarantee.issued_at", "date and time", "出函时间"),
    Fact("guarantee.valid_to", "date and time", "保函有效期至", "sealed"),
    Fact("guarantee.independent", "boolean", "独立保函"),
    Fact("lot.state", "string", "标段状态", "sealed", words=words(LotState)),
    Fact("lot.ended", "boolean", "标段已终止或流标", "sealed", lasting=_ended),
    Fact("lot.opened", "boolean", "已收到开标通知", "sealed", lasting=_opened),
    Fact("lot.opening_passed", "boolean", "已开标或已到开标时间", "sealed", lasting=_opened),
    Fact("lot.opening_at", "date and time", "开标时间", "sealed"),
    Fact("lot.bid_deadline", "date and time", "投标截止时间", "sealed"),
    Fact("lot.changed_after_issue", "boolean", "出函后项目有变更", "sealed"),
    Fact("lot.awarded", "boolean", "标段已定标", "sealed"),
    Fact("lot.needed_until", "date and time", "保函至少应有效至", "sealed"),
    Fact("lot.gap_days", "number", "有效期不足的天数", "sealed"),
    Fact("institution.code", "string", "机构编号"),
    Fact("institution.kind", "string", "机构类型", words=words(InstitutionKind), lasting=lambda facts: True),
    Fact("institution.online", "boolean", "机构已上线"),
)

SUBJECT = Subject(
    kind="application",
    title="保函业务申请",
    facts=lambda no: ApplicationFacts(no).readers(),
    fields=FACTS,
    policies=tuple(kind.value for kind in Kind),
    link=lambda no: f"/applications/{no}",
    panel=panel,
    hidden=lambda no: _hidden(secrets.find(no).guarantee_no),
)

GUARANTEE = Subject(
    kind="guarantee",
    title="保函",
    facts=lambda no: GuaranteeFacts(no).readers(),
    fields=tuple(fact for fact in FACTS if fact.name.partition(".")[0] in ("guarantee", "lot", "institution")),
    policies=("unsealing",),
    link=lambda no: f"/guarantees/{no}",
    hidden=_hidden,
)
LOT_EVENT = Subject(
    kind="lot_event",
    title="标段变更",
    facts=lambda key: {
        "lot": lambda: lot_facts(projects.get(key.partition(":")[0])),
        "event": lambda: lot_changes.kind_of(key),
    },
    fields=(*LOT_FACTS, Fact("event", "string", "发生了什么", words=EVENTS, lasting=lambda facts: True)),
    panel=lot_panel.panel,
    policies=("lot_change",),
    link=lambda key: f"/lots/{key.partition(':')[0]}",
)
OTHER_SUBJECTS = (GUARANTEE, LOT_EVENT)
