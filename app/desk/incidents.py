"""What the machine could not finish, as operators list and mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.db import db
from app.errors import BadInput
from app.jobs.models import FAILED, Job
from app.runtime import Catalogue, Field, Operation
from app.runtime.incidents import WORK
from app.runtime.models import OPEN, RESOLVED, RETRIED, SKIPPED, InboxMessage, Incident, Instance

PAGE = 50
STATES = (OPEN, RETRIED, SKIPPED, RESOLVED)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "date": (str,),
    "date and time": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "context": (dict,),
    "list": (list,),
}


@dataclass(frozen=True)
class Filters:
    """`status` is open unless the address says another; `all` is every one."""

    status: str = OPEN
    policy: str = ""
    kind: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        status, page = args.get("status", ""), args.get("page", "")
        return cls(
            status=status if status in (*STATES, "all") else OPEN,
            policy=args.get("policy", "")[:64],
            kind=args.get("kind", "")[:32],
            q=args.get("q", "").strip().upper()[:64],
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )


@dataclass(frozen=True)
class Page:
    rows: list[Incident]
    total: int
    pages: int
    statuses: dict[str, int]
    policies: dict[str, int]


@dataclass(frozen=True)
class Detail:
    """One incident with the work that failed and the case it belongs to, where there are such."""

    incident: Incident
    instance: Instance | None
    job: Job | None
    operation: Operation | None
    message: InboxMessage | None
    last_error: str

    @property
    def open(self) -> bool:
        return self.incident.status == OPEN

    @property
    def can_retry(self) -> bool:
        failed = self.job is not None and self.job.state == FAILED
        return self.open and (failed or self.incident.kind == "step" or self.put_by)

    @property
    def put_by(self) -> bool:
        """It is about a message whose path failed."""
        return self.message is not None and self.message.held and self.message.delivered_at is None

    @property
    def is_call(self) -> bool:
        return self.open and self.job is not None and self.job.kind == "call" and self.job.state == FAILED

    @property
    def payload(self) -> str:
        """What the call says, as JSON a person can read and change."""
        return _pretty(orjson.loads(self.job.payload)) if self.job is not None else ""

    @property
    def sample(self) -> str:
        """A result of the right shape to start from."""
        blank: dict[str, Any] = {"string": "", "number": 0, "boolean": True, "context": {}, "list": []}
        results = self.operation.results if self.operation is not None else ()
        return _pretty({field.name: blank.get(field.type, "") for field in results})


def page(filters: Filters) -> Page:
    query = _chosen(filters)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    rows = query.order_by(Incident.created_at.desc(), Incident.id.desc()).limit(PAGE)
    rows = rows.offset((min(filters.page, pages) - 1) * PAGE)
    return Page(list(db.session.scalars(rows)), total, pages, _counts(filters, "status"), _counts(filters, "policy"))


def detail(incident: Incident) -> Detail:
    instance = db.session.get(Instance, incident.instance_id) if incident.instance_id else None
    job = db.session.get(Job, incident.job_id) if incident.job_id and incident.kind in WORK else None
    catalogue: Catalogue = current_app.extensions["catalogue"]
    operation = catalogue.operations.get(job.name) if job is not None and job.kind == "call" else None
    told = db.session.get(InboxMessage, incident.job_id) if incident.job_id and incident.kind == "message" else None
    error = job.error if job is not None else None
    last_error = catalogue.struck(incident.policy, incident.key, error or "")  # others' words, which may name a bidder
    return Detail(incident, instance, job, operation, told, last_error)


def result(text: str, operation: Operation | None, *, field: str) -> Any:
    """JSON a person typed as an answer or a payload; raises BadInput saying what is wrong with it."""
    try:
        value = orjson.loads(text or "null")
    except orjson.JSONDecodeError as error:
        told = _("不是有效的 JSON（第 %(line)d 行）", line=error.lineno)
        raise BadInput(fields={field: told}) from error
    declared = () if operation is None else operation.results if field == "result" else operation.parameters
    if declared:
        _checked(value, declared, field)
    return value


def _checked(value: Any, declared: tuple[Field, ...], field: str) -> None:
    if not isinstance(value, dict):
        raise BadInput(fields={field: _("应为一个 JSON 对象：{…}")})
    known = {one.name: one for one in declared}
    for name in value:
        if name not in known:
            raise BadInput(fields={field: _("没有名为“%(name)s”的项", name=name)})
    for name, one in known.items():
        if one.required and value.get(name) is None:
            raise BadInput(fields={field: _("缺少“%(label)s”（%(name)s）", label=one.label, name=name)})
        kinds = TYPES.get(one.type)
        given = value.get(name)
        wrong = given is not None and kinds is not None and not isinstance(given, kinds)
        if wrong or (one.type == "number" and isinstance(given, bool)):
            told = _("“%(label)s”（%(name)s）的类型应为 %(type)s", label=one.label, name=name, type=one.type)
            raise BadInput(fields={field: told})


def _chosen(filters: Filters, but: str = "") -> Select[Incident]:
    query = select(Incident)
    if filters.status != "all" and but != "status":
        query = query.where(Incident.status == filters.status)
    if filters.policy and but != "policy":
        query = query.where(Incident.policy == filters.policy)
    if filters.kind:
        query = query.where(Incident.kind == filters.kind)
    if filters.q:
        query = query.where(Incident.key.startswith(filters.q, autoescape=True))
    return query


def _counts(filters: Filters, name: str) -> dict[str, int]:
    found = _chosen(filters, but=name).subquery()
    column = found.c[name]
    return {row[0]: row[1] for row in db.session.execute(select(column, func.count()).group_by(column))}


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
