"""The program under check as one thing to ask: what an expression stands for, what a frame does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.calls.calls import Calls
from clearway.check.program.calls.externals import Externals
from clearway.check.program.calls.guesses import Guesses
from clearway.check.program.calls.hooks import Hooks
from clearway.check.program.calls.injection import Injection
from clearway.check.program.code import Function, serials
from clearway.check.program.evaluation.expressions import Expressions
from clearway.check.program.evaluation.steps import Steps
from clearway.check.program.facts.branches import Branches
from clearway.check.program.facts.facts import Facts
from clearway.check.program.facts.flags import Flags
from clearway.check.program.facts.spread import Spread
from clearway.check.program.models.models import Models
from clearway.check.program.models.rows import Rows
from clearway.check.program.models.rows import iterated as loaded
from clearway.check.program.resolution.annotations import Annotations
from clearway.check.program.resolution.attributes import Attributes
from clearway.check.program.resolution.definitions import Definitions
from clearway.check.program.resolution.loader import Modules
from clearway.check.program.resolution.names import Names
from clearway.check.program.resolution.registries import Registries
from clearway.check.program.values import (
    MORE,
    MOST_VALUES,
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ListV,
    ModelV,
    MoreV,
    ShapeV,
    TaskV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.frames import Frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.engine import CallGraph
    from clearway.check.environment import Environment
    from clearway.check.program.values.effects import Effect, Step
    from clearway.check.project import Project
    from clearway.check.sinks import Library, Returned

DEEPEST_RESULT = 1000
"""Functions that return what functions return that … : what lies deeper is not known."""


class Program:
    """Joins the parts, and holds what all of them need.

    `graph` answers for calls that the parts cannot resolve themselves; None to go without.
    """

    def __init__(self, project: Project, environment: Environment, library: Library) -> None:
        serials.restart()
        self.library = library
        self.graph: CallGraph | None = None
        self.flags = Flags(self)
        self.frames = Frames(self.flags.of)
        self.modules = Modules(self, project, environment)
        self.names = Names(self)
        self.annotations = Annotations(self)
        self.definitions = Definitions(self)
        self.registries = Registries(self)
        self.attributes = Attributes(self)
        self.models = Models(self)
        self.calls = Calls(self)
        self.externals = Externals(self)
        self.rows = Rows(self)
        self.hooks = Hooks(self)
        self.guesses = Guesses(self)
        self.injection = Injection(self)
        self.spread = Spread(self)
        self.expressions = Expressions(self)
        self.facts = Facts(self)
        self.branches = Branches(self)
        self.steps_of = Steps(self)
        self._returns: dict[Frame, Values] = {}
        self._yields: dict[Frame, Values] = {}
        self._busy: set[tuple[str, Frame]] = set()
        self._depth = 0
        self._circles = 0
        """How often a result was asked for that was being found: it is not known, and none that nobody knows."""

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """All that an expression may stand for, seen from a frame."""
        return self.expressions.evaluate(node, frame)

    def steps(self, frame: Frame) -> Sequence[Step]:
        """What the frame's code does when it runs, in the order in which it is written."""
        return self.steps_of.of(frame)

    def effects_of(self, node: ast.AST, frame: Frame) -> Sequence[Effect]:
        """What one expression or statement does, seen from a frame."""
        return self.steps_of.effects(node, frame)

    def calls_in(self, frame: Frame) -> int:
        """How many calls stand in the frame's own statements."""
        return self.steps_of.calls(frame)

    def iteration(self, values: Values) -> tuple[Effect, ...]:
        """What iterating over this to the end does."""
        return self.steps_of.iteration(values)

    def entering(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What entering and leaving this context manager does."""
        return self.steps_of.entering(values, asynchronous=asynchronous)

    def union(self, one: Values, other: Values) -> Values:
        """Both, unless that would say too much."""
        if not one or one == other:
            return other
        if not other:
            return one
        both = one | other
        if len(both) <= MOST_VALUES:
            return both
        # What is left out must not be taken for nothing; of text and numbers nothing is called.
        return one | {MORE} if any(map(_matters, other - one)) else one

    def part(self, values: Values, path: tuple[int, ...]) -> Values:
        """The part of a value that unpacking takes."""
        for index in path:
            found: Values = UNKNOWN
            for value in values:
                if isinstance(value, TupleV) and 0 <= index < len(value.items):
                    found = self.union(found, value.items[index])
                elif isinstance(value, TupleV):
                    found = self.union(found, frozenset({ListV(frozenset().union(*value.items))}))
                elif index == -1:
                    found = self.union(found, frozenset({value}))
                else:
                    found = self.union(found, self.iterated(frozenset({value})))
            values = found
        return values

    def awaited(self, values: Values) -> Values:
        """What `await` gives."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case CoroutineV(frame=frame):
                    found = self.union(found, self.returns(frame))
                case ShapeV(shape="await", inner=inner):
                    found = self.union(found, inner)
                case TaskV(frames=frames):
                    for frame in frames:
                        found = self.union(found, self.returns(frame))
                case ExternalInstanceV(name="asyncio.Future", items=items) if items:
                    found = self.union(found, items)
                case ExternalInstanceV() | MoreV():
                    # What a library gives without a word of awaiting, and is awaited all the same.
                    found = self.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def iterated(self, values: Values) -> Values:
        """What iterating gives, with `for` or `async for`."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case ListV(element=element):
                    found = self.union(found, element)
                case TupleV(items=items):
                    for item in items:
                        found = self.union(found, item)
                case DictV():
                    keys = frozenset(ConstantV(key) for key, _ in value.items if isinstance(key, str))
                    found = self.union(found, keys or OPAQUE)
                case GeneratorV(frame=frame):
                    found = self.union(found, self.yields(frame))
                case ShapeV(shape="iter", inner=inner):
                    found = self.union(found, inner)
                case InstanceV():
                    for method in ("__next__", "__anext__"):
                        found = self.union(found, self.awaited_or_same(self.special(value, method)))
                    if not found:
                        for method in ("__iter__", "__aiter__"):
                            made = self.special(value, method)
                            found = self.union(found, self.iterated(made - {value}))
                case ExternalInstanceV() if value.items and (rows := loaded(value)):
                    found = self.union(found, rows)
                case ExternalInstanceV(name=name):
                    held = self.library.returns(f"{name}.__iter__") or self.library.returns(f"{name}.__aiter__")
                    if held is not None:
                        found = self.union(found, self.iterated(self.returned(held, value, ())))
                    elif name.startswith("builtins."):
                        found = self.union(found, OPAQUE)
                case ConstantV():
                    found = self.union(found, OPAQUE)
                case MoreV():
                    found = self.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def entered(self, values: Values) -> Values:
        """What `with ... as` gives."""
        found: Values = UNKNOWN
        for value in values:
            match value:
                case ShapeV(shape="enter", inner=inner):
                    found = self.union(found, inner)
                case ModelV(name="context"):
                    for generator in value.item("generator"):
                        if isinstance(generator, GeneratorV):
                            found = self.union(found, self.yields(generator.frame))
                case InstanceV():
                    for method in ("__enter__", "__aenter__"):
                        found = self.union(found, self.awaited_or_same(self.special(value, method)))
                    if not found:
                        for base in self.definitions.externals(value.cls):
                            held = self.library.returns(f"{base}.__enter__") or self.library.returns(
                                f"{base}.__aenter__"
                            )
                            if held is not None:
                                found = self.union(found, self.awaited_or_same(self.returned(held, value, ())))
                    if not found and self.definitions.externals(value.cls):
                        found = frozenset({value})
                case ExternalInstanceV(name=name):
                    held = self.library.returns(f"{name}.__enter__") or self.library.returns(f"{name}.__aenter__")
                    given = frozenset({value}) if held is None else self.returned(held, value, ())
                    found = self.union(found, self.awaited_or_same(given))
                case ShapeV(shape="await", inner=inner):
                    # `async with pool.acquire() as c`: libraries give something that is awaited or entered.
                    found = self.union(found, self.entered(inner))
                case MoreV():
                    found = self.union(found, frozenset({value}))
                case _:
                    pass
        return found

    def awaited_or_same(self, values: Values) -> Values:
        """Values, with what must be awaited first awaited."""
        found: Values = UNKNOWN
        for value in values:
            waits = isinstance(value, CoroutineV | TaskV) or (isinstance(value, ShapeV) and value.shape == "await")
            found = self.union(found, self.awaited(frozenset({value})) if waits else frozenset({value}))
        return found

    def special(self, value: InstanceV, method: str) -> Values:
        """What a special method of an object gives."""
        frames = self.special_frames(value, method)
        found: Values = UNKNOWN
        for frame in frames:
            function = frame.code
            assert isinstance(function, Function)
            if function.is_generator:
                found = self.union(found, frozenset({GeneratorV(frame)}))
            elif function.is_async:
                found = self.union(found, frozenset({CoroutineV(frame)}))
            else:
                found = self.union(found, self.returns(frame))
        return found

    def special_frames(self, value: InstanceV, method: str) -> list[Frame]:
        """The functions that a special method of an object runs."""
        function = self.definitions.method(value.cls, method)
        if function is None:
            return []
        if function.is_abstract and value.made_by is None:
            others = self.definitions.implementations(value.cls, method)
            if others:
                return [self.frames.call(other, {}, InstanceV(child), None) for child, other in others]
        return [self.frames.call(function, {}, value, None)]

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
            for expression in self.steps_of.returned(function, frame):
                values = self.evaluate(expression, frame)
                open_ended = open_ended or not values
                found = self.union(found, values)
            annotated = self._annotated(function, frame)
            if open_ended and not annotated and circles == self._circles and any(map(_is_told_apart, found)):
                found |= {MORE}  # `return cls`, or what a name in the settings finds
        finally:
            self._depth -= 1
            self._busy.discard(key)
        # A constant (`return None`) beside an annotation says less than the annotation.
        telling = frozenset(value for value in found if not isinstance(value, ConstantV))
        if not telling or telling == OPAQUE:
            found = self.union(annotated, found)
        self._returns[frame] = found
        return found

    def _annotated(self, function: Function, frame: Frame) -> Values:
        if isinstance(function.node, ast.Lambda) or function.node.returns is None:
            return UNKNOWN
        return self.annotations.instances(function.node.returns, frame)

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
                    found = self.union(found, self.iterated(self.evaluate(node.value, frame)))
                elif node.value is not None:
                    found = self.union(found, self.evaluate(node.value, frame))
            telling = any(not isinstance(value, ConstantV) for value in found)
            if not telling:
                found = self.union(self.iterated(self._annotated(function, frame)), found)
        finally:
            self._busy.discard(key)
        self._yields[frame] = found
        return found

    def returned(self, held: Returned, receiver: Value | None, arguments: Sequence[Values]) -> Values:
        """The values that library data means."""
        inner = self.returned(held.inner, receiver, arguments) if held.inner is not None else UNKNOWN
        match held.shape:
            case "instance":
                return frozenset({ExternalInstanceV(self.library.canonical(held.name))})
            case "class":
                return frozenset({ExternalV(self.library.canonical(held.name))})
            case "self":
                return frozenset({receiver}) if receiver is not None else UNKNOWN
            case "iter" | "await" | "enter" | "call":
                return frozenset({ShapeV(held.shape, inner)})
            case "argument":
                return arguments[held.position] if held.position < len(arguments) else UNKNOWN
            case _:
                return OPAQUE

    def base_constructor(self, made_by: Frame, method: Function) -> Frame | None:
        """The call of a base's `__init__` that a constructor makes."""
        for step in self.steps(made_by):
            for effect in step.effects:
                frame = getattr(effect, "frame", None)
                if isinstance(frame, Frame) and frame.code is method:
                    return frame
        return None


def _is_told_apart(value: Value) -> bool:
    """Whether it would be wrong to take this for all that a function gives: a class, an object, text."""
    return isinstance(value, ClassV | InstanceV | FunctionV) or (
        isinstance(value, ConstantV) and isinstance(value.value, str) and bool(value.value)
    )


def _matters(value: Value) -> bool:
    """Whether something of the program's can be called, or done, by this value."""
    return not isinstance(value, ConstantV) and not (
        isinstance(value, ExternalInstanceV) and value.name.startswith("builtins.")
    )
