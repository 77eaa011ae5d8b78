"""Which bindings a name can have where it is given a new value that is made of its old one: `s = s.where(x)`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.code.scopes import Bind
from clearway.check.source.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearway.check.program.code.scopes import Binding, Scope

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_OF_EXPRESSIONS = frozenset({Bind.VALUE, Bind.ELEMENT, Bind.ENTERED})


@dataclass(frozen=True, slots=True)
class _Step:
    """One statement on the way to a place: its block, where it stands there, and whether the block is repeated."""

    block: Sequence[ast.AST]
    index: int
    loop: ast.AST | None


def reaching(body: Sequence[ast.AST], scope: Scope) -> dict[ast.Name, list[Binding]]:
    """For each use of a name within its own new value: the bindings that it can have there."""
    found: dict[ast.Name, list[Binding]] = {}
    places: dict[ast.AST, tuple[_Step, ...]] | None = None
    for name, bindings in scope.bindings.items():
        if len(bindings) < 2 or name in scope.elsewhere:
            continue
        for position, binding in enumerate(bindings):
            uses = _uses(name, binding)
            if not uses:
                continue
            if places is None:
                places = dict(_places(body, ()))
            way = places.get(binding.node)
            if way is not None and (before := _before(bindings, position, way, places)):
                found.update(dict.fromkeys(uses, before))
    return found


def _uses(name: str, binding: Binding) -> list[ast.Name]:
    if binding.kind not in _OF_EXPRESSIONS:
        return []
    uses: list[ast.Name] = []
    for node in walk(binding.node):
        if isinstance(node, ast.comprehension) and any(
            isinstance(target, ast.Name) and target.id == name for target in walk(node.target)
        ):
            return []  # another name of its own
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            uses.append(node)
    return uses


def _before(
    bindings: list[Binding], position: int, way: tuple[_Step, ...], places: dict[ast.AST, tuple[_Step, ...]]
) -> list[Binding]:
    """The bindings since the last one that surely ran before, and in a loop those of its last turn."""
    outermost: ast.AST | None = None
    first = 0
    for step in reversed(way):
        sure = [
            index
            for index in range(position)
            if (other := places.get(bindings[index].node)) is not None
            and other[-1].block is step.block
            and other[-1].index < step.index
            and _always_binds(step.block[other[-1].index])
        ]
        if sure:
            first = sure[-1]
            break
        outermost = step.loop or outermost
    found = bindings[first:position]
    annotations = [one for one in bindings[:first] if one.kind is Bind.ANNOTATION]
    if outermost is not None:
        found = found + [
            later
            for later in bindings[position + 1 :]
            if any(step.loop is outermost for step in places.get(later.node, ()))
        ]
    return annotations + found


def _always_binds(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign | ast.With | ast.AsyncWith)


def _places(
    block: Sequence[ast.AST], above: tuple[_Step, ...], loop: ast.AST | None = None
) -> Iterator[tuple[ast.AST, tuple[_Step, ...]]]:
    """The expressions whose values statements bind, each with the way to its statement."""
    for index, statement in enumerate(block):
        way = (*above, _Step(block, index, loop))
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield value, way
            case ast.For(iter=value) | ast.AsyncFor(iter=value):
                yield value, way
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    yield item.context_expr, way
        repeats = statement if isinstance(statement, ast.For | ast.AsyncFor | ast.While) else None
        for field in _BLOCKS:
            inner = getattr(statement, field, None)
            if isinstance(inner, list) and inner:
                yield from _places(inner, way, repeats if field == "body" else None)
