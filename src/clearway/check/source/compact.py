"""Makes a tree smaller: of what `ast.parse` builds, a third holds nothing that anybody reads.

A node keeps its fields in a dictionary whose size goes in steps: with five entries or fewer it takes a third less.
Names, attributes, constants and the like, most of all nodes, come to that without the place of their end, which for
these nobody asks for (`end_lineno` is then None, as `ast` has it for nodes without an end). Empty lists are one.
"""

from __future__ import annotations

import ast
from typing import Any

from clearway.check.program.syntax import LEAVES, children

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
            node.__dict__ = {"value": value, "attr": node.attr, "ctx": node.ctx, "lineno": line, "col_offset": column}
            waiting.append(value)
        elif kind is ast.Constant and node.kind is None:
            node.__dict__ = {"value": node.value, "lineno": node.lineno, "col_offset": node.col_offset}
        elif kind is ast.keyword:
            value = node.value
            node.__dict__ = {"arg": node.arg, "value": value, "lineno": node.lineno, "col_offset": node.col_offset}
            waiting.append(value)
        elif kind not in LEAVES:
            if kind is ast.Call:
                node.args, node.keywords = node.args or _EMPTY, node.keywords or _EMPTY
            elif kind is ast.arguments:
                for name in _LISTS:
                    if not getattr(node, name):
                        setattr(node, name, _EMPTY)
            waiting += children(node)
