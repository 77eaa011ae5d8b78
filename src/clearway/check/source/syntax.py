"""Walks over syntax trees: what `ast` offers for it takes most of a check's time, and visits what nobody asks for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WITHOUT_NODES = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "id",
        "attr",
        "arg",
        "kind",
        "type_comment",
        "type_ignores",
        "simple",
        "is_async",
        "conversion",
    }
    | {"kwd_attrs"}
)
"""Fields of text and numbers; contexts and operators, too, are read where they stand and have nothing below them."""
LEAVES = frozenset({ast.Name, ast.Constant, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Pass})
"""Nothing that anybody asks for stands below these."""
LONGEST = 80
"""Characters of a call that are shown."""
_GAPS = (ast.Dict, ast.arguments)
"""Dictionaries that unpack others, and parameters without defaults, have None in their lists."""
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class _Children(dict[type[ast.AST], "Callable[[Any], list[ast.AST]]"]):
    """For each type of node a function that gives what stands below it. Those met most have one of their own: this is
    what a check does more often than anything else.
    """

    def __missing__(self, kind: type[ast.AST]) -> Callable[[Any], list[ast.AST]]:
        fields: tuple[str, ...] = ()
        if kind not in LEAVES:
            fields = tuple(name for name in kind._fields if name not in _WITHOUT_NODES)
        has_gaps = issubclass(kind, _GAPS)

        def below(node: ast.AST) -> list[ast.AST]:
            found: list[ast.AST] = []
            for name in fields:
                value = getattr(node, name, None)
                if value.__class__ is list:
                    found += value
                elif isinstance(value, ast.AST):
                    found.append(value)
            return [one for one in found if one is not None] if has_gaps else found

        self[kind] = below
        return below


def _nothing(_node: ast.AST) -> list[ast.AST]:
    return []


def _value(node: Any) -> list[ast.AST]:
    return [node.value]


def _value_if_any(node: Any) -> list[ast.AST]:
    return [] if node.value is None else [node.value]


_CHILDREN = _Children(
    {
        ast.Name: _nothing,
        ast.Constant: _nothing,
        ast.Attribute: _value,
        ast.Expr: _value,
        ast.Await: _value,
        ast.keyword: _value,
        ast.Starred: _value,
        ast.Return: _value_if_any,
        ast.Call: lambda node: [node.func, *node.args, *node.keywords],
        ast.Assign: lambda node: [*node.targets, node.value],
        ast.If: lambda node: [node.test, *node.body, *node.orelse],
        ast.Compare: lambda node: [node.left, *node.comparators],
        ast.BinOp: lambda node: [node.left, node.right],
        ast.BoolOp: lambda node: list(node.values),
        ast.Subscript: lambda node: [node.value, node.slice],
        ast.Tuple: lambda node: list(node.elts),
        ast.List: lambda node: list(node.elts),
        ast.JoinedStr: lambda node: list(node.values),
        ast.arg: lambda node: [] if node.annotation is None else [node.annotation],
        ast.AnnAssign: lambda node: [node.target, node.annotation, *([] if node.value is None else [node.value])],
    }
)


class _StatementFields(dict[type[ast.AST], tuple[str, ...]]):
    """For each type of node the fields that can hold statements."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        holds = kind is not ast.Lambda and not issubclass(kind, ast.expr)
        self[kind] = fields = tuple(name for name in kind._fields if holds and name in _BLOCKS)
        return fields


_STATEMENT_FIELDS = _StatementFields()


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below this one, in the order of their fields; no contexts, no operators."""
    return _CHILDREN[node.__class__](node)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """This node and all below it, each before those that it holds, in the order in which they are written."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current.__class__ not in LEAVES:
            below = _CHILDREN[current.__class__](current)
            below.reverse()
            waiting += below


def blocks(node: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases right below this statement: no expression is looked at."""
    found: list[ast.AST] = []
    for name in _STATEMENT_FIELDS[type(node)]:
        found += getattr(node, name)
    return found


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """This statement and all below it, handlers and cases among them."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(blocks(current))


def is_next_app(node: ast.AST) -> bool:
    """`await self.app(scope, receive, send)`, `await call_next(request)`: the framework goes on."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr in ("app", "_app")
    return isinstance(called, ast.Name) and called.id in ("call_next", "app", "send", "receive")


def written(node: ast.AST) -> str:
    """How a call is written, shortened."""
    target = node.func if isinstance(node, ast.Call) else node
    try:
        text = ast.unparse(target)
    except (ValueError, RecursionError, AttributeError):
        text = type(target).__name__
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    end = f".{target.attr}" if isinstance(target, ast.Attribute) else ""  # what is called says most
    return f"{text[: LONGEST - 1 - len(end)]}…{end}" if len(end) < LONGEST // 2 else f"{text[: LONGEST - 1]}…"


def name_of(node: ast.expr) -> str:
    """`b` of `a.b`, `a` of `a`; nothing for what has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c(...)`; empty for what has no name."""
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
