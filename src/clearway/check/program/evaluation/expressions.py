"""What an expression stands for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from clearway.check.program.code import Function
from clearway.check.program.models.providers import MARKERS
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.keys import held_at, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.program import Program

TEXT: Values = frozenset({ExternalInstanceV("builtins.str")})
LONGEST_TEXT = 200


class Expressions:
    """Evaluates expressions, each once a frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[ast.expr, Frame], Values] = {}
        self._busy: dict[tuple[ast.expr, Frame], int] = {}
        self._same: dict[Values, Values] = {}
        """One set for all that are alike: most expressions of a program mean one of a few things."""
        self._constants: dict[tuple[type, object], Values] = {}

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """All that this expression may stand for."""
        if node.__class__ is ast.Constant:
            assert isinstance(node, ast.Constant)
            return self._constant(node)
        key = (node, frame)
        known = self._known.get(key)
        if known is not None:
            return known
        circles = self._program.circles
        if (depth := self._busy.get(key)) is not None:
            circles.close(depth)
            return UNKNOWN
        reader = _READERS.get(type(node))
        if reader is None:
            return OPAQUE
        depth = self._busy[key] = circles.enter()
        try:
            values = reader(self, node, frame)
        finally:
            del self._busy[key]
            final = circles.leave(depth)
        if not values and not final:
            return values  # asked for by what it is made of: `row = find(Row.name == x)`, and later `row.name = y`
        values = self._known[key] = self._same.setdefault(values, values)
        return values

    def _constant(self, node: ast.Constant) -> Values:
        value = node.value
        if isinstance(value, str | bytes) and len(value) > LONGEST_TEXT:
            return TEXT
        if value is None or isinstance(value, str | bytes | int | float):
            key = (value.__class__, value)
            known = self._constants.get(key)
            if known is None:
                known = self._constants[key] = frozenset({ConstantV(value)})
            return known
        return OPAQUE

    def _name(self, node: ast.Name, frame: Frame) -> Values:
        values = self._program.names.used(node, frame)
        if isinstance(frame.code, Function) and node in frame.code.narrowed:
            for cls, holds in frame.code.narrowed[node]:
                values = self._program.instances.narrowed(values, self.evaluate(cls, frame), holds)
        return values

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Values:
        program = self._program
        values = program.attributes.of(self.evaluate(node.value, frame), node.attr, frame)
        if not values and node.attr != "state":
            return self._state_without_type(node)
        if node.attr == "state" and not values:
            return frozenset({ExternalInstanceV("starlette.datastructures.State")})
        return values

    def _state_without_type(self, node: ast.Attribute) -> Values:
        """`x.state.name` of an x without a type: what the project stores there."""
        if isinstance(node.value, ast.Attribute) and node.value.attr == "state":
            state = ExternalInstanceV("starlette.datastructures.State")
            return self._program.external_attributes.of_instance(state, node.attr)
        return UNKNOWN

    def _call(self, node: ast.Call, frame: Frame) -> Values:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr="get" | "pop") if len(node.args) == 2:
                if _gives_no_keywords(name, frame):
                    return self.evaluate(node.args[1], frame)
            case ast.Attribute(value=text, attr="upper" | "lower" as method) if not node.args:
                values = self.evaluate(text, frame)
                texts = [one.value for one in values if isinstance(one, ConstantV) and isinstance(one.value, str)]
                if len(texts) == len(values) == 1:
                    return frozenset({ConstantV(texts[0].upper() if method == "upper" else texts[0].lower())})
            case _:
                pass
        return self._program.calls.outcome(node, frame).values

    def _await(self, node: ast.Await, frame: Frame) -> Values:
        return self._program.awaited(self.evaluate(node.value, frame))

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Values:
        found: Values = UNKNOWN
        for value in self.evaluate(node.value, frame):
            found = self._program.union(found, self._item(value, node, frame))
        return found

    def _item(self, value: Value, node: ast.Subscript, frame: Frame) -> Values:
        program = self._program
        match value:
            case DictV(items=items, other=other):
                asked = self.evaluate(node.slice, frame)
                exact = held_at(value, asked)
                if exact and not other:
                    return exact
                if items and asked and all(key_of(one) is not None for one in asked):
                    return exact | other  # where it is none of its keys, another dictionary is meant
                return value.values
            case ListV(element=element):
                return frozenset({value}) if isinstance(node.slice, ast.Slice) else element
            case TupleV(items=items):
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    return items[node.slice.value] if -len(items) <= node.slice.value < len(items) else UNKNOWN
                return program.iterated(frozenset({value}))
            case ClassV():
                # `Repository[User]` is Repository; `Color["red"]` a member.
                return frozenset({InstanceV(value.cls) if program.definitions.is_enum(value.cls) else value})
            case ExternalV(name=name) if name in MARKERS:
                return self.evaluate(node.slice, frame)
            case ExternalV(name="sys.modules") | ConstantV(value=None):
                return UNKNOWN
            case ExternalV():
                return frozenset({value}) if not value.name.startswith(("typing.", "typing_extensions.")) else UNKNOWN
            case FunctionV():
                return frozenset({value})
            case InstanceV():
                return program.special(value, "__getitem__")
            case ExternalInstanceV(name=name):
                held = program.library.returns(f"{name}.__getitem__")
                if held is not None:
                    return program.returned(held, value, ())
                return OPAQUE if name.startswith("builtins.") else UNKNOWN
            case ConstantV():
                return OPAQUE
            case _:
                return UNKNOWN

    def _dict(self, node: ast.Dict, frame: Frame) -> Values:
        items: dict[object, Values] = {}
        other: Values = UNKNOWN
        for key, value in zip(node.keys, node.values, strict=True):
            values = self.evaluate(value, frame)
            if key is None:
                for one in values:
                    if isinstance(one, DictV):
                        items.update(one.items)
                        other |= one.other
                continue
            keys = [known for one in self.evaluate(key, frame) if (known := key_of(one)) is not None]
            if len(keys) == 1:
                items[keys[0][0]] = values
            else:
                other = self._program.union(other, values)
        return frozenset({DictV(tuple(items.items()), other)})

    def _list(self, node: ast.List | ast.Set, frame: Frame) -> Values:
        return frozenset({ListV(self._elements(node.elts, frame))})

    def _tuple(self, node: ast.Tuple, frame: Frame) -> Values:
        if any(isinstance(part, ast.Starred) for part in node.elts):
            return frozenset({ListV(self._elements(node.elts, frame))})
        return frozenset({TupleV(tuple(self.evaluate(part, frame) for part in node.elts))})

    def _elements(self, nodes: list[ast.expr], frame: Frame) -> Values:
        found: Values = UNKNOWN
        for node in nodes:
            if isinstance(node, ast.Starred):
                values = self._program.iterated(self.evaluate(node.value, frame))
            else:
                values = self.evaluate(node, frame)
            found = self._program.union(found, values)
        return found

    def _comprehension(self, node: ast.ListComp | ast.SetComp, frame: Frame) -> Values:
        return frozenset({ListV(self.evaluate(node.elt, frame))})

    def _generator(self, node: ast.GeneratorExp, frame: Frame) -> Values:
        return frozenset({ListV(self.evaluate(node.elt, frame))})

    def _dict_comprehension(self, node: ast.DictComp, frame: Frame) -> Values:
        return frozenset({DictV((), self.evaluate(node.value, frame))})

    def _either(self, node: ast.IfExp, frame: Frame) -> Values:
        answer = self._program.branches.answer(node.test, frame)
        if answer is not None and not answer.by_default:
            return self.evaluate(node.body if answer.holds else node.orelse, frame)
        return self._program.union(self.evaluate(node.body, frame), self.evaluate(node.orelse, frame))

    def _bool(self, node: ast.BoolOp, frame: Frame) -> Values:
        found: Values = UNKNOWN
        for part in node.values:
            found = self._program.union(found, self.evaluate(part, frame))
        return found

    def _binary(self, node: ast.BinOp, frame: Frame) -> Values:
        left = self.evaluate(node.left, frame)
        right = self.evaluate(node.right, frame)
        if isinstance(node.op, ast.Div):
            paths = frozenset(
                value
                for value in left | right
                if isinstance(value, ExternalInstanceV) and value.name.startswith("pathlib.")
            )
            if paths:
                return paths
        if isinstance(node.op, ast.Mult) and any(
            isinstance(one, ExternalV) and one.receiver is None and one.name.startswith("ctypes.")
            for one in left | right
        ):
            return frozenset({ExternalV("ctypes.Array")})  # `(c_int * n)()`: a class, which makes an object
        if isinstance(node.op, ast.Add):
            texts = [
                one.value + other.value
                for one in left
                for other in right
                if isinstance(one, ConstantV)
                and isinstance(other, ConstantV)
                and isinstance(one.value, str)
                and isinstance(other.value, str)
            ]
            if len(texts) == 1:
                return frozenset({ConstantV(texts[0])})
            lists = [value for value in left | right if isinstance(value, ListV | TupleV)]
            if lists:
                return frozenset({ListV(self._program.iterated(frozenset(lists)))})
        if isinstance(node.op, ast.BitOr) and (joined := _joined(left, right)):
            return joined
        return OPAQUE if left and right else UNKNOWN

    def _formatted(self, node: ast.JoinedStr, frame: Frame) -> Values:
        text = ""
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            values = self.evaluate(inner, frame)
            constants = [one.value for one in values if isinstance(one, ConstantV)]
            if len(values) != 1 or len(constants) != 1 or len(text) > LONGEST_TEXT:
                return TEXT
            text += str(constants[0])
        return frozenset({ConstantV(text)})

    def _lambda(self, node: ast.Lambda, frame: Frame) -> Values:
        function = frame.module.functions.get(node)
        return frozenset({FunctionV(function, frame)}) if function is not None else UNKNOWN

    def _walrus(self, node: ast.NamedExpr, frame: Frame) -> Values:
        return self.evaluate(node.value, frame)

    def _starred(self, node: ast.Starred, frame: Frame) -> Values:
        return self.evaluate(node.value, frame)

    def _yield(self, _node: ast.expr, _frame: Frame) -> Values:
        return UNKNOWN


