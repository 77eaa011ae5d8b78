"""What an annotation says of the object that stands there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    InstanceV,
    ListV,
    ShapeV,
    TupleV,
    Value,
    Values,
)
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from clearway.check.program.program import Program

FIRST = frozenset(
    {"Optional", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "Mapped"}
)
"""What stands for its first argument."""
COLLECTIONS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "MutableSequence", "Iterable", "Iterator"}
    | {"Collection", "deque", "Deque", "AbstractSet", "MutableSet", "Generator", "KeysView", "ValuesView", "Reversible"}
)
ASYNC_ITERABLES = frozenset({"AsyncIterator", "AsyncIterable", "AsyncGenerator"})
MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"})
AWAITABLES = frozenset({"Awaitable", "Coroutine", "Future", "Task"})
CALLABLES = frozenset(
    {"starlette.types.ASGIApp", "starlette.types.Send", "starlette.types.Receive"}
    | {"starlette.middleware.base.RequestResponseEndpoint"}
)
"""Library names for a callable that gives something to await."""
MARKERS = frozenset(
    {"dishka.FromDishka", "dishka.FromComponent", "wireup.Injected", "wireup.Inject", "aioinject.Injected"}
    | {"aioinject.Inject"}
)
"""With these in its annotation a parameter is filled by a container; `FromDishka[T]` is T."""
CONTEXTS = frozenset({"ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager"})


class Annotations:
    """Reads annotations, strings and aliases among them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._busy: set[tuple[ast.AST, Frame]] = set()
        self._parsed: dict[str, ast.expr | None] = {}

    def instances(self, node: ast.AST, frame: Frame) -> Values:
        """The objects that this annotation allows."""
        key = (node, frame)
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            return self._instances(node, frame)
        finally:
            self._busy.discard(key)

    def metadata(self, node: ast.AST, frame: Frame) -> list[tuple[ast.expr, Frame]]:
        """The expressions behind the type in `Annotated[T, ...]`, through aliases, with the frame they stand in."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parsed = self._parse(node.value)
            return [] if parsed is None else self.metadata(parsed, frame)
        if isinstance(node, ast.Subscript):
            if last_name(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
                inner = self.metadata(node.slice.elts[0], frame)
                return [*inner, *((part, frame) for part in node.slice.elts[1:])]
            if last_name(node.value) in FIRST:
                return self.metadata(node.slice, frame)
            return [*self.metadata(node.slice, frame), (node.value, frame)] if self._marks(node.value, frame) else []
        if isinstance(node, ast.BinOp):
            return [*self.metadata(node.left, frame), *self.metadata(node.right, frame)]
        alias = self._alias(node, frame)
        if alias is None or (alias[0], alias[1]) in self._busy:
            return []
        self._busy.add(alias)
        try:
            return self.metadata(*alias)
        finally:
            self._busy.discard(alias)

    def _marks(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is the head of `FromDishka[T]`."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return False
        return any(map(self.is_marker, self._program.evaluate(node, frame)))

    def is_marker(self, value: Value) -> bool:
        """Whether a container fills a parameter with this in its annotation."""
        return isinstance(value, ExternalV | ExternalInstanceV) and value.name in MARKERS

    def _instances(self, node: ast.AST, frame: Frame) -> Values:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                parsed = self._parse(node.value)
                return UNKNOWN if parsed is None else self.instances(parsed, frame)
            return OPAQUE if node.value is None else UNKNOWN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._either([node.left, node.right], frame)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, frame)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(node, frame)
        return UNKNOWN

    def _either(self, parts: list[ast.expr], frame: Frame) -> Values:
        found: Values = UNKNOWN
        for part in parts:
            if not (isinstance(part, ast.Constant) and part.value is None):
                found = self._program.union(found, self.instances(part, frame))
        return found

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Values:
        name = last_name(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not parts:
            return OPAQUE
        if name in FIRST:
            return self.instances(parts[0], frame)
        if name == "Union":
            return self._either(parts, frame)
        if name in COLLECTIONS:
            return frozenset({ListV(self.instances(parts[0], frame))})
        if name in ASYNC_ITERABLES:
            return frozenset({ShapeV("iter", self.instances(parts[0], frame))})
        if name in MAPPINGS and len(parts) == 2:
            return frozenset({DictV((), self.instances(parts[1], frame))})
        if name in ("tuple", "Tuple"):
            if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is Ellipsis:
                return frozenset({ListV(self.instances(parts[0], frame))})
            return frozenset({TupleV(tuple(self.instances(part, frame) for part in parts))})
        if name in AWAITABLES:
            return frozenset({ShapeV("await", self.instances(parts[-1], frame))})
        if name in CONTEXTS:
            return frozenset({ShapeV("enter", self.instances(parts[0], frame))})
        if name == "Callable" and len(parts) == 2:
            return frozenset({ShapeV("callable", self.instances(parts[1], frame))})
        if name in ("type", "Type"):
            return frozenset(_as_class(value) for value in self.instances(parts[0], frame))
        if name == "Literal":
            return OPAQUE
        return self._generic(self.instances(node.value, frame), parts, frame)

    def _generic(self, values: Values, parts: list[ast.expr], frame: Frame) -> Values:
        """`ContextVar[Session]`: what the library's object holds."""
        if not any(isinstance(value, ExternalInstanceV) for value in values):
            return values
        held = self._either(parts, frame)
        if any(map(self.is_marker, values)):
            return held
        return frozenset(
            ExternalInstanceV(value.name, value.site, held) if isinstance(value, ExternalInstanceV) else value
            for value in values
        )

    def _named(self, node: ast.Name | ast.Attribute, frame: Frame) -> Values:
        name = last_name(node)
        if name == "Self":
            return frozenset({frame.receiver}) if frame.receiver is not None else UNKNOWN
        if name in ("Any", "object"):
            return UNKNOWN
        if name == "Callable":
            return frozenset({ShapeV("callable", UNKNOWN)})
        values = self._program.evaluate(node, frame)
        found: set[Value] = set()
        for value in values:
            if isinstance(value, ClassV):
                found.add(InstanceV(value.cls))
            elif isinstance(value, ExternalV):
                found.update(self._external(value, node, frame))
            elif isinstance(value, ExternalInstanceV | ConstantV | InstanceV):
                # An alias: `Db = Annotated[Session, ...]`, a TypeVar, a NewType.
                found.update(self._of_alias(node, frame))
        if not values:
            found.update(self._of_alias(node, frame))
        return frozenset(found)

    def _external(self, value: ExternalV, node: ast.AST, frame: Frame) -> Values:
        name = value.name
        if name.startswith(("typing.", "typing_extensions.")):
            return self._of_alias(node, frame) or UNKNOWN
        if name in CALLABLES:
            return frozenset({ShapeV("callable", frozenset({ShapeV("await", OPAQUE)}))})
        return frozenset({ExternalInstanceV(name)})

    def _of_alias(self, node: ast.AST, frame: Frame) -> Values:
        alias = self._alias(node, frame)
        if alias is None:
            return UNKNOWN
        target, where = alias
        if isinstance(target, ast.Call):
            # TypeVar("T", bound=Base), NewType("Id", int)
            kind = last_name(target.func)
            if kind == "TypeVar":
                for keyword in target.keywords:
                    if keyword.arg == "bound":
                        return self.instances(keyword.value, where)
                return self._either(target.args[1:], where)
            if kind == "NewType" and len(target.args) == 2:
                return self.instances(target.args[1], where)
            return UNKNOWN
        if isinstance(target, ast.Subscript | ast.BinOp | ast.Name | ast.Attribute | ast.Constant):
            return self.instances(target, where)
        return UNKNOWN

    def _alias(self, node: ast.AST, frame: Frame) -> tuple[ast.expr, Frame] | None:
        """The expression that a type alias was assigned, and the frame of its module."""
        if isinstance(node, ast.Name):
            return self._program.modules.assigned(node.id, frame)
        if isinstance(node, ast.Attribute):
            return self._program.modules.assigned_in(self._program.evaluate(node.value, frame), node.attr)
        return None

    def _parse(self, text: str) -> ast.expr | None:
        if text not in self._parsed:
            try:
                self._parsed[text] = ast.parse(text.strip(), mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._parsed[text] = None
        return self._parsed[text]


def _as_class(value: Value) -> Value:
    if isinstance(value, InstanceV):
        return ClassV(value.cls)
    if isinstance(value, ExternalInstanceV):
        return ExternalV(value.name)
    return value
