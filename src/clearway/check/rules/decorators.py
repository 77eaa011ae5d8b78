"""Decorators of the project that ask what they are given: an `async def` and a `def` come out of them alike."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import FunctionV
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.program.values import Value, Values

ASKS = frozenset({"iscoroutinefunction", "is_async_callable", "is_coroutine_function"})


def takes_both(value: Value) -> bool:
    """Whether a decorator has a wrapper for coroutine functions and one for others, and chooses by what it is given."""
    if not isinstance(value, FunctionV) or value.function.is_async or isinstance(value.function.node, ast.Lambda):
        return False
    given = {parameter.arg for parameter in value.function.parameters}
    asks = any(
        isinstance(node, ast.If | ast.IfExp)
        and isinstance(node.test, ast.Call)
        and last_name(node.test.func) in ASKS
        and any(isinstance(argument, ast.Name) and argument.id in given for argument in node.test.args)
        for node in ast.walk(value.function.node)
    )
    inside = [child for child in ast.walk(value.function.node) if child is not value.function.node]
    kinds = {type(child) for child in inside if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)}
    return asks and len(kinds) == 2


def behind(program: Program, values: Values) -> Values:
    """The functions that wrappers of such decorators stand for; everything else as it is."""
    found: set[Value] = set()
    for value in values:
        found |= _behind(program, value)
    return frozenset(found)


def _behind(program: Program, value: Value) -> set[Value]:
    if not isinstance(value, FunctionV) or value.function.parent is None or value.frame is None:
        return {value}
    decorator = value.function.parent
    if value.frame.code is not decorator:
        return {value}
    if not takes_both(FunctionV(decorator, program.frames.parent(decorator))) or not decorator.parameters:
        return {value}
    inner = value.frame.argument(decorator.parameters[0].arg) or frozenset()
    functions: set[Value] = {each for each in inner if isinstance(each, FunctionV)}
    return functions if functions and all(isinstance(each, FunctionV) for each in inner) else {value}


def only_takes_both(program: Program, function: Function, plain: frozenset[str]) -> bool:
    """Whether all decorators of a helper are such ones, or change nothing."""
    if isinstance(function.node, ast.Lambda):
        return False
    frame = program.frames.parent(function)
    if function.owner is not None:
        frame = program.frames.of_class(function.owner, program.frames.parent(function.owner))
    for decorator, name in zip(function.node.decorator_list, function.decorators, strict=True):
        values = program.evaluate(decorator, frame)
        if name not in plain and not (values and all(map(takes_both, values))):
            return False
    return True
