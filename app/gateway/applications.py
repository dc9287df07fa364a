"""A7–A10 for diagrams: an application on a guarantee reaches its institution, which decides by B5–B9 or on the desk."""

from typing import Any

from app.applications import outgoing
from app.gateway import lines
from app.gateway.outgoing import refused, request_id
from app.protocol.calls import A7, A8, A9, A10, Call
from app.protocol.codes import Code
from app.runtime.operations import Field, OpContext, Operation


def _ask(context: OpContext, call: Call) -> dict[str, Any]:
    """One that is already there was received."""
    body = outgoing.payload(context.key)
    institution, guarantee = outgoing.institution_of(context.key), outgoing.guarantee_of(context.key)
    answer = lines.ask(institution, call, body, request_id=request_id(context, call), guarantee_no=guarantee)
    return {"accepted": True} if answer.ok or answer.code == Code.DUPLICATE else refused(answer)


def extension(context: OpContext) -> dict[str, Any]:
    return _ask(context, A7)


def refund(context: OpContext) -> dict[str, Any]:
    return _ask(context, A8)


def cancellation(context: OpContext) -> dict[str, Any]:
    return _ask(context, A9)


def claim(context: OpContext) -> dict[str, Any]:
    return _ask(context, A10)


RESULTS = (
    Field("accepted", "boolean", "机构是否收到"),
    Field("code", "string", "拒绝代码", required=False),
    Field("reason", "string", "拒绝原因", required=False),
)

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
    for run, title in (
        (extension, "把延期申请发给机构"),
        (refund, "把退保申请发给机构"),
        (cancellation, "把注销申请发给机构"),
        (claim, "把理赔申请发给机构"),
    )
)
