"""What wraps functions and objects, and gives them back: `partial`, `lru_cache`, context managers, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    ClassV,
    ExternalV,
    Frame,
    FunctionV,
    ModelV,
    PartialV,
    ShapeV,
)
from clearway.check.program.values.effects import Outcome

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments


def _same(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(arguments.at(0))


def _identity(_models: Models, _callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ModelV("identity")}))


def _cached(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`@lru_cache` and `@lru_cache(maxsize=8)`."""
    functions = frozenset(value for value in arguments.at(0) if isinstance(value, FunctionV | PartialV | ClassV))
    return Outcome(functions or frozenset({ModelV("identity")}))


def _partial(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    rest = arguments.after(1)
    made = frozenset(PartialV(function, rest.positional, rest.keywords) for function in arguments.at(0))
    return Outcome(made)


def _context_manager(
    _models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("context_manager", (("function", arguments.at(0)),))}))


def _enter(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`stack.enter_context(cm)`."""
    values = arguments.at(0)
    given = models.program.entered(values)
    if _callee.name.endswith("enter_async_context"):
        given = frozenset({ShapeV("await", given)})
    return Outcome(given, models.program.entering(values))


def _closing(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ShapeV("enter", arguments.at(0))}))


def _single_dispatch(
    _models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("singledispatch", (("function", arguments.at(0)),))}))


def _run_inside(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`contextvars.Context.run(f, *args)` calls f here."""
    return models.every(arguments.at(0), arguments.after(1), node, frame)


WRAPPING: dict[str, Model] = {
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "functools.wraps": _identity,
    "functools.lru_cache": _cached,
    "functools.cache": _cached,
    "functools.total_ordering": _same,
    "functools.singledispatch": _single_dispatch,
    "functools.singledispatchmethod": _single_dispatch,
    "contextlib.contextmanager": _context_manager,
    "contextlib.asynccontextmanager": _context_manager,
    "contextlib.ExitStack.enter_context": _enter,
    "contextlib.AsyncExitStack.enter_context": _enter,
    "contextlib.AsyncExitStack.enter_async_context": _enter,
    "contextlib.closing": _closing,
    "contextlib.aclosing": _closing,
    "contextlib.nullcontext": _closing,
    "contextvars.Context.run": _run_inside,
    "copy.copy": _same,
    "copy.deepcopy": _same,
    "typing.assert_type": _same,
    "dataclasses.replace": _same,
    "dataclasses.dataclass": _cached,
    "inspect.unwrap": _same,
    "weakref.proxy": _same,
}
