"""Loops that register something, turn by turn: `for path, handler in [("/a", a), ("/b", b)]: app.add_api_route(…)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import ListV, TupleV, Values
from clearway.check.source.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame

MOST_TURNS = 300
"""Of all loops around one call together."""


class Loops:
    """Finds the turns of the loops around a node, where the program shows what they go over."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._around: dict[object, dict[ast.AST, tuple[ast.For, ...]]] = {}

    def turns(self, node: ast.AST, frame: Frame) -> list[Frame]:
        """The frame with the names of the loops bound, for each turn; empty where there is no loop, or one whose
        turns cannot be told.
        """
        loops = self._loops(frame).get(node, ())
        found = [frame]
        for loop in loops:
            found = [inner for outer in found for inner in self._turned(loop, outer)]
            if not 0 < len(found) <= MOST_TURNS:
                return []
        return found if loops else []

    def _loops(self, frame: Frame) -> dict[ast.AST, tuple[ast.For, ...]]:
        """The loops around each node of a piece of code, the outermost first."""
        code = frame.code
        if code not in self._around:
            found: dict[ast.AST, tuple[ast.For, ...]] = {}
            self._around[code] = found
            body = code.source.tree if not hasattr(code, "node") else code.node
            for loop in (each for each in walk(body) if isinstance(each, ast.For)):
                for statement in loop.body:
                    for node in walk(statement):
                        found[node] = (*found.get(node, ()), loop)
        return self._around[code]

    def _turned(self, loop: ast.For, frame: Frame) -> Iterator[Frame]:
        for element in self._elements(loop.iter, frame):
            names = dict(self._bound(loop.target, element))
            if names:
                yield self._program.frames.within(frame, names)

    def _bound(self, target: ast.expr, element: Values) -> Iterator[tuple[str, Values]]:
        if isinstance(target, ast.Name):
            yield target.id, element
        elif isinstance(target, ast.Tuple | ast.List):
            for index, part in enumerate(target.elts):
                yield from self._bound(part, self._program.part(element, (index,)))

    def _elements(self, node: ast.expr, frame: Frame) -> list[Values]:
        """What a loop goes over, one by one."""
        shown, where = self._shown(node, frame)
        evaluate = self._program.evaluate
        match shown:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                if not any(isinstance(element, ast.Starred) for element in elements):
                    return [evaluate(element, where) for element in elements]
            case ast.Dict():
                return [evaluate(key, where) for key in shown.keys if key is not None]
            case ast.Call(func=ast.Attribute(attr="items" | "values" as what, value=held), args=[]):
                pairs, there = self._shown(held, where)
                if isinstance(pairs, ast.Dict) and None not in pairs.keys:
                    values = [evaluate(value, there) for value in pairs.values]
                    keys = [evaluate(key, there) for key in pairs.keys if key is not None]
                    both: list[Values] = [frozenset({TupleV(pair)}) for pair in zip(keys, values, strict=True)]
                    return both if what == "items" else values
            case _:
                pass
        found: list[Values] = []
        for value in evaluate(node, frame):
            if isinstance(value, TupleV):
                found.extend(value.items)
            elif isinstance(value, ListV):
                found.extend(frozenset({element}) for element in sorted(value.element, key=hash))
        return found

    def _shown(self, node: ast.expr, frame: Frame) -> tuple[ast.expr, Frame]:
        """The display that a name stands for, where it is bound once."""
        if not isinstance(node, ast.Name):
            return node, frame
        where = frame if node.id in frame.code.scope.bindings else self._program.frames.of_module(frame.module)
        bindings = [one for one in where.code.scope.bindings.get(node.id, ()) if one.kind is not Bind.ANNOTATION]
        if len(bindings) != 1 or isinstance(where.code, Class) or where.argument(node.id) is not None:
            return node, frame
        only = bindings[0]
        if only.kind is not Bind.VALUE or only.path or not isinstance(only.node, ast.List | ast.Tuple | ast.Dict):
            return node, frame
        return only.node, where
