"""`async def` that awaits nothing, made `def`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from clearway.check.fix.edit import Edit

if TYPE_CHECKING:
    from clearway.check.fix.tree import Tree

_PROTOCOL = frozenset({"__aenter__", "__aexit__", "__anext__"})
"""Methods that Python itself awaits."""


def to_def(tree: Tree, function: cst.FunctionDef) -> list[Edit] | None:
    """The edits; None where the function has to stay a coroutine function, or is none."""
    if function.asynchronous is None or function.name.value in _PROTOCOL:
        return None
    if _suspends(tree, function) or _is_awaited(tree, function):
        return None
    start, _ = tree.span(function)
    return [Edit(start, tree.layout(function, function.asynchronous.whitespace_after)[1], "")]


def _suspends(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether the function's own body awaits or yields."""
    points: list[cst.CSTNode] = [*tree.nodes(cst.Await), *tree.nodes(cst.Yield)]
    points += (node for node in tree.nodes(cst.For) if node.asynchronous is not None)
    points += (node for node in tree.nodes(cst.With) if node.asynchronous is not None)
    points += (node for node in tree.nodes(cst.CompFor) if node.asynchronous is not None)
    return any(_body_of(tree, point) is function for point in points)


def _body_of(tree: Tree, node: cst.CSTNode) -> cst.CSTNode | None:
    """The function in whose body this node stands."""
    for child, parent in tree.ancestors(node):
        if isinstance(parent, cst.FunctionDef | cst.Lambda) and parent.body is child:
            return parent
    return None


def _is_awaited(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether the module itself awaits a call of the function, by its name or as a method of the same object."""
    is_method = isinstance(tree.parents.get(tree.parents[function]), cst.ClassDef)
    for node in tree.nodes(cst.Await):
        if isinstance(node.expression, cst.Call):
            called = node.expression.func
            if is_method and isinstance(called, cst.Attribute) and isinstance(called.value, cst.Name):
                name = called.attr.value if called.value.value in ("self", "cls") else None
            else:
                name = called.value if isinstance(called, cst.Name) and not is_method else None
            if name == function.name.value:
                return True
    return False
