"""Whether an invoice may be asked for now, and why not: the live policy's own table, asked before anything is sent."""

from app.invoices.subject import OrderFacts
from app.runtime import conditions
from app.runtime.conditions import Verdict

POLICY = "invoice"


def verdict(order_no: str) -> Verdict:
    """Asks the decision `invoice_eligibility` of the live policy."""
    return conditions.ask(POLICY, "invoice_eligibility", OrderFacts(order_no).at)
