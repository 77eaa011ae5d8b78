"""What registers something by the looks of its text: where no import runs it, or nobody knows the router."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from clearway.check.roots.details import HTTP_METHODS
from clearway.check.source.syntax import last_name, walk

if TYPE_CHECKING:
    from clearway.check.program.code import Module

REGISTERING = frozenset(
    {"add_api_route", "add_route", "include_router", "mount", "add_middleware", "middleware", "exception_handler"}
    | {"add_exception_handler", "on_event", "add_event_handler", "websocket", "websocket_route", "api_route"}
    | {"add_websocket_route", "add_api_websocket_route", "FastAPI", "APIRouter", "Starlette", "Router"}
)
_REGISTERING = re.compile(r"\b(" + "|".join(sorted(REGISTERING)) + r")\b")


def may_register(module: Module) -> bool:
    """Whether a module's text has the name of anything that registers."""
    return _REGISTERING.search(module.source.text) is not None


def registers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function's own text registers something."""
    for inner in walk(node):
        if isinstance(inner, ast.Call) and last_name(inner.func) in REGISTERING:
            return True
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner is not node:
            for decorator in inner.decorator_list:
                if isinstance(decorator, ast.Call) and last_name(decorator.func) in HTTP_METHODS:
                    return True
    return False


def route_path(decorator: ast.expr) -> str | None:
    """The path of a decorator that looks like a route's."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute) or not decorator.args:
        return None
    if decorator.func.attr not in (*HTTP_METHODS, "websocket"):
        return None
    first = decorator.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] in ("/", ""):
        return first.value
    return None
