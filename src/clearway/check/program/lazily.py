"""What a test lets run only once: what stands below `if x is None` and sets x."""

from __future__ import annotations

import ast

from clearway.check.program.syntax import walk


def made_lazily(function: ast.AST) -> frozenset[ast.AST]:
    """What stands below `if self._client is None:` that sets `self._client`: it runs once."""
    found: set[ast.AST] = set()
    for node in walk(function):
        if isinstance(node, ast.If) and (kept := _asked_for(node.test)) is not None:
            sets = [target for inner in node.body for target in _targets(inner)]
            if any(ast.dump(target).replace("Store()", "Load()") == kept for target in sets):
                for inner in node.body:
                    found.update(walk(inner))
    return frozenset(found)


def _asked_for(test: ast.expr) -> str | None:
    """The name or attribute of `x is None` and `not x`, as text to compare by."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        subject = test.operand
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Is | ast.Eq):
        subject = test.left
    else:
        return None
    return ast.dump(subject) if isinstance(subject, ast.Name | ast.Attribute) else None


def _targets(statement: ast.stmt) -> list[ast.expr]:
    return [
        target
        for node in walk(statement)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name | ast.Attribute)
    ]
