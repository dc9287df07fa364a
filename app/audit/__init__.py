"""The audit trail: who did what to which number, when; its lines chained by hash, so that none is changed unseen."""

from app.audit.lines import SYSTEM, Actor, AuditLine, record

__all__ = ["SYSTEM", "Actor", "AuditLine", "record"]
