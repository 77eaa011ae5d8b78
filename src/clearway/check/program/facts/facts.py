"""What is certain: all that an expression can stand for, where nothing is left out. Branches are decided by it alone.

`Expressions` gathers what an expression *may* stand for and leaves out what it does not understand: good for finding
callees, too little to say that a branch never runs. Here an expression is known as a whole, or not at all.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from clearway.check.program.facts.displays import DisplayFacts
from clearway.check.program.facts.fact import BOTH, LONGEST_TEXT, TEXT, Fact, display, of_host, union
from clearway.check.program.facts.names import NameFacts
from clearway.check.program.facts.objects import Objects
from clearway.check.program.facts.results import ResultFacts
from clearway.check.program.values import (
    ClassV,
    Complete,
    ConstantV,
    DictV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    ModuleV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.program import Program

COLLECTIONS = (ListV, DictV, TupleV)


class Facts:
    """Finds what is certain, once for each expression and frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.objects = Objects(program, self)
        self.names = NameFacts(program, self)
        self.displays = DisplayFacts(program, self)
        self.results = ResultFacts(program, self)
        self._known: dict[tuple[ast.expr, Frame], Fact | None] = {}
        self._busy: set[tuple[ast.expr, Frame]] = set()

    def of(self, node: ast.expr, frame: Frame) -> Fact | None:
        """All that an expression can stand for in this frame; None where that is open."""
        if type(node) is ast.Constant:
            return _constant(node)
        reader = _READERS.get(type(node))
        if reader is None:
            return None
        key = (node, frame)
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            return None
        self._busy.add(key)
        try:
            fact = reader(self, node, frame)
        finally:
            self._busy.discard(key)
        self._known[key] = fact
        return fact

    def complete(self, node: ast.expr, values: Values, frame: Frame) -> Values:
        """What a call hands over, marked where that is certain."""
        fact = self.of(node, frame)
        if fact is None or (fact.values == TEXT and any(isinstance(value, ConstantV) for value in values)):
            return values  # that it is some text says less than which one it may be
        if any(isinstance(value, COLLECTIONS) for value in fact.values):
            # That it is one is certain; what it holds, as far as is known.
            return Complete(values | {value for value in fact.values if isinstance(value, ConstantV)}, fact.by_default)
        return Complete(fact.values, fact.by_default)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Fact | None:
        owner = self.of(node.value, frame)
        if owner is None:
            return None
        found = union(self.member(value, node.attr, frame) for value in owner.values)
        return None if found is None else Fact(found.values, found.by_default or owner.by_default)

    def member(self, value: Value, name: str, frame: Frame) -> Fact | None:
        """What is certain of an attribute of this value."""
        match value:
            case ModuleV(module=module):
                if name in module.scope.bindings:
                    return self.names.of_module(module, name)
                values = self._program.attributes.one(value, name, frame)
                return Fact(values) if len(values) == 1 and isinstance(next(iter(values)), ModuleV) else None
            case ClassV():
                return self.objects.of_class(value, name)
            case InstanceV():
                return self.objects.of_instance(value, name)
            case ExternalV(name="os") if name == "environ":
                return Fact(frozenset({ExternalV("os.environ")}))  # data says of it only that it holds text
            case ExternalV(name=owner):
                return of_host(f"{owner}.{name}") or Fact(self._program.attributes.one(value, name, frame))
            case FunctionV(function=function) if name == "__name__":
                return Fact(frozenset({ConstantV(function.name)}))
            case ConstantV():
                return Fact(frozenset({ExternalV(f"builtins.{type(value.value).__name__}.{name}", value)}))
            case _:
                return None

    def _either(self, node: ast.IfExp, frame: Frame) -> Fact | None:
        answer = self._program.branches.answer(node.test, frame)
        if answer is None:
            return union((self.of(node.body, frame), self.of(node.orelse, frame)))
        fact = self.of(node.body if answer.holds else node.orelse, frame)
        return Fact(fact.values, True) if fact is not None and answer.by_default else fact

    def _bool(self, node: ast.BoolOp, frame: Frame) -> Fact | None:
        facts: list[Fact | None] = []
        by_default = False
        for part in node.values[:-1]:
            answer = self._program.branches.answer(part, frame)
            facts.append(self.of(part, frame))
            if answer is None:
                continue
            by_default = by_default or answer.by_default
            if answer.holds is isinstance(node.op, ast.Or):
                break
            facts.pop()  # it goes on to the next
        else:
            facts.append(self.of(node.values[-1], frame))
        fact = union(facts)
        return Fact(fact.values, fact.by_default or by_default) if fact is not None else None

    def truth(self, node: ast.expr, frame: Frame) -> Fact:
        """Whether a test holds: both where that is open."""
        answer = self._program.branches.answer(node, frame)
        if answer is None:
            return Fact(BOTH)
        return Fact(frozenset({ConstantV(answer.holds)}), answer.by_default)

    def _not(self, node: ast.UnaryOp, frame: Frame) -> Fact | None:
        return self.truth(node, frame) if isinstance(node.op, ast.Not) else None

    def _walrus(self, node: ast.NamedExpr, frame: Frame) -> Fact | None:
        return self.of(node.value, frame)

    def _tuple(self, node: ast.Tuple, frame: Frame) -> Fact | None:
        parts = [self.of(part, frame) for part in node.elts]
        known = [part.values for part in parts if part is not None]
        return Fact(frozenset({TupleV(tuple(known))})) if len(known) == len(parts) else None

    def _function(self, node: ast.Lambda, frame: Frame) -> Fact:
        return Fact(self._program.evaluate(node, frame))

    def _text(self, _node: ast.JoinedStr, _frame: Frame) -> Fact:
        return Fact(TEXT)


def _constant(node: ast.Constant) -> Fact | None:
    value = node.value
    if value is None or isinstance(value, str | bytes | int | float):
        return Fact(TEXT if isinstance(value, str) and len(value) > LONGEST_TEXT else frozenset({ConstantV(value)}))
    return None


_READERS: dict[type[ast.expr], Callable[[Facts, Any, Frame], Fact | None]] = {
    ast.Name: lambda facts, node, frame: facts.names.of(node, frame),
    ast.Attribute: Facts._attribute,
    ast.Call: lambda facts, node, frame: facts.results.of_call(node, frame),
    ast.Await: lambda facts, node, frame: facts.results.of_await(node, frame),
    ast.Subscript: lambda facts, node, frame: facts.displays.of_subscript(node, frame),
    ast.IfExp: Facts._either,
    ast.BoolOp: Facts._bool,
    ast.Compare: Facts.truth,
    ast.UnaryOp: Facts._not,
    ast.NamedExpr: Facts._walrus,
    ast.List: lambda _facts, node, _frame: display(node),
    ast.Dict: lambda _facts, node, _frame: display(node),
    ast.ListComp: lambda _facts, node, _frame: display(node),
    ast.DictComp: lambda _facts, node, _frame: display(node),
    ast.Tuple: Facts._tuple,
    ast.Lambda: Facts._function,
    ast.JoinedStr: Facts._text,
}
