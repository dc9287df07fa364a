"""What the trading platform tells: a lot as it now is (C1), and what happened to it (C2)."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from app import clock, sealing
from app.audit import Actor, record
from app.db import db, insert_new
from app.errors import BadInput, Conflict, NotFound
from app.projects import grams
from app.projects.models import EventKind, Lot, LotEvent, LotState, Project
from app.regions import REGIONS
from app.states import move

on_event: list[Callable[[Lot, LotEvent], None]] = []
"""Called in the transaction of every new event, after the lot has changed; subscribers post jobs."""

on_lot: list[Callable[[Lot], None]] = []
"""Called in the transaction that enters a lot or changes it."""

NEXT = {
    EventKind.SUSPENDED: LotState.SUSPENDED,
    EventKind.RESUMED: LotState.OPEN,
    EventKind.TERMINATED: LotState.TERMINATED,
    EventKind.FAILED: LotState.FAILED,
    EventKind.OPENED: LotState.OPENED,
}


class LotOpened(Conflict):
    code = "lot_opened"


class VersionReused(Conflict):
    code = "duplicate"


def upsert(no: str, values: Mapping[str, Any], *, by: Actor) -> Lot:
    """Make lot `no` what `values` (the message C1, times aware, money in fen) say, if their version is newer.

    An older version, or the same one again, changes nothing; the same version with another content is a conflict.
    Locks the lot.
    """
    prefecture = _prefecture(values["region"])
    project = _project(values["project"])
    columns = _columns(values) | {"prefecture": prefecture, "project_id": project.id}
    columns["digest"] = hashlib.sha256(orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS)).hexdigest()
    columns["search_text"] = grams.searchable(columns["name"], project.name)
    sealing.prepare(no)
    if insert_new(Lot, no=no, state=LotState.OPEN, state_reason="", **columns):
        lot = locked(no)
        grams.replace(lot)
        record(no, "标段登记", by=by, version=lot.version)
        return _told(lot)
    lot = locked(no)
    if columns["version"] < lot.version:
        return lot
    if columns["version"] == lot.version:
        if columns["digest"] != lot.digest:
            raise VersionReused("该版本号已用于其他内容，请递增版本号", no=no, version=lot.version)
        return lot
    _still_changes(lot)
    for name, value in columns.items():
        setattr(lot, name, value)
    grams.replace(lot)
    record(no, "标段变更", by=by, version=lot.version)
    return _told(lot)


def apply_event(
    no: str, *, event_id: str, kind: str, at: datetime, by: Actor, version: int | None = None, reason: str = ""
) -> LotEvent:
    """Enter an event once, move the lot, tell the subscribers. Locks the lot."""
    lot, event_kind = locked(no), EventKind(kind)  # type: ignore[call-arg]
    known = db.session.scalar(select(LotEvent).where(LotEvent.lot_no == no, LotEvent.event_id == event_id))
    if known is not None:
        if (known.kind, known.at) != (kind, at):
            raise VersionReused("该事件编号已用于其他事件", no=no, event=event_id)
        return known
    if version is not None and version > lot.version:
        raise Conflict(f"尚未收到标段的第 {version} 版信息，请先推送", no=no, version=lot.version)
    if event_kind is EventKind.OPENED:
        _may_open(lot, at)
        lot.opened_at = at
    if target := NEXT.get(event_kind):
        move(lot, target, by=by)
        lot.state_reason = reason
    event = LotEvent(
        lot_no=no,
        event_id=event_id,
        kind=kind,
        at=at,
        version=lot.version,
        reason=reason,
        received_at=clock.now(),
    )
    db.session.add(event)
    db.session.flush()
    for subscriber in on_event:
        subscriber(lot, event)
    return event


def _told(lot: Lot) -> Lot:
    for subscriber in on_lot:
        subscriber(lot)
    return lot


def locked(no: str) -> Lot:
    lot = db.session.scalar(
        select(Lot).where(Lot.no == no).with_for_update(of=Lot).execution_options(populate_existing=True)
    )
    if lot is None:
        raise NotFound("标段不存在", no=no)
    return lot


def hold(no: str) -> None:
    """Let nothing happen to the lot before the caller's transaction is over; others may hold it too."""
    db.session.execute(select(Lot.id).where(Lot.no == no).with_for_update(read=True))


def _may_open(lot: Lot, at: datetime) -> None:
    """Opening unlocks identities: neither the event nor our clock may stand before the bid deadline."""
    if min(at, clock.now()) < lot.bid_deadline:
        raise BadInput(fields={"at": "开标时间早于投标截止时间"}, no=lot.no)
    if at > clock.now():
        raise BadInput(fields={"at": "开标时间尚未到"}, no=lot.no)


def _still_changes(lot: Lot) -> None:
    if lot.opened_at is not None:
        raise LotOpened("标段已开标，不能再变更", no=lot.no)
    state = LotState(lot.state)  # type: ignore[call-arg]
    if state not in (LotState.OPEN, LotState.SUSPENDED):
        raise Conflict(f"标段{state.label}，不能再变更", no=lot.no)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    agent = values.get("agent") or {}
    same = ("version", "name", "region", "category", "bid_deadline", "opening_at", "bid_validity_days")
    return {name: values[name] for name in same} | {
        "number": values["lot_no"],
        "estimate_fen": values["estimate"],
        "bond_fen": values["bond_amount"],
        "tenderer_uscc": values["tenderer"]["uscc"],
        "tenderer_name": values["tenderer"]["name"],
        "agent_uscc": agent.get("uscc"),
        "agent_name": agent.get("name"),
        "sealed": values.get("sealed", True),
        "notice_url": values.get("notice_url"),
        "updated_at": clock.now(),
    }


def _project(values: Mapping[str, Any]) -> Project:
    """The project, named as the newest word says; its lots are found by that name."""
    insert_new(Project, no=values["project_no"], name=values["name"])
    project = db.session.scalars(
        select(Project)
        .where(Project.no == values["project_no"])
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if project.name != values["name"]:
        project.name = values["name"]
        for lot in db.session.scalars(select(Lot).where(Lot.project_id == project.id)):
            lot.search_text = grams.searchable(lot.name, project.name)
            grams.replace(lot)
    return project


def _prefecture(region: str) -> str:
    """430102 (芙蓉区) belongs to 430100 (长沙)."""
    prefecture = f"{region[:4]}00"
    if prefecture not in REGIONS:
        raise BadInput(fields={"region": "不是本省的行政区划代码"})
    return prefecture
