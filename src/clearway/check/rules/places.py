"""Calls by the name that they are written with, and what stands around them: what rules look at before they ask what
a call means, which costs more.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.source.syntax import LEAVES, blocks, children, last_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from clearway.check.program.program import Program
    from clearway.check.program.values import Code, Frame

BESIDE_THE_SERVICE = re.compile(r"(^|/)(tests?|testing|alembic|migrations)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
"""Files that no request reaches, as outputs name them: tests and migrations."""
FEW = 30
"""So many names are looked for one by one in a text."""
_CALLED = re.compile(r"\b(\w+)\s*\(")
_LINE_END = re.compile(r"\r\n|\r|\n")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = frozenset({*_FUNCTIONS, ast.ClassDef})


@dataclass(frozen=True, slots=True)
class Site:
    """A call, the code whose own statement it stands in, and its surroundings."""

    module: Module
    code: Code
    call: ast.Call
    parents: dict[ast.AST, ast.AST]
    """Of all nodes of the module's own statement that the call stands in."""

    def ancestors(self, node: ast.AST | None = None) -> Iterator[tuple[ast.AST, ast.AST]]:
        """(child, parent) upwards from the call, as far as the code that it belongs to."""
        node = node or self.call
        while (parent := self.parents.get(node)) is not None:
            yield node, parent
            if isinstance(parent, (*_FUNCTIONS, ast.ClassDef)):
                return
            node = parent


def calls_named(module: Module, names: Set[str]) -> Iterator[Site]:
    """The calls in a module whose last name, as written, is one of these."""
    lines = _lines_calling(module.source.text, names)
    for statement in module.source.tree.body if lines else ():
        if has_any(statement, lines):
            yield from _within(module, statement, names, lines)


def read_libraries(program: Program) -> None:
    """Have the library data of all that the project imports read, so that the names in it can be asked for."""
    for module in program.modules.project:
        for bindings in module.scope.bindings.values():
            for binding in bindings:
                if binding.module and not binding.module.startswith("."):
                    program.library.covers(f"{binding.module}.{binding.member or ''}")


def frame_of(program: Program, code: Code) -> Frame:
    """The frame to ask what stands in this code, nothing being known of its callers."""
    if isinstance(code, Module):
        return program.frames.of_module(code)
    if isinstance(code, Class):
        return program.frames.of_class(code, program.frames.parent(code))
    return program.frames.generic(code)


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """What runs when a function's body does: not the bodies of functions and classes that it defines."""
    body = getattr(function, "body", [])
    return running(body if isinstance(body, list) else [body])


def own_statements(function: ast.AST) -> Iterator[ast.AST]:
    """The statements among them, with handlers and cases."""
    stack = list(reversed(blocks(function)))
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in _SCOPES:
            stack.extend(reversed(blocks(node)))


def running(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """These and all that runs with them, in the order in which it is written."""
    stack: list[ast.AST] = list(reversed(nodes))
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in _SCOPES and node.__class__ not in LEAVES:
            stack.extend(reversed(children(node)))


def suspends(node: ast.AST) -> bool:
    """Whether a coroutine can be suspended at this node itself."""
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    return isinstance(node, ast.comprehension) and bool(node.is_async)


def _lines_calling(text: str, names: Set[str]) -> list[int]:
    """The lines on which one of these names is followed by a parenthesis, sorted."""
    # Most files have none of the names, and that is seen sooner without a match object for every word.
    if len(names) <= FEW and not any(name in text for name in names):
        return []
    if names.isdisjoint(_CALLED.findall(text)):
        return []
    return lines_of(text, (match for match in _CALLED.finditer(text) if match[1] in names))


def lines_of(text: str, matches: Iterable[re.Match[str]]) -> list[int]:
    """The lines on which matches begin, each once; they come in the order of the text."""
    lines: list[int] = []
    line, seen = 1, 0
    has_returns = "\r" in text
    for match in matches:
        at = match.start()
        line += len(_LINE_END.findall(text, seen, at)) if has_returns else text.count("\n", seen, at)
        seen = at
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines


def _extent(statement: ast.stmt) -> tuple[int, int]:
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first, statement.end_lineno or statement.lineno


def _within(module: Module, statement: ast.stmt, names: Set[str], lines: list[int]) -> Iterator[Site]:
    """The calls in a statement. Of functions in which no line has one of the names nothing is looked at."""
    parents: dict[ast.AST, ast.AST] = {}
    found: list[tuple[Code, ast.Call]] = []
    stack: list[tuple[ast.AST, Code]] = [(statement, module)]
    while stack:
        current, code = stack.pop()
        kind = current.__class__
        if kind is ast.Call:
            assert isinstance(current, ast.Call)
            if last_name(current) in names and not isinstance(current.func, ast.Call):
                found.append((code, current))
        elif kind in _SCOPES:
            if not isinstance(code, Function) and isinstance(current, ast.stmt) and not has_any(current, lines):
                continue
            inside = _code_of(module, current)
            if inside is not None:
                outside = set(_evaluated_outside(current))
                for child in children(current):
                    parents[child] = current
                    stack.append((child, code if child in outside else inside))
                continue
        for child in children(current):
            parents[child] = current
            if child.__class__ not in LEAVES:
                stack.append((child, code))
    found.sort(key=lambda pair: (pair[1].lineno, pair[1].col_offset))
    for code, call in found:
        yield Site(module, code, call, parents)


def has_any(definition: ast.stmt, lines: Sequence[int]) -> bool:
    """Whether one of these lines is one of the statement's; they are sorted."""
    first, last = _extent(definition)
    at = bisect_right(lines, first - 1)
    return at < len(lines) and lines[at] <= last


def _code_of(module: Module, node: ast.AST) -> Function | Class | None:
    if isinstance(node, _FUNCTIONS):
        return module.functions.get(node)
    return module.classes.get(node) if isinstance(node, ast.ClassDef) else None


def _evaluated_outside(node: ast.AST) -> list[ast.AST]:
    """The parts of a definition that run where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    # Parameters: their defaults run outside, and nothing else of them calls anything.
    return [node.args, *getattr(node, "decorator_list", [])]
