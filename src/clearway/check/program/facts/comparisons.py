"""Whether two values are equal, one is less than another, or a part of it; None where that is open."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from clearway.check.program.values import (
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    FunctionV,
    InstanceV,
    ListV,
    ModuleV,
    TupleV,
    Value,
)
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.program import Program


BUILT_IN = frozenset({"builtins.str", "builtins.list", "builtins.dict", "builtins.int", "builtins.bytes"})
ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Comparisons:
    """Compares values of the program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def as_constant(self, value: Value) -> Value:
        """A member of an enumeration that is text or a number as that, anything else as it is."""
        if isinstance(value, InstanceV) and value.is_member and self._program.definitions.is_enum(value.cls):
            return self._program.facts.objects.as_constant(value) or value
        return value

    def equal(self, one: Value, other: Value) -> bool | None:
        """Whether two values are the same, or equal; None where that is open."""
        if isinstance(one, InstanceV) and isinstance(other, InstanceV):
            return self._same_member(one, other)
        if isinstance(other, InstanceV):
            one, other = other, one
        if isinstance(one, InstanceV):
            return self._equals(one, other)
        if isinstance(one, ConstantV) and isinstance(other, ConstantV):
            return one.value == other.value
        if isinstance(one, ClassV | FunctionV) and isinstance(other, ClassV | FunctionV):
            if isinstance(one, ClassV) and isinstance(other, ClassV):
                return one.cls is other.cls
            return None
        if isinstance(other, ConstantV):
            one, other = other, one
        if isinstance(one, ConstantV) and one.value is None:
            known = ClassV | FunctionV | ModuleV | ListV | DictV | TupleV
            named = isinstance(other, ExternalInstanceV) and other.name in BUILT_IN
            return False if isinstance(other, known) or named else None
        return None

    def _same_member(self, one: InstanceV, other: InstanceV) -> bool | None:
        definitions = self._program.definitions
        if not (one.is_member and other.is_member and definitions.is_enum(one.cls) and definitions.is_enum(other.cls)):
            return None
        if one == other:
            return True
        objects = self._program.facts.objects
        if one.cls is not other.cls:
            return False if objects.is_plain_member(one) and objects.is_plain_member(other) else None
        first, second = objects.value_of(one), objects.value_of(other)
        if first is not None and second is not None:
            return first == second  # two names of one member, where the values are equal
        if definitions.method(one.cls, "__eq__") is not None:
            return None
        return None if ast.dump(_value(one)) == ast.dump(_value(other)) and not _is_auto(one) else False

    def _equals(self, member: InstanceV, other: Value) -> bool | None:
        """An object, and something that is none of the program's objects."""
        if isinstance(other, ConstantV) and other.value is None:
            return False if self._program.definitions.method(member.cls, "__eq__") is None else None
        if not member.is_member or not self._program.definitions.is_enum(member.cls):
            return None
        objects = self._program.facts.objects
        constant = objects.as_constant(member)
        if constant is not None and isinstance(other, ConstantV):
            return constant.value == other.value
        return False if objects.is_plain_member(member) and isinstance(other, ConstantV) else None


def ordered(asked: ast.cmpop, one: Value, other: Value) -> bool | None:
    """Whether one constant is less, or more, than another."""
    compare = ORDERS.get(type(asked))
    if compare is None or not isinstance(one, ConstantV) or not isinstance(other, ConstantV):
        return None
    try:
        return bool(compare(one.value, other.value))
    except TypeError:
        return None


def is_part(one: Value, text: Value) -> bool | None:
    """`"gpt" in model`."""
    if not isinstance(one, ConstantV) or not isinstance(text, ConstantV):
        return None
    return one.value in text.value if isinstance(one.value, str) and isinstance(text.value, str) else None


def _value(member: InstanceV) -> ast.AST:
    assert member.site is not None
    return member.site


def _is_auto(member: InstanceV) -> bool:
    return isinstance(member.site, ast.Call) and last_name(member.site) == "auto"
