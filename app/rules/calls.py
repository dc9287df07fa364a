"""Functions: written in the text, called by position or by name."""

from __future__ import annotations

from collections.abc import Sequence

from . import syntax
from .application import apply
from .bounds import Run, Scope
from .code import Code, Surroundings, codes, known_type, look_up, make, visible
from .failures import Failed, nearest
from .kinds import ANY, Type, static_type
from .values import Builtin, Function, Parameter, Value, told


@codes(syntax.Call)
def _call(node: syntax.Call, around: Surroundings) -> Code:
    callee = make(node.function, around)
    arguments = [make(argument, around) for argument in node.arguments]
    names, place = node.names, node.place
    shown = node.function.name if isinstance(node.function, syntax.Name) else ""
    within = around.local

    def call(scope: Scope) -> Value:
        run = scope.run
        function = look_up(scope, shown, place) if shown and within else callee(scope)
        if type(function) not in (Builtin, Function):
            if run.notes is not None:
                near = nearest(shown, visible(scope)) if shown else nearest("", ())
                run.null(place, "not_function", name=shown or told(function), nearest=near)
            return None
        return apply(function, [argument(scope) for argument in arguments], names, run, place)

    return call


@codes(syntax.FunctionLiteral)
def _function(node: syntax.FunctionLiteral, around: Surroundings) -> Code:
    formals = [(one.name, known_type(one.type, around) if one.type else None) for one in node.parameters]
    result = static_type(node.body, around.types)
    return function_code(formals, make(node.body, around.inner()), node.external, None if result is ANY else result)


def function_code(
    formals: Sequence[tuple[str, Type | None]], body: Code, external: bool, result: Type | None, name: str = ""
) -> Code:
    """A function value that remembers the scope it is made in."""
    names = [formal for formal, _ in formals]
    parameters = tuple(Parameter(*formal) for formal in formals)

    def build(scope: Scope) -> Value:
        def call(arguments: list[Value], run: Run) -> Value:
            if external:
                raise Failed("external")
            return body(Scope(dict(zip(names, arguments, strict=True)), scope, run))

        return Function(name, parameters, call, result)

    return build
