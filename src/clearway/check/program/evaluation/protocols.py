"""What runs behind syntax: special methods that operators, loops, `with` and `await` call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    MORE,
    ClassV,
    CoroutineV,
    ExternalInstanceV,
    Frame,
    GeneratorV,
    InstanceV,
    ModelV,
    TaskV,
    TupleV,
    Values,
)
from clearway.check.program.values.effects import Block, Effect, Run, Unresolved, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.program import Program


OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.Pow: "__pow__",
    ast.MatMult: "__matmul__",
    ast.LShift: "__lshift__",
    ast.RShift: "__rshift__",
    ast.BitOr: "__or__",
    ast.BitAnd: "__and__",
    ast.BitXor: "__xor__",
}
SIGNS: dict[type[ast.unaryop], str] = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}
ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__"}


class Protocols:
    """Finds the special methods that syntax calls."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def methods(self, value: InstanceV, method: str) -> list[Frame]:
        """The functions that a special method of an object runs."""
        function = self._program.definitions.method(value.cls, method)
        if function is None:
            return []
        if function.is_abstract and value.made_by is None:
            others = self._program.definitions.implementations(value.cls, method)
            if others:
                return [self._program.frames.call(other, {}, InstanceV(child), None) for child, other in others]
        return [self._program.frames.call(function, {}, value, None)]

    def one_of(self, frames: Sequence[Frame]) -> list[Effect]:
        """What these functions do; where they are methods of several classes, one of them runs."""
        return run_one_of(frames)

    def compared(self, node: ast.Compare, frame: Frame) -> list[Effect]:
        """`a < b`, `a == b`, `a in b`, one after the other."""
        effects: list[Effect] = []
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(operator, ast.In | ast.NotIn):
                effects.extend(self.first_of(self._program.evaluate(right, frame), "__contains__"))
            elif (name := ORDERS.get(type(operator))) is not None:
                effects.extend(self.rarely(left, frame, name))
            elif isinstance(operator, ast.Eq | ast.NotEq):
                effects.extend(self.first_of(self._program.evaluate(left, frame), "__eq__"))
        return effects

    def operated(self, node: ast.BinOp, frame: Frame) -> list[Effect]:
        """`a + b`: of a, else of b."""
        name = OPERATORS.get(type(node.op), "__add__")
        effects = self.first_of(self._program.evaluate(node.left, frame), name)
        return effects or self.rarely(node.right, frame, f"__r{name[2:]}")

    def rarely(self, subject: ast.expr, frame: Frame, *names: str) -> list[Effect]:
        """Special methods that few classes have: looked for only where one of the project does."""
        if not any(name in self._program.definitions.methods for name in names):
            return []
        return self.first_of(self._program.evaluate(subject, frame), *names)

    def stored(self, node: ast.Attribute, frame: Frame) -> list[Effect]:
        """Setting an attribute runs the property's setter, the class's `__setattr__`, or its descriptor's `__set__`."""
        program = self._program
        definitions = program.definitions
        if node.attr not in definitions.setters and not {"__setattr__", "__set__"} & definitions.methods.keys():
            return []
        effects: list[Effect] = []
        for value in program.evaluate(node.value, frame):
            if isinstance(value, InstanceV):
                setter = definitions.setter(value.cls, node.attr) or definitions.method(value.cls, "__setattr__")
                if setter is not None and setter is not frame.code:
                    effects.append(Run(program.frames.call(setter, {}, value, None)))
                elif setter is None:
                    effects.extend(Run(run) for run in program.members.descriptors(value, node.attr, "__set__"))
        return effects

    def awaiting(self, values: Values, where: Frame) -> list[Effect]:
        """What awaiting runs."""
        effects: list[Effect] = []
        coroutines = [value.frame for value in values if isinstance(value, CoroutineV)]
        if len(set(map(_owner, coroutines))) > 1 or (coroutines and MORE in values):
            # Which class's method it is, is decided elsewhere.
            effects.extend(chosen([*([Run(frame)] for frame in coroutines), *([[]] if MORE in values else [])]))
        else:
            effects.extend(Run(frame) for frame in coroutines)
        for value in values:
            match value:
                case TaskV(frames=frames, maker=maker) if maker is where.code:
                    effects.extend(Run(frame) for frame in frames)
                case InstanceV():
                    effects.extend(run_one_of(self.methods(value, "__await__")))
                case _:
                    pass
        return effects

    def iteration(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What iterating to the end runs."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        for value in values:
            match value:
                case GeneratorV(frame=frame):
                    ways.append([frame])
                case InstanceV():
                    names = ("__aiter__", "__anext__") if asynchronous else ("__iter__", "__next__")
                    ways.append([frame for name in names for frame in self.methods(value, name)])
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, ("__iter__", "__next__")))
                    if not self._program.library.covers(value.name):
                        effects.append(Unresolved(f"{value.name}.__iter__", value.name.partition(".")[0]))
                case _:
                    pass
        return (*_one_of(ways), *effects)

    def entering(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What entering and leaving a context manager runs."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        names = ("__aenter__", "__aexit__") if asynchronous else ("__enter__", "__exit__")
        for value in values:
            match value:
                case ModelV(name="context"):
                    generators = [one for one in value.item("generator") if isinstance(one, GeneratorV)]
                    ways.extend([generator.frame] for generator in generators)
                case InstanceV():
                    both: list[Frame] = []
                    ways.append(both)
                    for name in names:
                        frames = self.methods(value, name)
                        both.extend(frames)
                        if not frames and not asynchronous:
                            for base in self._program.definitions.externals(value.cls):
                                effects.extend(self._special_sinks(base, (name,)))
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, names))
                case _:
                    pass
        return (*_one_of(ways), *effects)

    def first_of(self, values: Values, *methods: str) -> list[Effect]:
        """What the first of these special methods that an object has does."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        for value in values:
            if isinstance(value, InstanceV):
                ways.append(next((found for name in methods if (found := self.methods(value, name))), []))
            elif isinstance(value, ExternalInstanceV):
                effects.extend(self._special_sinks(value.name, methods))
        return [*_one_of(ways), *effects]

    def _special_sinks(self, name: str, methods: Sequence[str]) -> list[Effect]:
        found: list[Effect] = []
        for method in methods:
            entry = self._program.library.sink(f"{name}.{method}")
            if entry is not None:
                found.append(Block(entry, entry.name))
                break
        return found


def run_one_of(frames: Sequence[Frame]) -> list[Effect]:
    """These run; where they are methods of several classes, one of them does."""
    if len(set(map(_owner, frames))) > 1:
        return chosen([[Run(frame)] for frame in frames])
    return [Run(frame) for frame in frames]


def _one_of(ways: Sequence[Sequence[Frame]]) -> list[Effect]:
    """What is done with an object; where it may be one of several classes, with one of them."""
    owners = {_owner(frame) for frames in ways for frame in frames}
    if len(ways) < 2 or (len(owners) < 2 and all(ways)):
        return [effect for frames in ways for effect in run_one_of(frames)]
    return chosen([run_one_of(frames) for frames in ways])


def _owner(frame: Frame) -> Class | None:
    """The class of the object whose method runs in a frame; of a decorator's wrapper, that of its first argument."""
    if isinstance(frame.receiver, InstanceV | ClassV):
        return frame.receiver.cls
    code = frame.code
    if not isinstance(code, Function) or code.parent is None or not code.parameters:
        return None
    first = frame.argument(code.parameters[0].arg) or frozenset()
    given = next(iter(first)) if len(first) == 1 else None
    if isinstance(given, TupleV) and given.items and len(given.items[0]) == 1:  # `*args`
        given = next(iter(given.items[0]))
    return given.cls if isinstance(given, InstanceV | ClassV) else None
