"""The runtime's own verbs, for diagrams."""

from collections.abc import Mapping

from app import calendar
from app.runtime.operations import Field, OpContext, Operation


def raise_incident(context: OpContext, message: str) -> None:
    """Show the operators something; the case goes on."""
    context.incident(message)


def deadlines(context: OpContext, working_days: Mapping[str, int]) -> dict[str, str]:
    """When so many working days are over, counted from now: the same names, with times."""
    return {name: calendar.working_days_after(context.now, int(n)).isoformat() for name, n in working_days.items()}


OPERATIONS = (
    Operation(
        "runtime/deadlines",
        deadlines,
        title="按工作日计算期限",
        simulate=deadlines,
        parameters=(Field("working_days", "context", "名称与工作日数"),),
        results=(Field("deadlines", "context", "名称与到期时间"),),
    ),
    Operation(
        "runtime/incident",
        raise_incident,
        title="登记事件，提醒运营人员",
        parameters=(Field("message", "string", "说明"),),
        effects=("登记事件",),
    ),
)
