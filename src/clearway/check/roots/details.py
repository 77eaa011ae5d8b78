"""What a registration says beside its function: path, methods, prefix, dependencies."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    ConstantV,
    Frame,
    ListV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from clearway.check.program.models.models import Models
    from clearway.check.program.values.arguments import Arguments


HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
APPS = ("fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette", "starlette.routing.Router")


def said(**values: Values) -> tuple[tuple[str, Values], ...]:
    """Those of these that the call says anything of."""
    return tuple((name, held) for name, held in values.items() if held)


def methods_of(name: str, arguments: Arguments) -> Values:
    """The HTTP methods of a route, by the name of what registers it, else by its argument."""
    if name in HTTP_METHODS:
        return frozenset({ConstantV(name.upper())})
    found = {
        value.value.upper()
        for values in arguments.named("methods")
        for value in _opened(values)
        if isinstance(value, ConstantV) and isinstance(value.value, str)
    }
    unknown = "?" if arguments.named("methods") else "GET"
    return frozenset(ConstantV(method) for method in sorted(found)) or frozenset({ConstantV(unknown)})


def path_of(models: Models, arguments: Arguments, node: ast.AST, frame: Frame) -> Values:
    """The path; of a parameter that nobody gives what it has without."""
    values = arguments.at(0, "path")
    known = any(isinstance(value, ConstantV) for value in values)
    if known or not isinstance(node, ast.Call) or not isinstance(frame.code, Function):
        return values
    named = next((keyword.value for keyword in node.keywords if keyword.arg == "path"), None)
    written = node.args[0] if node.args else named
    default = frame.code.defaults.get(written.id) if isinstance(written, ast.Name) else None
    parent = models.program.frames.parent(frame.code)
    return values if default is None or parent is None else models.program.evaluate(default, parent)


def _opened(value: Value) -> Values:
    if isinstance(value, ListV):
        return value.element
    if isinstance(value, TupleV):
        return frozenset().union(*value.items)
    return frozenset({value})
