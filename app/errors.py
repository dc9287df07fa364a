"""The one small tree of errors. Rules raise; only the web and gateway edges and the worker translate."""

from collections.abc import Mapping


class AppError(Exception):
    """Something a person or a caller can be told. `message` is Chinese, for people; `code` is for machines."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, **facts: object):
        super().__init__(message)
        self.message = message
        self.facts = facts


class BadInput(AppError):
    """Wrong input; `fields` maps a field's key to what is wrong with it."""

    status = 422
    code = "bad_input"

    def __init__(self, message: str = "请更正下列内容", *, fields: Mapping[str, str] | None = None, **facts: object):
        super().__init__(message, **facts)
        self.fields = dict(fields or {})


class NotFound(AppError):
    status = 404
    code = "not_found"


class Forbidden(AppError):
    status = 403
    code = "forbidden"


class Confidential(Forbidden):
    """Asked before opening (招标投标法 art. 22); protocol code 4003."""

    code = "confidential"


class Conflict(AppError):
    """The thing is no longer in the state the caller believed."""

    status = 409
    code = "conflict"


class IllegalMove(Conflict):
    """A state was asked to become one it may never follow."""

    code = "illegal_move"


class Unavailable(AppError):
    """Can't be done now; a job retries it."""

    status = 503
    code = "unavailable"


class TooMany(AppError):
    """Asked too often; `facts["retry_after"]`: seconds until it may be asked again."""

    status = 429
    code = "too_many"


class Misconfigured(AppError):
    """The installation is incomplete; a process says so and does not start."""

    status = 500
    code = "misconfigured"
