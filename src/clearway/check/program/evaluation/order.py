"""Which parts of a piece of code run when it does, and in which order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.source.syntax import children, last_name, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.facts.branches import Regions


_IN_OTHER_ORDER = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.AnnAssign, ast.For, ast.AsyncFor}
    | {ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Assign}
)
"""Nodes whose parts do not all run, or not in the order of their fields."""


def parts_of(node: ast.AST) -> list[ast.AST]:
    """The nodes that run when this one does, in order; not the bodies of what it defines."""
    if node.__class__ not in _IN_OTHER_ORDER:
        return children(node)
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        case ast.Lambda():
            return [*node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.If() if _never_runs(node.test) and not _makes_an_app(node):
            return list(node.orelse)
        case ast.AnnAssign():
            return [node.target, *([node.value] if node.value is not None else [])]
        case ast.For() | ast.AsyncFor():
            return [node.iter, node.target, *node.body, *node.orelse]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return [*node.generators, node.elt]
        case ast.DictComp():
            return [*node.generators, node.key, node.value]
        case ast.Assign():
            return [node.value, *node.targets]
        case _:
            return children(node)


def _makes_an_app(main: ast.If) -> bool:
    """Whether a module that is run itself makes its app there."""
    return any(isinstance(node, ast.Call) and last_name(node.func) in ("FastAPI", "Starlette") for node in walk(main))


def _never_runs(test: ast.expr) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":`."""
    if last_name(test) == "TYPE_CHECKING":
        return True
    return isinstance(test, ast.Compare) and last_name(test.left) == "__name__"


def live(nodes: Sequence[ast.AST], dead: Regions) -> Sequence[ast.AST]:
    """Nodes without those that never run."""
    return [node for node in nodes if not dead.covers(node)] if dead else nodes


def leaves(body: Sequence[ast.stmt], dead: Regions) -> bool:
    """Whether statements never come to their end."""
    for statement in reversed(live(body, dead)):
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case ast.If() if statement.orelse or dead:
                blocks = (statement.body, statement.orelse)
                taken = [block for block in blocks if not (dead and block and dead.covers(block[0]))]
                if taken and all(block and leaves(block, dead) for block in taken):
                    return True
            case ast.With() | ast.AsyncWith():
                if leaves(statement.body, dead):
                    return True
            case _:
                pass
    return False
