"""Applying a function value to arguments, given by position or by name."""

from __future__ import annotations

from . import syntax
from .bounds import Run
from .failures import Failed
from .kinds import Unfit, coerce
from .signatures import invoke
from .values import Builtin, Function, Value, told


def apply(
    function: Function | Builtin,
    arguments: list[Value],
    names: tuple[str, ...],
    run: Run,
    place: syntax.Place,
) -> Value:
    """Call a function value; null and a note if the arguments do not fit."""
    run.enter()
    try:
        if type(function) is Builtin:
            return invoke(function, arguments, names, run)
        return _apply_own(function, arguments, names, run)  # type: ignore[arg-type]
    except Failed as failure:
        return run.failed(place, failure)
    except (ArithmeticError, ValueError):
        return run.null(place, "arithmetic", op=function.name)
    finally:
        run.depth -= 1


def _apply_own(function: Function, arguments: list[Value], names: tuple[str, ...], run: Run) -> Value:
    formals = function.parameters
    if names:
        given = dict(zip(names, arguments, strict=True))
        if given.keys() - {formal.name for formal in formals}:
            raise _wrong_arguments(function)
        arguments = [given.get(formal.name) for formal in formals]
    elif len(arguments) != len(formals):
        raise _wrong_arguments(function)
    fitting = []
    for formal, argument in zip(formals, arguments, strict=True):
        try:
            fitting.append(coerce(argument, formal.type))
        except Unfit:
            raise Failed(
                "argument_type",
                name=function.name or "function",
                parameter=formal.name,
                expected=formal.type.said,
                found=told(argument),
            ) from None
    return function.call(fitting, run)


def _wrong_arguments(function: Function) -> Failed:
    expected = ", ".join(formal.name for formal in function.parameters)
    return Failed("arguments", name=function.name or "function", expected=expected or "()")
