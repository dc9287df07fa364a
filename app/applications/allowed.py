"""What may be done with a guarantee now, and why not: the live policies' own tables, asked before anything is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import clock
from app.applications.models import Kind
from app.applications.subject import GuaranteeFacts
from app.errors import AppError
from app.runtime import definitions


@dataclass(frozen=True)
class Action:
    """`why` is the table's reason where it says no; `opens_at` the moment it says yes, if the table names one."""

    kind: Kind
    open: bool
    why: str = ""
    opens_at: datetime | None = None


def actions(guarantee_no: str, kinds: tuple[Kind, ...]) -> list[Action]:
    return [action(guarantee_no, kind) for kind in kinds]


def action(guarantee_no: str, kind: Kind) -> Action:
    """Asks the decision `<kind>_eligibility` of the live policy."""
    facts = {name: read() for name, read in GuaranteeFacts(guarantee_no).readers().items()}
    name = f"{kind.value}_eligibility"
    try:
        model = definitions.live(kind.value).definition.models[name]
        verdict: dict[str, Any] = model.evaluate(name, facts, now=clock.now())
    except AppError as error:
        return Action(kind, False, error.message)
    if verdict["accepted"]:
        return Action(kind, True)
    return Action(kind, False, verdict["reason"], verdict.get("opens_at"))
