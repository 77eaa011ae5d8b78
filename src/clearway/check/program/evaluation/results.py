"""What functions give: of the program by their bodies and annotations, of libraries by their data."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    MORE,
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ShapeV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.program import Program
    from clearway.check.sinks import Returned


DEEPEST_RESULT = 1000
"""Functions that return what functions return that … : what lies deeper is not known."""


class Results:
    """Follows functions to what they return and yield, each once a frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._returns: dict[Frame, Values] = {}
        self._yields: dict[Frame, Values] = {}
        self._busy: set[tuple[str, Frame]] = set()
        self._depth = 0
        self._circles = 0
        """How often a result was asked for that was being found: it is not known, and none that nobody knows."""

    def returns(self, frame: Frame) -> Values:
        """What a function returns, a coroutine's result included; from its body, else from its annotation."""
        known = self._returns.get(frame)
        if known is not None:
            return known
        key = ("returns", frame)
        function = frame.code
        if key in self._busy or not isinstance(function, Function) or self._depth >= DEEPEST_RESULT:
            self._circles += 1
            return UNKNOWN
        self._busy.add(key)
        self._depth += 1
        circles = self._circles
        try:
            found: Values = UNKNOWN
            open_ended = False
            for expression in self._program.steps_of.returned(function, frame):
                values = self._program.evaluate(expression, frame)
                open_ended = open_ended or not values
                found = self._program.union(found, values)
            annotated = self._annotated(function, frame)
            if open_ended and not annotated and circles == self._circles and any(map(_is_told_apart, found)):
                found |= {MORE}  # `return cls`, or what a name in the settings finds
        finally:
            self._depth -= 1
            self._busy.discard(key)
        # A constant (`return None`) beside an annotation says less than the annotation.
        telling = frozenset(value for value in found if not isinstance(value, ConstantV))
        if not telling or telling == OPAQUE:
            found = self._program.union(annotated, found)
        self._returns[frame] = found
        return found

    def _annotated(self, function: Function, frame: Frame) -> Values:
        if isinstance(function.node, ast.Lambda) or function.node.returns is None:
            return UNKNOWN
        return self._program.annotations.instances(function.node.returns, frame)

    def yields(self, frame: Frame) -> Values:
        """What a generator yields."""
        known = self._yields.get(frame)
        if known is not None:
            return known
        key = ("yields", frame)
        function = frame.code
        if key in self._busy or not isinstance(function, Function):
            return UNKNOWN
        self._busy.add(key)
        try:
            found: Values = UNKNOWN
            for node in function.scope.yields:
                if isinstance(node, ast.YieldFrom):
                    found = self._program.union(
                        found, self._program.iterated(self._program.evaluate(node.value, frame))
                    )
                elif node.value is not None:
                    found = self._program.union(found, self._program.evaluate(node.value, frame))
            telling = any(not isinstance(value, ConstantV) for value in found)
            if not telling:
                found = self._program.union(self._program.iterated(self._annotated(function, frame)), found)
        finally:
            self._busy.discard(key)
        self._yields[frame] = found
        return found

    def returned(self, held: Returned, receiver: Value | None, arguments: Sequence[Values]) -> Values:
        """The values that library data means."""
        inner = self.returned(held.inner, receiver, arguments) if held.inner is not None else UNKNOWN
        match held.shape:
            case "instance":
                return frozenset({ExternalInstanceV(self._program.library.canonical(held.name))})
            case "class":
                return frozenset({ExternalV(self._program.library.canonical(held.name))})
            case "self":
                return frozenset({receiver}) if receiver is not None else UNKNOWN
            case "iter" | "await" | "enter" | "call":
                return frozenset({ShapeV(held.shape, inner)})
            case "argument":
                return arguments[held.position] if held.position < len(arguments) else UNKNOWN
            case _:
                return OPAQUE


def _is_told_apart(value: Value) -> bool:
    """Whether it would be wrong to take this for all that a function gives: a class, an object, text."""
    return isinstance(value, ClassV | InstanceV | FunctionV) or (
        isinstance(value, ConstantV) and isinstance(value.value, str) and bool(value.value)
    )
