"""Which branches a frame takes, where code asks what it was given: `if iscoroutinefunction(f)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.modules import Function, last_name
from clearway.check.program.values import (
    ClassV,
    ConstantV,
    CoroutineV,
    DictV,
    Frame,
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
    from collections.abc import Callable, Sequence

    from clearway.check.program.program import Program


class Branches:
    """Leaves out what a test rules out."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def live(self, statements: Sequence[ast.AST], frame: Frame) -> list[ast.AST]:
        """Statements without the branches that a test such as `iscoroutinefunction(f)` rules out."""
        live: list[ast.AST] = []
        for statement in statements:
            taken = self._taken(statement, frame)
            if taken is None:
                live.append(statement)
                continue
            assert isinstance(statement, ast.If)
            live.append(statement.test)
            live.extend(self.live(taken, frame))
            if taken and isinstance(taken[-1], ast.Return | ast.Raise):
                break
        return live

    def _taken(self, statement: ast.AST, frame: Frame) -> Sequence[ast.stmt] | None:
        if not isinstance(statement, ast.If) or not isinstance(frame.code, Function):
            return None
        if not frame.code.asks_what_it_got and not frame.code.flags:
            return None
        decided = self.decided(statement.test, frame)
        if decided is None:
            return None
        return statement.body if decided else statement.orelse

    def decided(self, test: ast.expr, frame: Frame) -> bool | None:
        """Whether a test holds in this frame; None where that is open."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.decided(test.operand, frame)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            parts = [self.decided(part, frame) for part in test.values]
            if isinstance(test.op, ast.Or):
                return True if True in parts else None if None in parts else False
            return False if False in parts else None if None in parts else True
        if isinstance(test, ast.Name):
            return self._given(test.id, frame)
        if not isinstance(test, ast.Call) or len(test.args) != 1:
            return None
        asks = QUESTIONS.get(last_name(test.func))
        if asks is None:
            return None
        answers = {asks(value) for value in self._program.evaluate(test.args[0], frame)}
        return answers.pop() if len(answers) == 1 else None

    def _given(self, name: str, frame: Frame) -> bool | None:
        """Whether a flag is set, where every call that leads to this frame says so."""
        assert isinstance(frame.code, Function)
        values = frame.argument(name) if name in frame.code.flags else None
        answers = {bool(value.value) if isinstance(value, ConstantV) else None for value in values or ()}
        return answers.pop() if len(answers) == 1 else None


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


QUESTIONS: dict[str, Callable[[Value], bool | None]] = {
    "iscoroutinefunction": _is_coroutine_function,
    "is_async_callable": _is_async,
    "is_coroutine_callable": _is_async,
    "is_coroutine_function": _is_async,
    "isawaitable": _is_awaitable,
    "iscoroutine": _is_awaitable,
    "isgenerator": _is_generator,
    "isgeneratorfunction": _is_generator_function,
}
"""Tests by which code tells async functions from others, by their last name."""
