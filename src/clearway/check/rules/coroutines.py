"""Whether a call gives a coroutine: something that does nothing until it is awaited."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.engine import Span
from clearway.check.program.resolution.definitions import PLAIN
from clearway.check.program.values import (
    ConstantV,
    CoroutineV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    PartialV,
    Value,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.rules.places import read_libraries
from clearway.check.source.syntax import last_name, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program

KEEP_COROUTINES = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "route", "middleware"}
    | {"exception_handler", "on_event", "retry", "on_exception", "on_predicate", "cached", "alru_cache", "limit"}
)
"""Decorators of libraries that leave an `async def` an `async def`, by their last name."""
ALSO_COROUTINES = frozenset({"asyncio.wait_for", "asyncio.wait"})
"""Of these, library data says what awaiting them gives, not that they must be awaited."""
AWAITABLE = frozenset({"Coroutine", "Awaitable", "Task", "Future"})
ITERATED = frozenset({"AsyncIterator", "AsyncIterable", "AsyncGenerator"})


@dataclass(frozen=True, slots=True)
class Made:
    """What makes a coroutine."""

    name: str
    """As a finding's chain names it."""
    text: str
    """As the code writes it."""
    of_project: bool
    """We see its `async def`: nothing about its result is in doubt."""


def coroutine_made(program: Program, call: ast.Call, frame: Frame) -> Made | None:
    """What this call makes where it certainly makes a coroutine."""
    callees = [value for value in program.evaluate(call.func, frame) if value != ConstantV(None)]
    if not callees:
        callees = list(targets_of_graph(program, call, frame))
    if not callees or not all(_is_coroutine_function(program, callee) for callee in callees):
        return None
    first = min(callees, key=_name)
    return Made(_name(first), written(call), not any(isinstance(callee, ExternalV) for callee in callees))


def coroutine_names(program: Program) -> frozenset[str]:
    """The names by which code can call what makes coroutines: a call with another name need not be looked at."""
    names: set[str] = set()
    for module in program.modules.project:
        for function in module.functions.values():
            if function.is_async:
                names.add(function.name)
                if function.name == "__call__" and function.owner is not None:
                    names.update(_instances_named(program, function.owner.name))
    read_libraries(program)
    names |= program.library.coroutine_names()
    names |= {name.rpartition(".")[2] for name in ALSO_COROUTINES}
    names |= {
        function.name
        for module in program.modules.project
        for function in module.functions.values()
        if (returned := _returned_at_once(function)) is not None and last_name(returned) in names
    }
    return frozenset(names | _aliases(program, names))


def _instances_named(program: Program, cls: str) -> set[str]:
    """Names that module-level objects of a class have."""
    return {
        name
        for module in program.modules.project
        for name, bindings in module.scope.bindings.items()
        for binding in bindings
        if isinstance(binding.node, ast.Call) and last_name(binding.node.func) == cls
    }


def _aliases(program: Program, names: set[str]) -> set[str]:
    """Names that imports give them: `from mail import send as notify`."""
    return {
        name
        for module in program.modules.project
        for name, bindings in module.scope.bindings.items()
        if any(binding.member in names for binding in bindings)
    }


def targets_of_graph(program: Program, call: ast.Call, frame: Frame) -> Iterable[Value]:
    """The functions that the engine resolves a call to."""
    module = frame.module
    if program.graph is None or call.end_lineno is None or call.end_col_offset is None:
        return
    span = Span(call.lineno, call.col_offset, call.end_lineno, call.end_col_offset)
    for target in program.graph.calls(module.path, span):
        function = program.modules.function_at(target.path, target.line, target.name)
        # A target that cannot be found again may be anything.
        yield FunctionV(function, program.frames.parent(function)) if function is not None else ExternalV("")


def _is_coroutine_function(program: Program, callee: Value) -> bool:
    match callee:
        case FunctionV(function=function):
            if not function.is_async:
                return _hands_coroutine_back(program, callee)
            return not function.is_generator and not _is_declared_iterator(function) and _is_kept(program, callee)
        case PartialV(function=inner):
            return _is_coroutine_function(program, inner)
        case InstanceV():
            methods = program.attributes.instance(callee, "__call__")
            return bool(methods) and all(
                isinstance(method, FunctionV) and method.function.is_async and _is_coroutine_function(program, method)
                for method in methods
            )
        case ExternalV(name=name):
            return program.library.is_coroutine_function(name) or program.library.canonical(name) in ALSO_COROUTINES
        case _:
            return False


def _hands_coroutine_back(program: Program, callee: FunctionV) -> bool:
    """A `def` that does nothing but return a coroutine."""
    if _returned_at_once(callee.function) is None:
        return False
    values = program.returns(program.parameters.frame(callee, Arguments()))
    return bool(values) and all(isinstance(value, CoroutineV) for value in values)


def _returned_at_once(function: Function) -> ast.expr | None:
    """What a `def` returns that does nothing else."""
    node = function.node
    if function.is_async or isinstance(node, ast.Lambda) or node.decorator_list or len(node.body) > 2:
        return None
    before, last = node.body[:-1], node.body[-1]
    does_more = any(not isinstance(one, ast.Expr) or not isinstance(one.value, ast.Constant) for one in before)
    return None if does_more or not isinstance(last, ast.Return) else last.value


def _is_declared_iterator(function: Function) -> bool:
    """An abstract `async def` without `yield` that stands for async generators."""
    return not isinstance(function.node, ast.Lambda) and mentions(function.node.returns, ITERATED)


def mentions(annotation: ast.expr | None, names: frozenset[str]) -> bool:
    """Whether an annotation, be it a string, has one of these names in it."""
    if annotation is None:
        return False
    text = ast.unparse(annotation)
    return any(name in text for name in names)


def _is_kept(program: Program, callee: FunctionV) -> bool:
    """Whether its decorators leave it the coroutine function that it is written as."""
    function = callee.function
    assert not isinstance(function.node, ast.Lambda)
    outside = callee.frame or program.frames.parent(function)
    itself = frozenset({FunctionV(function, outside)})
    for decorator in function.node.decorator_list:
        name = last_name(decorator)
        if name in PLAIN or name in KEEP_COROUTINES:
            continue
        outcomes = [
            program.calls.apply(value, Arguments((itself,)), decorator, outside)
            for value in program.evaluate(decorator, outside)
        ]
        values = [value for outcome in outcomes for value in outcome.values]
        if not any(isinstance(value, FunctionV) and value.function is function for value in values):
            return False
    return True


def _name(callee: Value) -> str:
    match callee:
        case FunctionV(function=function):
            return function.id
        case ExternalV(name=name):
            return name
        case PartialV(function=inner):
            return _name(inner)
        case InstanceV(cls=cls):
            return f"{cls.id}.__call__"
        case _:
            return type(callee).__name__
