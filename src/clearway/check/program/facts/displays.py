"""What is certain of dictionaries and lists that are written down: what they have at a key, and what they hold."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.facts.fact import NONE, Fact, union
from clearway.check.program.values import ClassV, ConstantV, Frame, InstanceV, Value, Values

if TYPE_CHECKING:
    from clearway.check.program.facts.facts import Facts
    from clearway.check.program.program import Program


_GROWN = re.compile(r"\b(\w+)\.(?:update|extend|extendleft)\(")


class DisplayFacts:
    """Looks into displays that nothing fills elsewhere."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self._program = program
        self._facts = facts

    def of_subscript(self, node: ast.Subscript, frame: Frame) -> Fact | None:
        """`REGISTRY[key]`, of a dictionary that is written down and filled nowhere else."""
        asked = self._facts.of(node.slice, frame)
        owner = self._facts.of(node.value, frame) if isinstance(node.value, ast.Name) else None
        if owner is not None and len(owner.values) == 1 and isinstance(next(iter(owner.values)), ClassV):
            (cls,) = owner.values
            assert isinstance(cls, ClassV)
            return None if asked is None else self._facts.objects.member_named(cls.cls, asked)
        return self._looked_up(node.value, asked, frame)

    def of_get(self, node: ast.Call, held: ast.expr, frame: Frame) -> Fact | None:
        """`KINDS.get(name, default)`."""
        if not 1 <= len(node.args) <= 2 or node.keywords:
            return None
        missing = self._facts.of(node.args[1], frame) if len(node.args) == 2 else Fact(NONE)
        if missing is None:
            return None
        return self._looked_up(held, self._facts.of(node.args[0], frame), frame, missing)

    def elements(self, node: ast.expr, frame: Frame) -> Fact | None:
        """What a written list, set or tuple holds."""
        written = self._written(node, frame)
        if written is None or not isinstance(written[0], ast.Tuple | ast.List | ast.Set):
            return None
        return union(self._facts.of(part, written[1]) for part in written[0].elts)

    def _looked_up(self, node: ast.expr, asked: Fact | None, frame: Frame, missing: Fact | None = None) -> Fact | None:
        """What a written dictionary has at a key, any of its values where the key is open; `missing` for another."""
        written = self._written(node, frame)
        if written is None or not isinstance(written[0], ast.Dict):
            return None
        display, where = written
        assert isinstance(display, ast.Dict)
        wanted = None if asked is None else self._keys(asked)
        chosen: list[Fact | None] = []
        for key, value in zip(display.keys, display.values, strict=True):
            fact = self._facts.of(key, where) if key is not None else None
            held = None if fact is None else self._keys(fact)
            if held is None:
                return None
            if wanted is None or held & wanted:
                chosen.append(self._facts.of(value, where))
        if missing is not None and (wanted is None or len(chosen) < len(wanted)):
            chosen.append(missing)
        fact = union(chosen)
        return Fact(fact.values, True) if fact is not None and asked is not None and asked.by_default else fact

    def _keys(self, fact: Fact) -> Values | None:
        """What values are as keys; None where one of them cannot be told."""
        found: set[Value] = set()
        for value in fact.values:
            if isinstance(value, InstanceV) and value.is_member and self._program.definitions.is_enum(value.cls):
                found.add(self._facts.objects.as_constant(value) or value)
            elif isinstance(value, ConstantV | ClassV):
                found.add(value)
            else:
                return None
        return frozenset(found)

    def _written(self, node: ast.expr, frame: Frame) -> tuple[ast.expr, Frame] | None:
        """The display that stands here, or that a name is bound to once and that nothing is put into."""
        if not isinstance(node, ast.Name):
            return node, frame
        found = self._program.modules.assigned(node.id, frame)
        if found is None or len(found[1].code.scope.bindings.get(node.id, ())) != 1:
            return None
        code = found[1].code
        if node.id in code.scope.changed:
            return None
        if isinstance(code, Function) and self._facts.names.handed_elsewhere(node.id, code, found[1]):
            return None
        filled = node.id in self._grown or self._program.stores.of_elements(node.id, code)
        return None if filled else found

    @cached_property
    def _grown(self) -> frozenset[str]:
        """Names of collections to which the project adds others."""
        texts = (module.source.text for module in self._program.modules.project)
        return frozenset(name for text in texts for name in _GROWN.findall(text))
