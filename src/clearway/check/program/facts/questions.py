"""Whether a value is async: what `iscoroutinefunction` and its like answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    ClassV,
    ConstantV,
    CoroutineV,
    DictV,
    FunctionV,
    GeneratorV,
    InstanceV,
    ListV,
    OffloadedV,
    PartialV,
    TaskV,
    TupleV,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _is_async(value: Value) -> bool | None:
    match value:
        case FunctionV(function=function):
            return function.is_async and not function.is_generator
        case PartialV(function=inner):
            return _is_async(inner)
        case OffloadedV():
            return True
        case ClassV():
            return False
        case _:
            return None


def _is_coroutine_function(value: Value) -> bool | None:
    """`iscoroutinefunction` looks at functions only; an object with an async `__call__` is none."""
    return False if isinstance(value, InstanceV) else _is_async(value)


def _is_awaitable(value: Value) -> bool | None:
    match value:
        case CoroutineV() | TaskV():
            return True
        case GeneratorV() | InstanceV() | ClassV() | FunctionV() | ConstantV() | ListV() | DictV() | TupleV():
            return False
        case _:
            return None


def _is_generator(value: Value) -> bool | None:
    return isinstance(value, GeneratorV) and not getattr(value.frame.code, "is_async", False)


def _is_generator_function(value: Value) -> bool | None:
    if not isinstance(value, FunctionV):
        return None
    return value.function.is_generator and not value.function.is_async


def _is_async_generator_function(value: Value) -> bool | None:
    if not isinstance(value, FunctionV):
        return None
    return value.function.is_generator and value.function.is_async


QUESTIONS: dict[str, Callable[[Value], bool | None]] = {
    "iscoroutinefunction": _is_coroutine_function,
    "is_async_callable": _is_async,
    "is_coroutine_callable": _is_async,
    "is_coroutine_function": _is_async,
    "isawaitable": _is_awaitable,
    "iscoroutine": _is_awaitable,
    "isgenerator": _is_generator,
    "isgeneratorfunction": _is_generator_function,
    "isasyncgenfunction": _is_async_generator_function,
}
"""Tests by which code tells async functions from others, by their last name."""
