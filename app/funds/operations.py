"""The verbs of money that stands too long, for diagrams."""

from app.funds import watch
from app.runtime.operations import Field, Operation

OPERATIONS = (
    Operation(
        "funds/where",
        watch.where,
        title="查资金现在何处",
        results=(Field("still", "boolean", "仍未转出"),),
        simulate=lambda context: {"still": False},
    ),
    Operation(
        "funds/settle",
        watch.settle,
        title="登记滞留资金的核查结果",
        parameters=(
            Field("outcome", "string", "结果：moved、explained"),
            Field("note", "string", "核实情况", False),
        ),
        effects=("滞留资金：待核实→已转出、已查明",),
    ),
)
