"""Where the project reads a name, and what stands around it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.rules.places import has_any, lines_of
from clearway.check.source.syntax import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from clearway.check.program.values import Code


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a function's name is read."""

    module: Module
    code: Code
    node: ast.Name | ast.Attribute | ast.alias
    parents: dict[ast.AST, ast.AST]


def mentions(module: Module, names: Set[str]) -> Iterator[tuple[Mention, str]]:
    """The places in a module that read one of these names, with which."""
    words = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b") if names else None
    lines = lines_of(module.source.text, words.finditer(module.source.text)) if words else []
    if not lines:
        return
    for statement in module.source.tree.body:
        if not has_any(statement, lines):
            continue
        parents: dict[ast.AST, ast.AST] = {}
        stack: list[tuple[ast.AST, Code]] = [(statement, module)]
        while stack:
            node, code = stack.pop()
            name = _read_name(node)
            if name in names:
                assert isinstance(node, ast.Name | ast.Attribute | ast.alias)
                yield Mention(module, code, node, parents), name
            inside, outside = code, set()
            if _is_scope(node):
                if not isinstance(code, Function) and isinstance(node, ast.stmt) and not has_any(node, lines):
                    continue
                inside = module.functions.get(node) or module.classes.get(node) or code
                outside = {*getattr(node, "decorator_list", ()), *_signature(node)} if inside is not code else set()
            for child in node.names if isinstance(node, ast.Import | ast.ImportFrom) else children(node):
                parents[child] = node
                stack.append((child, code if child in outside else inside))


def _read_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
            return name
        case ast.alias(name=name, asname=str() as other) if other != name:
            return name
        case _:
            return ""


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, (*_FUNCTIONS, ast.ClassDef))


def _signature(node: ast.AST) -> list[ast.AST]:
    """What of a definition runs where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *node.keywords]
    return [node.args] if isinstance(node, _FUNCTIONS) else []
