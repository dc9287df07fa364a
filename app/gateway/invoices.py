"""A11 for diagrams: an invoice or a credit note is asked for; the institution answers by B8 or on the desk."""

from collections.abc import Mapping
from typing import Any

from app.gateway import lines
from app.gateway.applications import RESULTS
from app.gateway.outgoing import refused, request_id
from app.invoices import outgoing
from app.protocol.calls import A11
from app.protocol.codes import Code
from app.runtime.operations import OpContext, Operation


def invoice(context: OpContext) -> dict[str, Any]:
    return _ask(context, outgoing.institution_of_invoice(context.key), outgoing.invoice_payload(context.key))


def credit_note(context: OpContext) -> dict[str, Any]:
    return _ask(context, outgoing.institution_of_credit_note(context.key), outgoing.credit_payload(context.key))


def _ask(context: OpContext, institution: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """One that is already there was received."""
    answer = lines.ask(institution, A11, body, request_id=request_id(context, A11))
    return {"accepted": True} if answer.ok or answer.code == Code.DUPLICATE else refused(answer)


OPERATIONS = tuple(
    Operation(
        f"gateway/{run.__name__}",
        run,
        title=title,
        results=RESULTS,
        effects=("机构收到申请",),
        simulate=lambda context: {"accepted": True},
        outside=True,
    )
    for run, title in ((invoice, "把开票申请发给机构"), (credit_note, "请机构开具红字发票"))
)
