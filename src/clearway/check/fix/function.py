"""`async def` that awaits nothing, made `def`, and the `await`s that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from clearway.check.fix.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from clearway.check.fix.tree import Tree

_PROTOCOL = frozenset({"__aenter__", "__aexit__", "__anext__"})
"""Methods that Python itself awaits."""


def to_def(tree: Tree, function: cst.FunctionDef, settled: Set[cst.Await] = frozenset()) -> list[Edit] | None:
    """The edits; None where the function has to stay a coroutine function, or is none.

    `settled` are those awaits that other edits take away, or hand something else.
    """
    if function.asynchronous is None or function.name.value in _PROTOCOL:
        return None
    if _suspends(tree, function, settled) or _is_awaited(tree, function, settled):
        return None
    start, _ = tree.span(function)
    return [Edit(start, tree.layout(function, function.asynchronous.whitespace_after)[1], "")]


def without_await(tree: Tree, call: cst.Call) -> list[Edit] | None:
    """The edits that take away the `await` in front of a call; None where there is none, or a comment would go too."""
    parent = tree.parents[call]
    if not isinstance(parent, cst.Await) or any(isinstance(each, cst.GeneratorExp) for each in _around(tree, call)):
        return None
    start, end = tree.span(parent)[0], tree.layout(parent, parent.whitespace_after_await)[1]
    return None if "#" in tree.text[start:end] else [Edit(start, end, "")]


def _around(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What stands around a node, as far as its function."""
    for _, parent in tree.ancestors(node):
        if isinstance(parent, cst.FunctionDef):
            return
        yield parent


def _suspends(tree: Tree, function: cst.FunctionDef, settled: Set[cst.Await]) -> bool:
    """Whether the function's own body awaits or yields."""
    points: list[cst.CSTNode] = [*(set(tree.nodes(cst.Await)) - settled), *tree.nodes(cst.Yield)]
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


def _is_awaited(tree: Tree, function: cst.FunctionDef, settled: Set[cst.Await]) -> bool:
    """Whether the module itself awaits a call of the function, by its name or as a method of the same object."""
    is_method = isinstance(tree.parents.get(tree.parents[function]), cst.ClassDef)
    for node in tree.nodes(cst.Await):
        if node not in settled and isinstance(node.expression, cst.Call):
            called = node.expression.func
            if is_method and isinstance(called, cst.Attribute) and isinstance(called.value, cst.Name):
                name = called.attr.value if called.value.value in ("self", "cls") else None
            else:
                name = called.value if isinstance(called, cst.Name) and not is_method else None
            if name == function.name.value:
                return True
    return False
