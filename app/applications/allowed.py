"""What may be done with a guarantee now, and why not: the live policies' own tables, asked before anything is sent."""

from app.applications.models import Kind
from app.applications.subject import GuaranteeFacts
from app.runtime import conditions
from app.runtime.conditions import Verdict


def verdict(guarantee_no: str, kind: Kind) -> Verdict:
    """Asks the decision `<kind>_eligibility` of the live policy."""
    return conditions.ask(kind.value, f"{kind.value}_eligibility", GuaranteeFacts(guarantee_no).at)
