"""Makes a tree smaller: of what `ast.parse` builds, a third holds nothing that anybody reads.

A node keeps its fields in a dictionary whose size goes in steps: with five entries or fewer it takes a third less.
Names, dotted names and constants, most of all nodes, come to that without the place of their end: all that they hold
begins where they do, and nobody asks for more (`end_lineno` is then None, as `ast` has it for nodes without an end).
Empty lists are one.
"""

from __future__ import annotations

import ast
from typing import Any

from clearway.check.source.syntax import LEAVES, children

_EMPTY: list[Any] = []
"""Trees are read, never changed."""
_LISTS = ("posonlyargs", "kwonlyargs", "kw_defaults", "defaults")


def compact(tree: ast.Module) -> None:
    """Take out of a tree what nobody reads."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        if kind is ast.Name:
            node.__dict__ = {"id": node.id, "ctx": node.ctx, "lineno": node.lineno, "col_offset": node.col_offset}
        elif kind is ast.Attribute:
            value, line, column = node.value, node.lineno, node.col_offset
            waiting.append(value)
            first = value
            while first.__class__ is ast.Attribute:
                first = first.value
            if first.__class__ is ast.Name and first.col_offset == column and first.lineno == line:
                fields = {"value": value, "attr": node.attr, "ctx": node.ctx}
                node.__dict__ = {**fields, "lineno": line, "col_offset": column}
        elif kind is ast.Constant and node.kind is None:
            node.__dict__ = {"value": node.value, "lineno": node.lineno, "col_offset": node.col_offset}
        elif kind not in LEAVES:
            if kind is ast.Call:
                node.args, node.keywords = node.args or _EMPTY, node.keywords or _EMPTY
            elif kind is ast.arguments:
                for name in _LISTS:
                    if not getattr(node, name):
                        setattr(node, name, _EMPTY)
            waiting += children(node)
