"""Frames, one object for each way in which a function is called; bounded, so that recursion ends."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.values import (
    UNKNOWN,
    Code,
    Complete,
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
    OffloadedV,
    PartialV,
    Passed,
    ShapeV,
    SuperV,
    TaskV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.registering import holds_router, is_given_router, may_register, registers

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FRAMES = 40
"""A function called in more ways than this is looked at without its arguments."""
MOST_DECORATED = 1000
"""The same for one that is given functions, counted by functions: a decorator stands before many."""
MOST_REGISTERING = 5000
"""The same for one that is given a router, or what a router registers by: without it its endpoints would be lost."""
MOST_DECISIVE = 8
MOST_REPEATS = 3
"""A function that is given what an earlier call of it made, which was given what one before made … so many times."""
LONGEST_NAME = 40
"""Text that is longer, or has spaces, is no name of a mode or a kind."""
DEEPEST = 5
"""Objects made of objects made of objects … beyond this only their classes are kept."""
CLOSURE = 0.25
"""What a function in a function in a function … counts for: decorators stand one upon another."""


class Frames:
    """Makes frames."""

    def __init__(self, flags: Callable[[Function | Class], frozenset[str]]) -> None:
        self._flags = flags
        self._known: dict[object, Frame] = {}
        self._by_code: dict[Code, list[Frame]] = defaultdict(list)
        self._ways: Counter[tuple[Code, Frame | None]] = Counter()
        self._ways_given: Counter[tuple[Code, Frame, frozenset[FunctionV]]] = Counter()
        """The same by the functions that are given."""
        self.left_out: Counter[Code] = Counter()
        """How often a decorator, or what registers routes, was called in a way that was one too many to look at."""
        self._depths: dict[Frame, float] = {}
        self._repeats: dict[tuple[Frame, Code], int] = {}

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
        given = any(registers(value) for values in arguments.values() for value in values)
        # What is given beside a router is perhaps the path.
        named = given or (isinstance(code, Function) and code.looks_names_up)
        flags = self._flags(code)
        kept: dict[str, Values] = {}
        certain: dict[str, bool] = {}
        for name, values in arguments.items():
            if isinstance(values, Passed):
                kept[name] = values
                certain[name] = False
            elif name in flags and isinstance(values, Complete) and (known := _decisive(values)):
                kept[name] = known
                certain[name] = values.by_default
            elif telling := telling_of(values, named):
                kept[name] = telling
        ways = self._ways[code, parent]
        if ways >= (MOST_DECORATED if given else MOST_FRAMES) and certain:
            # Called with too many constants to tell each apart.
            certain = {}
            kept = {name: telling for name, values in kept.items() if (telling := telling_of(values, named))}
        functions = _functions(kept)
        if any(self._repeated(value) for value in functions):
            kept = {name: frozenset(map(self._folded, values)) for name, values in kept.items() if name not in certain}
            certain = {}
            functions = _functions(kept)
        many = ways >= (MOST_DECORATED if functions else MOST_FRAMES)
        if many or (functions and self._ways_given[code, parent, functions] >= MOST_FRAMES):
            kept_on = given or holds_router(receiver) or is_given_router(parent)
            if not kept_on or ways >= MOST_REGISTERING:
                if kept_on or (functions and ways >= MOST_DECORATED):
                    self.left_out[code] += 1
                return self._of(code, (), _bare(receiver), parent)
            if ways >= MOST_DECORATED or not given:
                kept = {name: values for name, values in kept.items() if any(map(may_register, values))}
                certain = {}
        if receiver is not None and self._depth(frozenset({receiver})) >= DEEPEST:
            receiver = _bare(receiver)
        if self._depth_of(tuple(kept.values())) >= DEEPEST:
            certain = {name: by_default for name, by_default in certain.items() if _depthless(kept[name])}
            kept = {
                name: values if name in certain else frozenset(bare for value in values if (bare := _bare(value)))
                for name, values in kept.items()
            }
            kept = {name: values for name, values in kept.items() if values}
        if parent.depth > DEEPEST:
            parent = self.parent(code)
        count = len(self._known)
        made = self._of(code, tuple(sorted(kept.items(), key=_first)), receiver, parent, tuple(sorted(certain.items())))
        if functions and len(self._known) > count:
            self._ways_given[code, parent, functions] += 1
        return made

    def _of(
        self,
        code: Code,
        arguments: tuple[tuple[str, Values], ...],
        receiver: Value | None,
        parent: Frame | None,
        certain: tuple[tuple[str, bool], ...] = (),
    ) -> Frame:
        key = (code, arguments, receiver, parent, certain)
        frame = self._known.get(key)
        if frame is None:
            frame = self._known[key] = Frame(code, arguments, receiver, parent, certain)
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

    def _repeated(self, value: FunctionV) -> bool:
        """Whether a closure holds closures of the same function, one in another."""
        return value.frame is not None and self._repeats_of(value.frame, value.frame.code) > MOST_REPEATS

    def _folded(self, value: Value) -> Value:
        if isinstance(value, FunctionV) and self._repeated(value):
            return FunctionV(value.function, self.parent(value.function), value.bound)
        return value

    def _repeats_of(self, frame: Frame, code: Code) -> int:
        """How many calls of this code a frame is, and holds, one in another."""
        key = (frame, code)
        known = self._repeats.get(key)
        if known is None:
            self._repeats[key] = 0
            held = [value.frame for _, values in frame.arguments for value in values if isinstance(value, FunctionV)]
            inner = [self._repeats_of(one, code) for one in (*held, frame.parent) if one is not None]
            known = self._repeats[key] = (frame.code is code) + max(inner, default=0)
        return known

    def _depth_of(self, unions: tuple[Values, ...]) -> float:
        return max((self._depth(values) for values in unions), default=0)

    def _depth(self, values: Values) -> float:
        return max((self._value_depth(value) for value in values), default=0)

    def _value_depth(self, value: Value) -> float:
        match value:
            case InstanceV(made_by=Frame() as frame) | CoroutineV(frame=frame) | GeneratorV(frame=frame):
                return 1 + self._frame_depth(frame)
            case FunctionV(frame=frame, bound=bound):
                inner = 0.0 if frame is None or isinstance(frame.code, Module) else CLOSURE + self._frame_depth(frame)
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
            case ExternalInstanceV(items=items) if items:
                return 1 + self._depth(items)
            case ExternalV(receiver=receiver) | SuperV(receiver=receiver) if receiver is not None:
                return self._value_depth(receiver)
            case TaskV(frames=frames):
                return 1 + max((self._frame_depth(frame) for frame in frames), default=0)
            case ModelV(items=items):
                return 1 + max((self._depth(values) for _, values in items), default=0)
            case _:
                return 0

    def _frame_depth(self, frame: Frame) -> float:
        known = self._depths.get(frame)
        if known is None:
            known = self._depth_of(tuple(values for _, values in frame.arguments))
            if frame.receiver is not None:
                known = max(known, self._value_depth(frame.receiver))
            if frame.parent is not None:
                known = max(known, self._frame_depth(frame.parent))
            self._depths[frame] = known
        return known


def _functions(arguments: dict[str, Values]) -> frozenset[FunctionV]:
    """The functions among what a call is given."""
    return frozenset(value for values in arguments.values() for value in values if isinstance(value, FunctionV))


def _first(item: tuple[str, Values]) -> str:
    return item[0]


def _decisive(values: Values) -> Values:
    """What a test can ask for of an argument that is known as a whole; nothing where that says too much."""
    if len(values) > MOST_DECISIVE:
        return UNKNOWN
    found: set[Value] = set()
    for value in values:
        match value:
            case ConstantV(value=str(text)) if len(text) > LONGEST_NAME or " " in text:
                found.add(ExternalInstanceV("builtins.str"))
            case ListV() if not telling_of(value.element, False):
                found.add(ListV(UNKNOWN))
            case DictV() if not telling_of(value.values, False):
                found.add(DictV(()))
            case _:
                found.add(value)
    return frozenset(found)


def _depthless(values: Values) -> bool:
    return all(isinstance(value, ConstantV) or _bare(value) == value for value in values)


def telling_of(values: Values, named: bool) -> Values:
    """The values that can change what a function does: not text and numbers, nor which member of an enumeration."""
    return frozenset(
        InstanceV(value.cls) if isinstance(value, InstanceV) and value.made_by is None and value.is_member else value
        for value in values
        if not (
            (isinstance(value, ConstantV) and not (named and isinstance(value.value, str)))
            or (isinstance(value, ExternalInstanceV) and value.name.startswith("builtins."))
            or (isinstance(value, ListV) and not telling_of(value.element, named))
            or (isinstance(value, DictV) and not telling_of(value.values, named))
            or (isinstance(value, TupleV) and not any(telling_of(item, named) for item in value.items))
        )
    )


def _bare(value: Value | None) -> Value | None:
    """An object by its class alone."""
    if isinstance(value, InstanceV):
        return InstanceV(value.cls, None, value.site)
    if isinstance(value, FunctionV) and value.frame is not None and value.frame.arguments:
        return None
    return None if isinstance(value, DictV | ListV | TupleV | PartialV | ModelV | CoroutineV | GeneratorV) else value
