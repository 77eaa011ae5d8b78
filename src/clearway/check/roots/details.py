"""What a registration says beside its function: path, methods, prefix, dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    ConstantV,
    ListV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
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
    return frozenset(ConstantV(method) for method in sorted(found)) or frozenset({ConstantV("GET")})


def _opened(value: Value) -> Values:
    if isinstance(value, ListV):
        return value.element
    if isinstance(value, TupleV):
        return frozenset().union(*value.items)
    return frozenset({value})
