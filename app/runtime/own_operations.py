"""The runtime's own verbs, for diagrams."""

from app.runtime.operations import Field, OpContext, Operation


def raise_incident(context: OpContext, message: str) -> None:
    """Show the operators something; the case goes on."""
    context.incident(message)


OPERATIONS = (
    Operation(
        "runtime/incident",
        raise_incident,
        title="登记事件，提醒运营人员",
        parameters=(Field("message", "string", "说明"),),
        effects=("登记事件",),
    ),
)
