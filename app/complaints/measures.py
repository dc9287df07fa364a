"""What a finding may set going against the institution."""

from app.complaints import filing
from app.institutions import catalogue
from app.runtime.operations import OpContext


def propose_offline(context: OpContext, grounds: str) -> None:
    """Ask the operators to take the institution offline; who complained is not said."""
    institution = catalogue.get(filing.find(context.key).institution)
    context.incident(f"投诉{context.key}核实后提请将“{institution.name}”下线：{grounds}")
