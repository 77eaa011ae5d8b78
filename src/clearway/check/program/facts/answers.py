"""What a test gives, by what is certain: flags, text, members of enumerations, classes, what is async."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.code import Class
from clearway.check.program.facts.comparisons import Comparisons, is_part, ordered
from clearway.check.program.facts.questions import QUESTIONS
from clearway.check.program.values import (
    ClassV,
    ConstantV,
    DictV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    ModuleV,
    OffloadedV,
    PartialV,
    TupleV,
    Value,
)
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.program.facts.fact import Fact
    from clearway.check.program.program import Program


@dataclass(frozen=True, slots=True)
class Answer:
    """What a test gives."""

    holds: bool
    by_default: bool = False
    """A variable of the environment may say otherwise."""


class Answers:
    """Answers tests."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._comparisons = Comparisons(program)

    def of(self, test: ast.expr, frame: Frame) -> Answer | None:
        """Whether a test holds in this frame; None where that is open."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                inner = self.of(test.operand, frame)
                return None if inner is None else Answer(not inner.holds, inner.by_default)
            case ast.BoolOp():
                return self._joined(test, frame)
            case ast.Compare():
                return self._compared(test, frame)
            case ast.Call():
                return self._asked(test, frame)
            case _:
                return self._truth(self._program.facts.of(test, frame))

    def _joined(self, test: ast.BoolOp, frame: Frame) -> Answer | None:
        """`a or b` holds as soon as one does."""
        stops = isinstance(test.op, ast.Or)
        parts = [self.of(part, frame) for part in test.values]
        deciding = [part for part in parts if part is not None and part.holds is stops]
        if deciding:
            return Answer(stops, all(part.by_default for part in deciding))
        if None in parts:
            return None
        return Answer(not stops, any(part.by_default for part in parts if part is not None))

    def _truth(self, fact: Fact | None) -> Answer | None:
        if fact is None:
            return None
        return _same(map(self._is_true, fact.values), fact.by_default)

    def _is_true(self, value: Value) -> bool | None:
        match value:
            case ConstantV():
                return bool(value.value)
            case FunctionV() | ClassV() | ModuleV():
                return True
            case TupleV(items=items):
                return bool(items)
            case InstanceV() if value.is_member and self._program.definitions.is_enum(value.cls):
                constant = self._program.facts.objects.as_constant(value)
                plain = self._program.facts.objects.is_plain_member(value)
                return bool(constant.value) if constant is not None else True if plain else None
            case InstanceV():
                definitions = self._program.definitions
                for base in definitions.mro(value.cls):
                    if not isinstance(base, Class) and base.rpartition(".")[2] not in ALWAYS_TRUE:
                        return None
                return (
                    None
                    if definitions.method(value.cls, "__bool__") or definitions.method(value.cls, "__len__")
                    else True
                )
            case _:
                return None

    def _compared(self, test: ast.Compare, frame: Frame) -> Answer | None:
        if len(test.ops) != 1:
            return None
        ((asked, right),) = zip(test.ops, test.comparators, strict=True)
        if isinstance(asked, ast.In | ast.NotIn):
            found = self._is_in(test.left, right, frame)
            return found if found is None or isinstance(asked, ast.In) else Answer(not found.holds, found.by_default)
        if last_name(test.left) == "version_info":
            return _version(asked, right)
        one, other = self._program.facts.of(test.left, frame), self._program.facts.of(right, frame)
        if one is None or other is None:
            return None
        by_default = one.by_default or other.by_default
        pairs = [(a, b) for a in one.values for b in other.values]
        if isinstance(asked, ast.Is | ast.Eq | ast.IsNot | ast.NotEq):
            same = _same((self._comparisons.equal(a, b) for a, b in pairs), by_default)
            if same is None or isinstance(asked, ast.Is | ast.Eq):
                return same
            return Answer(not same.holds, same.by_default)
        return _same(
            (ordered(asked, self._comparisons.as_constant(a), self._comparisons.as_constant(b)) for a, b in pairs),
            by_default,
        )

    def _is_in(self, left: ast.expr, right: ast.expr, frame: Frame) -> Answer | None:
        facts = self._program.facts
        one = facts.of(left, frame)
        if one is None:
            return None
        held = self._elements(right, frame)
        if held is None:
            whole = facts.of(right, frame)
            if whole is None:
                return None
            within = (is_part(a, b) for a in one.values for b in whole.values)
            return _same(within, one.by_default or whole.by_default)
        by_default = one.by_default or any(fact.by_default for fact in held)
        return _same((self._among(value, held) for value in one.values), by_default)

    def _among(self, value: Value, held: list[Fact]) -> bool | None:
        answers = [_same((self._comparisons.equal(value, other) for other in fact.values), False) for fact in held]
        if any(answer is not None and answer.holds for answer in answers):
            return True
        return None if None in answers else False

    def _elements(self, node: ast.expr, frame: Frame) -> list[Fact] | None:
        """What a written collection holds."""
        if isinstance(node, ast.Name):
            bindings = frame.code.scope.bindings.get(node.id) or frame.module.scope.bindings.get(node.id, [])
            found = self._program.modules.assigned(node.id, frame) if len(bindings) == 1 else None
            # A list may be filled elsewhere; a tuple stays what it is.
            if found is None or not isinstance(found[0], ast.Tuple):
                return None
            node, frame = found
        if not isinstance(node, ast.Tuple | ast.List | ast.Set):
            return None
        facts = [self._program.facts.of(part, frame) for part in node.elts]
        known = [fact for fact in facts if fact is not None]
        return known if len(known) == len(facts) else None

    def _asked(self, test: ast.Call, frame: Frame) -> Answer | None:
        """`isinstance(x, C)`, `callable(x)`, `hasattr(x, "name")`, `iscoroutinefunction(f)`, or any other call."""
        name = last_name(test.func)
        asks = QUESTIONS.get(name)
        if asks is not None and len(test.args) == 1:
            return _same((asks(value) for value in self._program.evaluate(test.args[0], frame)), False)
        if name not in ("isinstance", "callable", "hasattr") or not test.args or not isinstance(test.func, ast.Name):
            return self._truth(self._program.facts.of(test, frame))
        fact = self._program.facts.of(test.args[0], frame)
        if fact is None:
            return None
        if name == "callable":
            return _same(map(self._is_callable, fact.values), fact.by_default)
        if len(test.args) != 2:
            return None
        if name == "hasattr":
            wanted = test.args[1]
            if not isinstance(wanted, ast.Constant) or not isinstance(wanted.value, str):
                return None
            return _same((self._has(value, wanted.value) for value in fact.values), fact.by_default)
        classes = self._program.evaluate(test.args[1], frame)
        if isinstance(test.args[1], ast.Tuple) and not all(self._program.evaluate(p, frame) for p in test.args[1].elts):
            return None
        is_instance = self._program.instances.is_instance
        return _same((is_instance(value, classes) for value in fact.values), fact.by_default) if classes else None

    def _is_callable(self, value: Value) -> bool | None:
        match value:
            case FunctionV() | ClassV() | PartialV() | OffloadedV():
                return True
            case ConstantV() | ListV() | DictV() | TupleV():
                return False
            case InstanceV():
                return True if self._program.definitions.method(value.cls, "__call__") is not None else None
            case _:
                return None

    def _has(self, value: Value, name: str) -> bool | None:
        if isinstance(value, ConstantV):
            return hasattr(value.value, name)
        if isinstance(value, InstanceV) and self._program.definitions.method(value.cls, name) is not None:
            return True
        return None

    def matches(self, subject: ast.expr, pattern: ast.pattern, frame: Frame) -> Answer | None:
        """Whether a `case` is taken."""
        fact = self._program.facts.of(subject, frame)
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
            return Answer(True)
        if fact is None:
            return None
        return _same((self._matched(value, pattern, frame) for value in fact.values), fact.by_default)

    def _matched(self, value: Value, pattern: ast.pattern, frame: Frame) -> bool | None:
        match pattern:
            case ast.MatchValue(value=written):
                wanted = self._program.facts.of(written, frame)
                if wanted is None or wanted.by_default or len(wanted.values) != 1:
                    return None
                return self._comparisons.equal(value, next(iter(wanted.values)))
            case ast.MatchSingleton(value=constant):
                return self._comparisons.equal(value, ConstantV(constant))
            case ast.MatchOr(patterns=patterns):
                answers = [self._matched(value, one, frame) for one in patterns]
                return True if True in answers else None if None in answers else False
            case ast.MatchAs(pattern=None):
                return True
            case ast.MatchAs(pattern=inner) if inner is not None:
                return self._matched(value, inner, frame)
            case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=[]):
                return self._program.instances.is_instance(value, self._program.evaluate(cls, frame))
            case ast.MatchSequence() | ast.MatchMapping():
                return False if isinstance(value, ConstantV) else None
            case _:
                return None


ALWAYS_TRUE = frozenset({"object", "ABC", "Protocol", "Generic", "BaseModel", "BaseSettings"})


def _same(answers: Iterable[bool | None], by_default: bool) -> Answer | None:
    """The answer that all values give."""
    found = set(answers)
    if len(found) != 1:
        return None
    (holds,) = found
    return None if holds is None else Answer(holds, by_default)


OLDEST_PYTHON = (3, 9)
"""What newer code is written for; a test for an older one is decided."""


def _version(asked: ast.cmpop, right: ast.expr) -> Answer | None:
    """`sys.version_info >= (3, 8)`."""
    if not isinstance(right, ast.Tuple) or not all(isinstance(part, ast.Constant) for part in right.elts):
        return None
    wanted = tuple(part.value for part in right.elts if isinstance(part, ast.Constant))
    if not all(isinstance(part, int) for part in wanted) or wanted > OLDEST_PYTHON:
        return None
    if isinstance(asked, ast.GtE | ast.Gt):
        return Answer(True)
    return Answer(False) if isinstance(asked, ast.Lt | ast.LtE) else None
