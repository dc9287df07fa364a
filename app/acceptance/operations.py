"""The acceptance test for diagrams."""

from typing import Any

from app.acceptance import running
from app.acceptance.models import Cause, RunState
from app.audit import SYSTEM
from app.institutions.cases import code_of
from app.runtime.operations import Field, OpContext, Operation

RUN = "acceptance/run"


def run(context: OpContext) -> dict[str, Any]:
    """The whole script against the endpoint of the case's institution; asked again after a crash, the same run."""
    found = running.run(code_of(context.key), key=context.idempotency, cause=Cause.ACCEPTANCE, by=SYSTEM, job=RUN)
    return {"passed": found.state == RunState.PASSED, "failed": found.failed, "report": found.no}


OPERATIONS = (
    Operation(
        RUN,
        run,
        title="接口验收",
        results=(
            Field("passed", "boolean", "全部通过"),
            Field("failed", "number", "未通过的项数"),
            Field("report", "string", "验收报告编号"),
        ),
        effects=("以测试流量调用机构的全部接口，生成验收报告",),
        simulate=lambda context: {"passed": True, "failed": 0, "report": "YS0"},
        outside=True,
    ),
)
