"""Objects kept by a name of their own: `self._items[item.name] = item`. Who asks by a constant gets that one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import ConstantV, DictV, InstanceV, Value, Values

if TYPE_CHECKING:
    from clearway.check.program.program import Program

MOST_CLASSES = 40
MOST_STEPS = 6


class Registries:
    """Finds the names of objects by their classes."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def with_named(self, held: Value, put: Values, attribute: str) -> Value:
        """A dictionary that holds these too, each under what its attribute says."""
        if not isinstance(held, DictV):
            return held
        items = dict(held.items)
        other = held.other
        for value in put:
            for one in self._kinds(value):
                name = self._name_of(one, attribute)
                if name is None:
                    other |= {one}
                else:
                    items[name] = items.get(name, frozenset()) | {one}
        return DictV(tuple(items.items()), other)

    def _kinds(self, value: Value) -> list[Value]:
        """An object of which only a base class is known, as one of each class that it may be of."""
        if not isinstance(value, InstanceV) or value.made_by is not None or value.is_member:
            return [value]
        definitions = self._program.definitions
        below = definitions.subclasses(value.cls)
        if not 0 < len(below) <= MOST_CLASSES:
            return [value]
        methods = {name for cls in definitions.mro(value.cls) if isinstance(cls, Class) for name in cls.methods_by_name}
        abstract = any(
            method.is_abstract for name in methods if (method := definitions.method(value.cls, name)) is not None
        )
        return [*([] if abstract else [value]), *(InstanceV(cls) for cls in below)]

    def _name_of(self, value: Value, attribute: str) -> str | None:
        """The text that an attribute of an object always holds."""
        if not isinstance(value, InstanceV):
            return None
        return self._constant(value.cls, attribute, 0)

    def _constant(self, cls: Class, attribute: str, steps: int) -> str | None:
        definitions = self._program.definitions
        order = [base for base in definitions.mro(cls) if isinstance(base, Class)]
        if steps > MOST_STEPS or self._set_outside(attribute, order):
            return None
        stores = [(base, store) for base in order for store in base.stores.get(attribute, ())]
        if stores:
            if len(stores) > 1:
                return None
            ((owner, (method, value, _annotation, path)),) = stores
            if value is None or path or method.name != "__init__":
                return None
            return self._given(cls, owner, method, value, order, steps)
        return self._in_body(cls, attribute, order, steps)

    def _in_body(self, cls: Class, attribute: str, order: list[Class], steps: int) -> str | None:
        """What a class statement says of an attribute."""
        definitions = self._program.definitions
        for base in order:
            method_ = definitions.own_method(base, attribute)
            if method_ is not None:
                return self._of_property(cls, method_, steps)
            bound = [one for one in base.scope.bindings.get(attribute, ()) if one.kind is not Bind.ANNOTATION]
            if bound:
                frames = self._program.frames
                where = frames.of_class(base, frames.parent(base))
                fact = self._program.facts.names.bound(attribute, where) if len(bound) == 1 else None
                return _text(fact.values) if fact is not None and not fact.by_default else None
        return None

    def _set_outside(self, attribute: str, order: list[Class]) -> bool:
        """Whether the attribute is set by other code than the classes' own methods."""
        own = {id(method) for base in order for method, *_ in base.stores.get(attribute, ())}
        return any(
            id(function) not in own and not (isinstance(target.value, ast.Name) and target.value.id in ("self", "cls"))
            for _module, function, target, _value in self._program.stores.of_attribute(attribute)
        )

    def _of_property(self, cls: Class, function: Function, steps: int) -> str | None:
        if not function.is_property or len(function.flow.returns) != 1:
            return None
        return self._read(cls, function, function.flow.returns[0].value, steps)

    def _read(self, cls: Class, function: Function, value: ast.expr | None, steps: int) -> str | None:
        """Text, or an attribute of the object itself."""
        match value:
            case ast.Constant(value=str(text)):
                return text
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == function.receiver:
                return self._constant(cls, attribute, steps + 1)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == cls.name:
                return self._constant(cls, attribute, steps + 1)
            case ast.Name() if value.id not in function.scope.bindings:
                fact = self._program.facts.names.of_module(function.module, value.id)
                return _text(fact.values) if fact is not None and not fact.by_default else None
            case _:
                return None

    def _given(
        self, cls: Class, owner: Class, method: Function, value: ast.expr, order: list[Class], steps: int
    ) -> str | None:
        """What a constructor stores: a constant, or what the constructors of subclasses hand to it."""
        if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
            # `name or type(self).__name__`
            return self._given(cls, owner, method, value.values[0], order, steps) or None
        if not isinstance(value, ast.Name) or value.id not in method.scope.bindings:
            match value:
                case ast.Attribute(value=ast.Name(id=name)) if steps and name == method.receiver:
                    # `super().__init__(self.name)`: not set yet, so the class says it.
                    return self._in_body(cls, value.attr, order, steps)
            return self._read(cls, method, value, steps)
        below = [base for base in order[: order.index(owner)] if "__init__" in base.methods_by_name]
        if not below or len(method.scope.bindings[value.id]) != 1:
            return None
        caller = self._program.definitions.own_method(below[-1], "__init__")
        names = [parameter.arg for parameter in method.parameters]
        if caller is None or value.id not in names:
            return None
        calls = [call for call in caller.flow.calls if _is_super(call.func)]
        if len(calls) != 1:
            return None
        given = _argument(calls[0], names.index(value.id) - 1, value.id)
        if given is None:
            return None
        return self._given(cls, below[-1], caller, given, order, steps + 1) if steps < MOST_STEPS else None


def _is_super(called: ast.expr) -> bool:
    """`super().__init__`."""
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "__init__"
        and isinstance(called.value, ast.Call)
        and isinstance(called.value.func, ast.Name)
        and called.value.func.id == "super"
    )


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return call.args[position] if plain and 0 <= position < len(call.args) else None


def _text(values: Values) -> str | None:
    value = next(iter(values)) if len(values) == 1 else None
    return value.value if isinstance(value, ConstantV) and isinstance(value.value, str) else None
