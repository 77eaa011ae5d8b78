"""Which keywords `**x` can give: the fields of a model, a dataclass or a typed dictionary, the keys of a display."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import DictV, ExternalV, InstanceV, Passed, Value
from clearway.check.source.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame

Keys = frozenset[str]
"""At most these; a key that only may be there is among them."""

DUMPS = frozenset({"model_dump", "dict"})
OF_OBJECTS = frozenset({"dataclasses.asdict", "attr.asdict", "attrs.asdict", "builtins.vars"})
MAPPINGS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
PLAIN_BASES = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "builtins.object", "object", "abc.ABC"}
    | {"typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "typing.NamedTuple"}
    | MAPPINGS
)
"""Bases outside of the program that add no field."""
RESHAPING = frozenset({"model_serializer", "computed_field"})
"""Decorators by which a model writes more than its fields."""
ADDING = frozenset({"update", "setdefault", "__setitem__"})
READING = frozenset({"get", "pop", "items", "keys", "values", "copy"})
MOST_STEPS = 6


class Spread:
    """Finds them."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def keys(self, node: ast.expr, frame: Frame, steps: int = 0) -> Keys | None:
        """The keys that a mapping can have; None where that is open."""
        if steps > MOST_STEPS:
            return None
        match node:
            case ast.Dict():
                return self._display(node, frame, steps)
            case ast.Call():
                return self._call(node, frame, steps)
            case ast.Attribute(attr="__dict__", value=owner):
                return self._stored(self._program.evaluate(owner, frame))
            case ast.Name():
                return self._local(node, frame, steps)
            case ast.BoolOp(op=ast.Or()):
                return _union(self.keys(part, frame, steps + 1) for part in node.values)
            case ast.IfExp():
                return _union(self.keys(part, frame, steps + 1) for part in (node.body, node.orelse))
            case ast.BinOp(op=ast.BitOr()):
                return _union(self.keys(part, frame, steps + 1) for part in (node.left, node.right))
            case _:
                return self._of_mappings(node, frame)

    def _display(self, node: ast.Dict, frame: Frame, steps: int) -> Keys | None:
        found: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.keys(value, frame, steps + 1) if key is None else _text(key)
            if inner is None:
                return None
            found |= inner
        return frozenset(found)

    def _call(self, node: ast.Call, frame: Frame, steps: int) -> Keys | None:
        match node.func:
            case ast.Attribute(value=owner, attr=name) if name in DUMPS:
                return self._dumped(node, owner, name, frame)
            case ast.Attribute(value=owner, attr="copy") if not node.args:
                return self.keys(owner, frame, steps + 1)
        names = {value.name for value in self._program.evaluate(node.func, frame) if isinstance(value, ExternalV)}
        if len(names) == 1 and names <= OF_OBJECTS and len(node.args) == 1:
            values = self._program.evaluate(node.args[0], frame)
            return self._stored(values) if names == {"builtins.vars"} else self._fields(values)
        if names == {"builtins.dict"} and len(node.args) <= 1:
            of_first = self.keys(node.args[0], frame, steps + 1) if node.args else frozenset[str]()
            return _union([of_first, *(self._keyword(keyword, frame, steps) for keyword in node.keywords)])
        return self._of_mappings(node, frame)

    def _keyword(self, keyword: ast.keyword, frame: Frame, steps: int) -> Keys | None:
        return self.keys(keyword.value, frame, steps + 1) if keyword.arg is None else frozenset({keyword.arg})

    def _dumped(self, node: ast.Call, owner: ast.expr, name: str, frame: Frame) -> Keys | None:
        """`model.model_dump(include={"name"}, exclude={"id"})`."""
        values = self._program.evaluate(owner, frame)
        for value in values:
            if not isinstance(value, InstanceV) or self._program.definitions.method(value.cls, name) is not None:
                return None
        found = self._fields(values)
        for keyword in node.keywords:
            if found is None or keyword.arg is None:
                return None
            if keyword.arg in ("by_alias", "context") and not _is_false(keyword.value):
                return None
            named = _names(keyword.value)
            if keyword.arg == "include" and named is not None:
                found &= named
            elif keyword.arg == "exclude" and named is not None and not isinstance(keyword.value, ast.Dict):
                found -= named  # of a dictionary only parts may be left out
        return found

    def _of_mappings(self, node: ast.expr, frame: Frame) -> Keys | None:
        """An expression that is annotated as a typed dictionary."""
        values = self._program.evaluate(node, frame)
        definitions = self._program.definitions
        if values and all(isinstance(one, InstanceV) and definitions.derives(one.cls, MAPPINGS) for one in values):
            return self._fields(values)
        return None

    def _local(self, node: ast.Name, frame: Frame, steps: int) -> Keys | None:
        """A name of the function, bound to mappings and filled in sight."""
        function = frame.code
        if not isinstance(function, Function) or node.id not in function.scope.bindings:
            return None
        if node.id in function.scope.elsewhere or function.flow.shares(node.id):
            return None
        found: list[Keys | None] = []
        for binding in function.scope.bindings[node.id]:
            if binding.kind is Bind.ANNOTATION:
                continue
            if binding.kind is Bind.PARAMETER:
                passed = _passed(node.id, frame)
                found.append(self._of_mappings(node, frame) if passed is None else passed)
            elif binding.kind is Bind.VALUE and not binding.path and isinstance(binding.node, ast.expr):
                found.append(self.keys(binding.node, frame, steps + 1))
            else:
                return None
        for use, around in function.flow.uses_that_may_fill(node.id):
            found.append(self._put(use, around, function, frame, steps))
        return _union(found)

    def _put(self, use: ast.AST, around: ast.AST, function: Function, frame: Frame, steps: int) -> Keys | None:
        """The keys that one use of a mapping's name adds to it."""
        match around:
            case ast.keyword(arg=None) | ast.Delete():
                return frozenset()
            case ast.Dict(keys=keys, values=values):
                unpacked = all(key is None for key, one in zip(keys, values, strict=True) if one is use)
                return frozenset() if unpacked else None
            case ast.Subscript(slice=key):
                return frozenset() if isinstance(around.ctx, ast.Del) else _text(key)
            case ast.Attribute(attr=name) if name in READING:
                return frozenset()
            case ast.Attribute(attr=name) if name in ADDING:
                call = next((call for call in function.flow.calls if call.func is around), None)
                if call is None or len(call.args) > 2:
                    return None
                if name == "update":
                    of_args = [self.keys(argument, frame, steps + 1) for argument in call.args]
                    return _union([*of_args, *(self._keyword(keyword, frame, steps) for keyword in call.keywords)])
                return _text(call.args[0]) if call.args else None
            case _:
                return None

    def _fields(self, values: Iterable[Value]) -> Keys | None:
        """The fields of objects of these classes. The framework makes what an endpoint's annotation says; a function
        that is given an object of a derived class is looked at with that.
        """
        found: set[str] = set()
        for value in values:
            keys = self._of_class(value.cls) if isinstance(value, InstanceV) else None
            if keys is None:
                return None
            found |= keys
        return frozenset(found) if found else None

    def _of_class(self, cls: Class) -> Keys | None:
        definitions = self._program.definitions
        found: set[str] = set()
        for base in definitions.mro(cls):
            if isinstance(base, str):
                if base not in PLAIN_BASES:
                    return None
                continue
            if self._says_more(base):
                return None
            found.update(base.scope.bindings)
        return frozenset(found)

    def _says_more(self, cls: Class) -> bool:
        """Whether its objects may have fields that are not written down."""
        parent = self._program.frames.parent(cls)
        for base in cls.node.bases:
            if not isinstance(base, ast.Subscript) and not self._program.evaluate(base, parent):
                return True
        for node in walk(cls.node):
            match node:
                case ast.keyword(arg="extra", value=value) | ast.Assign(targets=[ast.Name(id="extra")], value=value):
                    if not (isinstance(value, ast.Constant) and value.value in ("ignore", "forbid")):
                        return True
                case ast.Dict(keys=keys) if any(isinstance(key, ast.Constant) and key.value == "extra" for key in keys):
                    return True
                case ast.FunctionDef(decorator_list=decorators) if decorators:
                    names = {ast.unparse(decorator).partition("(")[0].rpartition(".")[2] for decorator in decorators}
                    if RESHAPING & names:
                        return True
        return False

    def _stored(self, values: Iterable[Value]) -> Keys | None:
        """What objects hold: `vars(x)`."""
        found = self._fields(values)
        if found is None:
            return None
        stored: set[str] = set(found)
        for value in values:
            assert isinstance(value, InstanceV)
            for base in self._program.definitions.mro(value.cls):
                stored.update(base.stores if isinstance(base, Class) else ())
        return frozenset(stored)


def _passed(name: str, frame: Frame) -> Keys | None:
    """The names in `**kwargs`, of a call of which all is known."""
    given = frame.argument(name)
    if not isinstance(given, Passed) or name not in frame.certain:
        return None
    return frozenset(str(key) for value in given if isinstance(value, DictV) for key, _ in value.items)


def _union(parts: Iterable[Keys | None]) -> Keys | None:
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def _text(key: ast.expr) -> Keys | None:
    return frozenset({key.value}) if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _names(node: ast.expr) -> Keys | None:
    """`{"id", "name"}`, `["id"]`, `{"id": True}`."""
    parts = node.elts if isinstance(node, ast.Set | ast.List | ast.Tuple) else ()
    if isinstance(node, ast.Dict):
        parts = [key for key in node.keys if key is not None]
        if len(parts) < len(node.keys):
            return None
    return _union(map(_text, parts)) if parts else None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
