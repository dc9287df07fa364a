"""What may be done with a guarantee now, and why not: the live policies' own tables, asked before anything is sent."""

from datetime import datetime
from typing import Any

from app import clock, rules
from app.applications.models import Kind
from app.applications.subject import GuaranteeFacts
from app.runtime import conditions, definitions
from app.runtime.conditions import Verdict


def verdict(guarantee_no: str, kind: Kind) -> Verdict:
    """Asks the decision `<kind>_eligibility` of the live policy."""
    return conditions.ask(kind.value, f"{kind.value}_eligibility", GuaranteeFacts(guarantee_no).at)


def prefilled(guarantee_no: str, kind: Kind) -> dict[str, Any]:
    """What the decision `<kind>_prefill` of the live policy, if it has one, answers for the applicant: the form's keys.

    A moment stands for its day in China: an extension lasts till the end of the day that is asked for.
    """
    model = definitions.live(kind.value).definition.models.get(f"{kind.value}_prefill")
    if model is None:
        return {}
    now = clock.now()
    try:
        told: Any = model.evaluate(f"{kind.value}_prefill", GuaranteeFacts(guarantee_no).at(now), now=now)
    except rules.RuleError:
        return {}
    return {key: _day(value) for key, value in told.items() if value is not None} if isinstance(told, dict) else {}


def _day(value: Any) -> Any:
    return clock.local(value).date().isoformat() if isinstance(value, datetime) else value
