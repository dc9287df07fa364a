"""What the engine may answer instead of a step. After any of them the case in memory is to be thrown away."""

from collections.abc import Sequence

from app.errors import AppError, Conflict
from app.runtime.elements import Element, Finding


class NotWaiting(Conflict):
    """The token is gone, or does not wait for this."""

    code = "not_waiting"

    def __init__(self, token: str):
        super().__init__("该事项已办结或已变化，请刷新后查看", token=token)


class Stuck(AppError):
    """The diagram cannot go on at this shape; an incident for an operator. `reason` is Chinese."""

    status = 500
    code = "stuck"

    def __init__(self, element: Element, reason: str, **facts: object):
        super().__init__(f"流程停在“{element.label}”：{reason}", element=element.id, **facts)
        self.element = element
        self.reason = reason


class Refused(AppError):
    """Diagrams, or a move or swap, that cannot be carried out; `findings` name the shapes."""

    status = 422
    code = "refused"

    def __init__(self, findings: Sequence[Finding]):
        super().__init__("；".join(f"“{f.element_name}”：{f.message}" for f in findings), count=len(findings))
        self.findings = list(findings)


class BpmnError(Exception):
    """Raised by an operation to leave through its error boundary event; Stuck if none is drawn for `code`."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code
