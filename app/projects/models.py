"""Projects, their lots, and what happened to a lot."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, Fen, UtcDateTime, db
from app.states import State

Ordered = String().with_variant(String(collation="C"), "postgresql")
"""Text compared byte by byte, so that a range of it finds a prefix."""


class LotCategory(State):
    WORKS = "works", "工程"
    GOODS = "goods", "货物"
    SERVICES = "services", "服务"
    SURVEY = "survey", "勘察"
    DESIGN = "design", "设计"
    PROCUREMENT = "procurement", "政府采购"
    LAND = "land", "土地竞买"
    MINING = "mining", "矿业权"
    PROPERTY = "property", "产权"


class LotState(State):
    OPEN = "open", "投标中"
    SUSPENDED = "suspended", "已暂停"
    TERMINATED = "terminated", "已终止"
    FAILED = "failed", "流标"
    OPENED = "opened", "已开标"


class EventKind(State):
    CHANGED = "CHANGED", "变更"
    SUSPENDED = "SUSPENDED", "暂停"
    RESUMED = "RESUMED", "恢复"
    TERMINATED = "TERMINATED", "终止"
    FAILED = "FAILED", "流标"
    OPENED = "OPENED", "开标"


S = LotState


class Project(db.Model):  # type: ignore[name-defined]
    """A tender or sale; `no` is the number people know it by."""

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(Ordered, unique=True)
    name: Mapped[str]


class Lot(db.Model):  # type: ignore[name-defined]
    """What is bid for (标段/标的). `no` is the trading platform's id, `number` what people know it by."""

    MOVES: ClassVar = {
        S.OPEN: {S.SUSPENDED, S.TERMINATED, S.FAILED, S.OPENED},
        S.SUSPENDED: {S.OPEN, S.TERMINATED, S.FAILED, S.OPENED},
        S.OPENED: {S.TERMINATED, S.FAILED},
    }
    __tablename__ = "lot"
    __table_args__ = (
        Index("ix_lot_open", "state", "bid_deadline", "id"),
        Index("ix_lot_open_region", "state", "prefecture", "bid_deadline", "id"),
        Index("ix_lot_open_category", "state", "category", "bid_deadline", "id"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(Ordered, unique=True)
    number: Mapped[str] = mapped_column(Ordered, index=True)
    version: Mapped[int]
    digest: Mapped[str]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str]
    search_text: Mapped[str]
    region: Mapped[str]
    prefecture: Mapped[str]
    category: Mapped[str]
    estimate_fen: Mapped[int] = mapped_column(Fen)
    bond_fen: Mapped[int] = mapped_column(Fen)
    bid_deadline: Mapped[Any] = mapped_column(UtcDateTime)
    opening_at: Mapped[Any] = mapped_column(UtcDateTime)
    opened_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    bid_validity_days: Mapped[int]
    tenderer_uscc: Mapped[str] = mapped_column(index=True)
    tenderer_name: Mapped[str]
    agent_uscc: Mapped[str | None] = mapped_column(index=True)
    agent_name: Mapped[str | None]
    sealed: Mapped[bool] = mapped_column(default=True)
    notice_url: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=S.OPEN)
    state_reason: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(lazy="joined")


class LotGram(db.Model):  # type: ignore[name-defined]
    """Two neighbouring characters of a lot's or its project's name: finds Chinese words on either database."""

    __tablename__ = "lot_gram"
    gram: Mapped[str] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(BigKey, ForeignKey("lot.id", ondelete="CASCADE"), primary_key=True, index=True)


class LotEvent(db.Model):  # type: ignore[name-defined]
    """One event of C2; `event_id` is the trading platform's, a repeated one has no second effect."""

    __tablename__ = "lot_event"
    __table_args__ = (UniqueConstraint("lot_no", "event_id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    lot_no: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[Any] = mapped_column(UtcDateTime)
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")
    received_at: Mapped[Any] = mapped_column(UtcDateTime)
