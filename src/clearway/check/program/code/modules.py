"""Modules as they are written, with their classes and functions."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code.classes import Class
from clearway.check.program.code.flow import start_of
from clearway.check.program.code.functions import ASKING, Function, defined_in
from clearway.check.program.code.reaching import reaching
from clearway.check.program.code.scopes import Binding, Scope, scope_of
from clearway.check.program.code.serials import serials
from clearway.check.source.syntax import blocks, children

if TYPE_CHECKING:
    from pathlib import Path

    from clearway.check.source import Source

_OF_TESTS = re.compile(r"(^|[/\\])tests?[/\\]|(^|[/\\])(test_[^/\\]*|[^/\\]*_test|conftest)\.py$")


class Module:
    """A file of the project or of an installed package, with its classes and functions."""

    def __init__(
        self, name: str, source: Source, shown: str, root: Path, *, is_package: bool, is_project: bool
    ) -> None:
        self.serial = next(serials)
        self.name = name
        self.path = source.path
        self.source = source
        self.shown = shown
        """As outputs name the file."""
        self.root = root
        """The source root by which it imports its neighbours."""
        self.is_package = is_package
        self.is_project = is_project
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, Class] = {}
        self._register(source.tree, "", None, None)

    def __repr__(self) -> str:
        return f"Module({self.name})"

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.source.tree)

    @cached_property
    def reaching(self) -> dict[ast.Name, list[Binding]]:
        """The bindings that names can have which get a new value made of their old one."""
        return reaching(self.source.tree.body, self.scope)

    @cached_property
    def is_test(self) -> bool:
        """Whether it is of the project's tests: what these define is nothing that a service calls."""
        return _OF_TESTS.search(self.shown) is not None

    @cached_property
    def asks(self) -> bool:
        """Whether its text has the name of a function that tells async things from others."""
        return any(name in self.source.text for name in ASKING)

    @cached_property
    def tests(self) -> list[ast.AST]:
        """The `if` statements outside of functions and classes."""
        found: list[ast.AST] = []
        waiting: list[ast.AST] = list(self.source.tree.body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.If):
                found.append(node)
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting += blocks(node)
        found.sort(key=start_of)
        return found

    @cached_property
    def functions_by_name(self) -> dict[str, ast.AST]:
        """The functions that its own statements define."""
        return defined_in(self.source.tree.body)

    @cached_property
    def lines(self) -> list[str]:
        return self.source.text.splitlines()

    def absolute(self, name: str) -> str:
        """The dotted name that an import in this module means by `..x.y`."""
        level = len(name) - len(name.lstrip("."))
        if level == 0:
            return name
        parts = self.name.split(".")
        if not self.is_package:
            parts = parts[:-1]
        parts = parts[: len(parts) - (level - 1)] if level > 1 else parts
        rest = name[level:]
        return ".".join([*parts, *([rest] if rest else [])])

    def _register(self, node: ast.AST, prefix: str, owner: Class | None, parent: Function | None) -> None:
        """Give every definition its object, in one walk that does not recurse on expressions' depth."""
        stack: list[tuple[ast.AST, str, Class | None, Function | None]] = [(node, prefix, owner, parent)]
        # Only a lambda makes a function below an expression.
        below = children if "lambda" in self.source.text else blocks
        while stack:
            current, prefix, owner, parent = stack.pop()
            for child in below(current):
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                    name = "<lambda>" if isinstance(child, ast.Lambda) else child.name
                    function = Function(self, child, prefix + name, owner, parent)
                    self.functions[child] = function
                    stack.append((child, f"{prefix}{name}.<locals>.", None, function))
                elif isinstance(child, ast.ClassDef):
                    cls = Class(self, child, prefix + child.name, parent)
                    self.classes[child] = cls
                    stack.append((child, f"{prefix}{child.name}.", cls, parent))
                else:
                    stack.append((child, prefix, owner, parent))
