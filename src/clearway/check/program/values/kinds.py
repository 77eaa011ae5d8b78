"""What an expression may stand for, kind by kind."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast

    from clearway.check.program.code import Class, Function, Module
    from clearway.check.program.values.frame import Code, Frame


def stable(text: object) -> int:
    """A hash that is the same in every process: of sets of values the order must not change from run to run."""
    known = _STABLE.get(text)
    if known is None:
        known = _STABLE[text] = zlib.crc32(repr(text).encode("utf-8", "surrogatepass"))
    return known


_STABLE: dict[object, int] = {}


def _of(value: object) -> int:
    """The hash of a field: 0 for None, whose own is an address."""
    return 0 if value is None else hash(value)


@dataclass(frozen=True, slots=True)
class ModuleV:
    """A module whose code is at hand."""

    module: Module

    def __hash__(self) -> int:
        return self.module.serial


@dataclass(frozen=True, slots=True)
class NamespaceV:
    """A package folder without `__init__.py`."""

    name: str
    root: Module

    def __hash__(self) -> int:
        return stable(self.name)


@dataclass(frozen=True, slots=True)
class FunctionV:
    """A function of the program, perhaps bound to an object."""

    function: Function
    frame: Frame | None
    """The frame that it was defined in: what its free names mean."""
    bound: Value | None = None

    def __hash__(self) -> int:
        return hash((self.function.serial, 0 if self.frame is None else self.frame.serial, _of(self.bound)))


@dataclass(frozen=True, slots=True)
class ClassV:
    """A class of the program."""

    cls: Class
    frame: Frame | None = None

    def __hash__(self) -> int:
        return hash((self.cls.serial, 1))


@dataclass(frozen=True, slots=True)
class InstanceV:
    """An object of a class of the program."""

    cls: Class
    made_by: Frame | None = None
    """The call of `__init__` (or of the class itself, where fields are its parameters) that made it; None where
    only its class is known."""
    site: ast.AST | None = None
    """The call that made it, where objects of the class are told apart: apps and routers. Of a member of an
    enumeration, its value in the class."""

    @property
    def is_member(self) -> bool:
        """Whether it is a member of an enumeration."""
        return self.site is not None and self.site in self.cls.member_values

    def __hash__(self) -> int:
        return hash((self.cls.serial, 0 if self.made_by is None else self.made_by.serial))


@dataclass(frozen=True, slots=True)
class SuperV:
    """`super()`."""

    cls: Class
    receiver: Value

    def __hash__(self) -> int:
        return hash((self.cls.serial, hash(self.receiver), 2))


@dataclass(frozen=True, slots=True)
class ExternalV:
    """Something outside the program, by dotted name: a module, function, class, or method of a class."""

    name: str
    receiver: Value | None = None
    """The object whose method it is."""
    written: str = field(default="", compare=False)
    """The name by which the program imports it, where that is another."""

    def __hash__(self) -> int:
        return hash((stable(self.name), _of(self.receiver)))


@dataclass(frozen=True, slots=True)
class ExternalInstanceV:
    """An object of a class outside the program."""

    name: str
    site: ast.AST | None = None
    """The call that made it, where objects of the class are told apart: apps and routers."""
    items: Values = frozenset()
    """What it holds, or was made with: the functions of a partial, the elements of a deque …"""

    def __hash__(self) -> int:
        return hash((stable(self.name), hash(self.items), 3))


@dataclass(frozen=True, slots=True)
class CoroutineV:
    """An `async def` that was called and not yet awaited."""

    frame: Frame

    def __hash__(self) -> int:
        return hash((self.frame.serial, 4))


@dataclass(frozen=True, slots=True)
class GeneratorV:
    """A generator function that was called and not yet iterated."""

    frame: Frame

    def __hash__(self) -> int:
        return hash((self.frame.serial, 5))


@dataclass(frozen=True, slots=True)
class TaskV:
    """A coroutine that runs as a task of its own."""

    frames: tuple[Frame, ...]
    maker: Code | None = None
    """The code that made it a task. Where other code awaits it, it ran before, and blocks for its own account."""

    def __hash__(self) -> int:
        return hash(tuple(frame.serial for frame in self.frames))


@dataclass(frozen=True, slots=True)
class ShapeV:
    """Something known by what one does with it."""

    shape: Literal["await", "iter", "enter", "call", "callable"]
    """`callable` is what an annotation calls so: some function, of which only the result is known."""
    inner: Values

    def __hash__(self) -> int:
        return hash((stable(self.shape), hash(self.inner)))


@dataclass(frozen=True, slots=True)
class PartialV:
    """A callable with some arguments given already."""

    function: Value
    arguments: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]

    def __hash__(self) -> int:
        return hash((hash(self.function), self.arguments, len(self.keywords)))


@dataclass(frozen=True, slots=True)
class OffloadedV:
    """A function that runs its function elsewhere when it is called."""

    function: Value
    lane: str

    def __hash__(self) -> int:
        return hash((hash(self.function), 6))


@dataclass(frozen=True, slots=True)
class TupleV:
    """A display of known length."""

    items: tuple[Values, ...]

    def __hash__(self) -> int:
        return hash(self.items)


@dataclass(frozen=True, slots=True)
class ListV:
    """A list, set or other collection, by what it holds."""

    element: Values

    def __hash__(self) -> int:
        return hash((hash(self.element), 7))


@dataclass(frozen=True, slots=True)
class DictV:
    """A dictionary: values by constant key, and those of other keys."""

    items: tuple[tuple[object, Values], ...]
    other: Values = frozenset()

    @property
    def values(self) -> Values:
        return self.other.union(*(values for _, values in self.items))

    def __hash__(self) -> int:
        return hash((tuple((stable(key), values) for key, values in self.items), self.other))


@dataclass(frozen=True, slots=True)
class ConstantV:
    """A string, number, boolean or None."""

    value: str | bytes | int | float | bool | None

    def __hash__(self) -> int:
        return stable(self.value)


@dataclass(frozen=True, slots=True)
class ModelV:
    """Something of the framework that the checker follows itself: a route decorator, `Depends(...)`."""

    name: str
    items: tuple[tuple[str, Values], ...] = ()
    site: ast.AST | None = None

    def item(self, name: str) -> Values:
        for key, values in self.items:
            if key == name:
                return values
        return frozenset()

    def __hash__(self) -> int:
        return hash((stable(self.name), tuple(values for _, values in self.items)))


@dataclass(frozen=True, slots=True)
class MoreV:
    """What a union that was cut has left out: there are more values than are looked at."""

    def __hash__(self) -> int:
        return 8


Value = (
    ModuleV
    | NamespaceV
    | FunctionV
    | ClassV
    | InstanceV
    | SuperV
    | ExternalV
    | ExternalInstanceV
    | CoroutineV
    | GeneratorV
    | TaskV
    | ShapeV
    | PartialV
    | OffloadedV
    | TupleV
    | ListV
    | DictV
    | ConstantV
    | ModelV
    | MoreV
)
Values = frozenset[Value]
"""All that an expression may stand for, as far as is known; empty where nothing is."""
