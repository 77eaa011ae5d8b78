"""What the framework puts into parameters: `Depends(...)`, from defaults and annotations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import OPAQUE, UNKNOWN, Frame, GeneratorV, InstanceV, ModelV, ShapeV, Values
from clearway.check.program.values.arguments import Arguments
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from clearway.check.program.program import Program


HANDED = {"field_validator": 2, "model_validator": 2, "field_serializer": 2, "model_serializer": 1}
"""Pydantic's decorators, and where a method that wraps has the handler among its parameters."""


class Injection:
    """Reads dependencies."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def injected(self, parameter: ast.arg, frame: Frame) -> Values:
        """What the framework puts into a parameter that names a dependency."""
        found: Values = UNKNOWN
        for depends in self.dependencies(parameter, frame):
            for dependency in depends.item("function"):
                outcome = self._program.calls.apply(dependency, Arguments(), parameter, frame)
                found = self._program.union(found, self.given(outcome.values))
        return found or self._handler(parameter, frame)

    def _handler(self, parameter: ast.arg, frame: Frame) -> Values:
        """`@model_validator(mode="wrap")` gives the validation that it stands around: pydantic's own, the other
        validators are followed by themselves.
        """
        function = frame.code
        assert isinstance(function, Function)
        for name in set(function.decorators) & HANDED.keys() if function.owner is not None else ():
            place = HANDED[name] - function.is_static
            if function.parameters[place : place + 1] == [parameter] and _wraps(function, name):
                given = (
                    frozenset({InstanceV(function.owner)}) if name == "model_validator" and function.owner else OPAQUE
                )
                return frozenset({ShapeV("call", given)})
        return UNKNOWN

    def given(self, values: Values) -> Values:
        """What a dependency gives: a generator's yield, a coroutine's result, else itself."""
        found: Values = UNKNOWN
        for value in values:
            if isinstance(value, GeneratorV):
                found = self._program.union(found, self._program.yields(value.frame))
            else:
                found = self._program.union(found, self._program.awaited_or_same(frozenset({value})))
        return found

    def dependencies(self, parameter: ast.arg, frame: Frame) -> list[ModelV]:
        """The `Depends(...)` of a parameter, from its default and from its annotation."""
        function = frame.code
        assert isinstance(function, Function)
        outside = frame.parent or self._program.frames.of_module(frame.module)
        found: list[Values] = []
        default = function.defaults.get(parameter.arg)
        if isinstance(default, ast.Call | ast.Name | ast.Attribute):
            found.append(self._program.evaluate(default, outside))
        if parameter.annotation is not None:
            for node, where in self._program.annotations.metadata(parameter.annotation, outside):
                if isinstance(node, ast.Call | ast.Name | ast.Attribute):
                    found.append(self._program.evaluate(node, where))
        containers = self._program.containers
        given: list[ModelV] = []
        if containers.makes(function) or self._is_marked(found):
            given = containers.asked(parameter, frame)
        depends = [
            value for values in found for value in values if isinstance(value, ModelV) and value.name == "depends"
        ]
        return [*(self._with_function(value, parameter, frame) for value in depends), *given]

    def _is_marked(self, found: list[Values]) -> bool:
        return any(self._program.annotations.is_marker(value) for values in found for value in values)

    def _with_function(self, depends: ModelV, parameter: ast.arg, frame: Frame) -> ModelV:
        """`Depends()` without a function calls the annotated class."""
        if depends.item("function") or parameter.annotation is None:
            return depends
        outside = frame.parent or self._program.frames.of_module(frame.module)
        instances = self._program.annotations.instances(parameter.annotation, outside)
        classes = frozenset(self._program.definitions.class_of(value) for value in instances) - {None}
        return ModelV(
            "depends", (("function", frozenset(value for value in classes if value is not None)),), depends.site
        )


def _wraps(function: Function, name: str) -> bool:
    """`@field_validator("name", mode="wrap")`."""
    node = function.node
    for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
        if isinstance(decorator, ast.Call) and last_name(decorator) == name:
            return any(
                one.arg == "mode" and isinstance(one.value, ast.Constant) and one.value.value == "wrap"
                for one in decorator.keywords
            )
    return False
