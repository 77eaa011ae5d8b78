"""What `isinstance` says of a name: below the test, and behind one that leaves."""

from __future__ import annotations

import ast

from clearway.check.source.syntax import last_name, walk

BUILT_IN = frozenset({"str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple"})
"""Classes of which hardly anybody derives others: `type(x) is str`."""


def narrowed(function: ast.AST) -> dict[ast.Name, list[tuple[ast.expr, bool]]]:
    """Names below an `isinstance` test of the same name: the class asked for, and whether it holds there."""
    found: dict[ast.Name, list[tuple[ast.expr, bool]]] = {}
    for node in walk(function):
        if isinstance(node, ast.If | ast.IfExp):
            body = node.body if isinstance(node.body, list) else [node.body]
            orelse = node.orelse if isinstance(node.orelse, list) else [node.orelse]
            for name, cls, holds in _instance_tests(node.test):
                _narrow(body, name, cls, holds, found)
                if node.test is not cls and not isinstance(node.test, ast.BoolOp):
                    _narrow(orelse, name, cls, not holds, found)
        for name in ("body", "orelse", "finalbody"):
            together = getattr(node, name, None)
            if isinstance(together, list):
                _narrowed_behind(together, found)
    return found


def _narrowed_behind(together: list[ast.stmt], found: dict[ast.Name, list[tuple[ast.expr, bool]]]) -> None:
    """What comes behind `if isinstance(x, C): return`."""
    for index, statement in enumerate(together):
        if not isinstance(statement, ast.If) or statement.orelse or isinstance(statement.test, ast.BoolOp):
            continue
        if isinstance(statement.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break):
            for name, cls, holds in _instance_tests(statement.test):
                _narrow(together[index + 1 :], name, cls, not holds, found)


def _instance_tests(test: ast.expr) -> list[tuple[str, ast.expr, bool]]:
    """`isinstance(x, C)`, negated or among others that hold too: the name, the class, and whether it holds."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return [(name, cls, not holds) for name, cls, holds in _instance_tests(test.operand)]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [found for part in test.values for found in _instance_tests(part)]
    match test:
        case ast.Call(func=called, args=[ast.Name(id=name), cls]) if last_name(called) == "isinstance":
            return [(name, cls, True)]
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)]),
            ops=[ast.Is() | ast.Eq()],
            comparators=[ast.Name(id=cls_name) as cls],
        ) if cls_name in BUILT_IN:
            return [(name, cls, True)]
        case _:
            return []


def _narrow(
    nodes: list[ast.stmt] | list[ast.expr],
    name: str,
    cls: ast.expr,
    holds: bool,
    found: dict[ast.Name, list[tuple[ast.expr, bool]]],
) -> None:
    for node in nodes:
        uses = [inner for inner in walk(node) if isinstance(inner, ast.Name) and inner.id == name]
        for use in uses:
            if isinstance(use.ctx, ast.Load):
                found.setdefault(use, []).append((cls, holds))
        if any(isinstance(use.ctx, ast.Store) for use in uses):
            return  # from here on it is something else