def _gives_no_keywords(name: str, frame: Frame) -> bool:
    """Whether a name is the `**kwargs` of a call that gives none."""
    here: Frame | None = frame
    while here is not None and name not in here.code.scope.bindings:
        here = here.parent
    if here is None or not isinstance(here.code, Function):
        return False
    own = here.code.node.args.kwarg
    return own is not None and own.arg == name and here.argument(name) is None


def _joined(left: Values, right: Values) -> Values:
    """`one | other`, of dictionaries and of sets."""
    found: set[Value] = set()
    for one in left:
        for other in right:
            if isinstance(one, DictV) and isinstance(other, DictV):
                items = {**dict(one.items), **dict(other.items)}
                found.add(DictV(tuple(items.items()), one.other | other.other))
            elif isinstance(one, ListV) and isinstance(other, ListV):
                found.add(ListV(one.element | other.element))
    return frozenset(found)


_READERS: dict[type[ast.expr], Callable[[Expressions, Any, Frame], Values]] = {
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.Await: Expressions._await,
    ast.Subscript: Expressions._subscript,
    ast.Dict: Expressions._dict,
    ast.List: Expressions._list,
    ast.Set: Expressions._list,
    ast.Tuple: Expressions._tuple,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._generator,
    ast.DictComp: Expressions._dict_comprehension,
    ast.IfExp: Expressions._either,
    ast.BoolOp: Expressions._bool,
    ast.BinOp: Expressions._binary,
    ast.JoinedStr: Expressions._formatted,
    ast.Lambda: Expressions._lambda,
    ast.NamedExpr: Expressions._walrus,
    ast.Starred: Expressions._starred,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield,
}
