"""Frames, one object for each way in which a function is called; bounded, so that recursion ends."""

from __future__ import annotations

from collections import Counter, defaultdict

from clearway.check.program.modules import Class, Function, Module
from clearway.check.program.values import (
    UNKNOWN,
    Code,
    ConstantV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ListV,
    ModelV,
    OffloadedV,
    PartialV,
    ShapeV,
    TupleV,
    Value,
    Values,
)

MOST_FRAMES = 40
"""A function called in more ways than this is looked at without its arguments."""
MOST_DECORATED = 4000
"""The same for one that is given functions: a decorator stands before many."""
DEEPEST = 5
"""Objects made of objects made of objects … beyond this only their classes are kept."""


class Frames:
    """Makes frames."""

    def __init__(self) -> None:
        self._known: dict[tuple[Code, tuple[tuple[str, Values], ...], Value | None, Frame | None], Frame] = {}
        self._by_code: dict[Code, list[Frame]] = defaultdict(list)
        self._ways: Counter[tuple[Code, Frame | None]] = Counter()
        self._depths: dict[Frame, int] = {}

    def of_module(self, module: Module) -> Frame:
        """A module's own statements."""
        return self._of(module, (), None, None)

    def of_class(self, cls: Class, parent: Frame) -> Frame:
        """A class's own statements."""
        return self._of(cls, (), None, parent)

    def generic(self, function: Function, receiver: Value | None = None) -> Frame:
        """A function of whose call nothing is known."""
        return self._of(function, (), receiver, self.parent(function))

    def parent(self, code: Function | Class) -> Frame:
        """The frame that a definition stands in, nothing being known of the functions around it."""
        if code.parent is not None:
            return self.generic(code.parent)
        return self.of_module(code.module)

    def call(
        self,
        code: Function | Class,
        arguments: dict[str, Values],
        receiver: Value | None,
        parent: Frame | None,
    ) -> Frame:
        """A function called with these arguments, an object of a class made with them."""
        if parent is None:
            parent = self.parent(code)
        takes_functions = any(isinstance(value, FunctionV) for values in arguments.values() for value in values)
        most = MOST_DECORATED if takes_functions else MOST_FRAMES
        if self._ways[code, parent] >= most:
            return self._of(code, (), _bare(receiver), parent)
        named = isinstance(code, Function) and code.looks_names_up
        flags = code.flags if isinstance(code, Function) else frozenset()
        kept = {
            name: telling
            for name, values in arguments.items()
            if (telling := _flag(values) if name in flags else UNKNOWN) or (telling := _telling(values, named))
        }
        if receiver is not None and self._depth(frozenset({receiver})) >= DEEPEST:
            receiver = _bare(receiver)
        if self._depth_of(tuple(kept.values())) >= DEEPEST:
            kept = {
                name: frozenset(bare for value in values if (bare := _bare(value))) for name, values in kept.items()
            }
            kept = {name: values for name, values in kept.items() if values}
        if parent.depth > DEEPEST:
            parent = self.parent(code)
        return self._of(code, tuple(sorted(kept.items(), key=lambda item: item[0])), receiver, parent)

    def _of(
        self,
        code: Code,
        arguments: tuple[tuple[str, Values], ...],
        receiver: Value | None,
        parent: Frame | None,
    ) -> Frame:
        key = (code, arguments, receiver, parent)
        frame = self._known.get(key)
        if frame is None:
            frame = self._known[key] = Frame(code, arguments, receiver, parent)
            self._by_code[code].append(frame)
            self._ways[code, parent] += 1
        return frame

    def within(self, frame: Frame, names: dict[str, Values]) -> Frame:
        """The frame with further names bound: one turn of a loop."""
        arguments = tuple(sorted({**dict(frame.arguments), **names}.items(), key=lambda item: item[0]))
        return self._of(frame.code, arguments, frame.receiver, frame.parent)

    def known(self, code: Code) -> list[Frame]:
        """Every way in which this code was found to be called so far, at least the one of which nothing is known."""
        frames = list(self._by_code.get(code, ()))
        if not frames:
            frames.append(self.generic(code) if isinstance(code, Function) else self._of(code, (), None, None))
        return frames

    def _depth_of(self, unions: tuple[Values, ...]) -> int:
        return max((self._depth(values) for values in unions), default=0)

    def _depth(self, values: Values) -> int:
        return max((self._value_depth(value) for value in values), default=0)

    def _value_depth(self, value: Value) -> int:
        match value:
            case InstanceV(made_by=Frame() as frame) | CoroutineV(frame=frame) | GeneratorV(frame=frame):
                return 1 + self._frame_depth(frame)
            case FunctionV(frame=frame, bound=bound):
                inner = self._frame_depth(frame) if frame is not None else 0
                return inner if bound is None else max(inner, self._value_depth(bound))
            case ListV(element=inner) | ShapeV(inner=inner):
                return 1 + self._depth(inner)
            case TupleV(items=items):
                return 1 + self._depth_of(items)
            case DictV():
                return 1 + self._depth(value.values)
            case PartialV(function=function, arguments=arguments):
                return 1 + max(self._value_depth(function), self._depth_of(arguments))
            case OffloadedV(function=function):
                return 1 + self._value_depth(function)
            case ModelV(items=items):
                return 1 + max((self._depth(values) for _, values in items), default=0)
            case _:
                return 0

    def _frame_depth(self, frame: Frame) -> int:
        known = self._depths.get(frame)
        if known is None:
            known = self._depth_of(tuple(values for _, values in frame.arguments))
            if frame.receiver is not None:
                known = max(known, self._value_depth(frame.receiver))
            if frame.parent is not None:
                known = max(known, self._frame_depth(frame.parent))
            self._depths[frame] = known
        return known


def _flag(values: Values) -> Values:
    """The one constant that a parameter is given, where it is True, False or None."""
    known = len(values) == 1 and all(
        isinstance(value, ConstantV) and (value.value is None or isinstance(value.value, bool)) for value in values
    )
    return values if known else UNKNOWN


def _telling(values: Values, named: bool) -> Values:
    """The values that can change what a function does: not text and numbers."""
    return frozenset(
        value
        for value in values
        if not (
            (isinstance(value, ConstantV) and not (named and isinstance(value.value, str)))
            or (isinstance(value, ExternalInstanceV) and value.name.startswith("builtins."))
            or (isinstance(value, ListV) and not _telling(value.element, named))
            or (isinstance(value, DictV) and not _telling(value.values, named))
            or (isinstance(value, TupleV) and not any(_telling(item, named) for item in value.items))
        )
    )


def _bare(value: Value | None) -> Value | None:
    """An object by its class alone."""
    if isinstance(value, InstanceV):
        return InstanceV(value.cls, None, value.site)
    if isinstance(value, FunctionV) and value.frame is not None and value.frame.arguments:
        return None
    return None if isinstance(value, DictV | ListV | TupleV | PartialV | ModelV | CoroutineV | GeneratorV) else value
