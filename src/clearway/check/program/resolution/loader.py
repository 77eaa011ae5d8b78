"""Modules by name: those of the project, of installed packages, and names of which only library data knows."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import (
    UNKNOWN,
    ExternalV,
    Frame,
    ModuleV,
    NamespaceV,
    Value,
    Values,
)
from clearway.check.source import Source, Unreadable, parse
from clearway.check.source.compact import compact

if TYPE_CHECKING:
    from pathlib import Path

    from clearway.check.environment import Environment
    from clearway.check.program.program import Program
    from clearway.check.project import Project, SourceFile

MANY_FILES = 1000
"""In so large a project trees are made smaller: that takes time, and saves memory where there is little to spare."""


class Modules:
    """Finds and keeps modules."""

    def __init__(self, program: Program, project: Project, environment: Environment) -> None:
        self._program = program
        self._project = project
        self._environment = environment
        self._files: dict[Path, SourceFile] = {file.path: file for file in project.files}
        self._loaded: dict[Path, Module | None] = {}
        self._found: dict[tuple[str, Path, bool], Values] = {}
        self._by_line: dict[Module, dict[tuple[int, str], Function]] = {}
        self._taking: set[tuple[Value, str]] = set()
        self._asked: set[tuple[str, Frame]] = set()
        self.unknown: set[str] = set()
        """Top-level names of imported modules of which nothing is known."""
        self.unreadable: dict[Path, str] = {}

    @cached_property
    def project(self) -> list[Module]:
        """Every readable module under check."""
        return [module for file in self._project.files if (module := self.load(file.path)) is not None]

    def load(self, path: Path) -> Module | None:
        """The module of a file; None where it cannot be read."""
        if path not in self._loaded:
            self._loaded[path] = self._load(path)
        return self._loaded[path]

    @property
    def digests(self) -> dict[Path, str]:
        """Every file that was read, with the digest of its content; empty for those that could not be."""
        return {path: "" if module is None else module.source.digest for path, module in self._loaded.items()}

    def adopt(self, source: Source) -> None:
        """Take a file that was parsed elsewhere."""
        self._loaded[source.path] = self._module(source)

    def refuse(self, path: Path, reason: str) -> None:
        """Remember that a file cannot be read."""
        self._loaded[path] = None
        self.unreadable[path] = reason

    def _load(self, path: Path) -> Module | None:
        try:
            source = parse(path)
            if len(self._files) >= MANY_FILES:
                compact(source.tree)
            return self._module(source)
        except Unreadable as error:
            self.unreadable[path] = str(error)
            return None

    def _module(self, source: Source) -> Module:
        path = source.path
        file = self._files.get(path)
        if file is not None:
            return Module(
                file.module, source, file.shown, file.source_root, is_package=file.is_package, is_project=True
            )
        name, root = self._name_of(path)
        is_project = not any(path.is_relative_to(folder) for folder in self._environment.site_packages)
        shown = (
            path.relative_to(self._project.root).as_posix() if path.is_relative_to(self._project.root) else str(path)
        )
        return Module(name, source, shown, root, is_package=path.stem == "__init__", is_project=is_project)

    def _name_of(self, path: Path) -> tuple[str, Path]:
        roots = [*self._environment.site_packages, *self._project.source_roots]
        inside = [root for root in roots if path.is_relative_to(root)]
        root = max(inside, key=lambda folder: len(folder.parts)) if inside else path.parent
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts), root

    def find(self, name: str, importer: Module) -> Values:
        """What importing this absolute dotted name gives in this module."""
        key = (name, importer.root, importer.is_project)
        if key not in self._found:
            self._found[key] = self._find(name, importer)
        return self._found[key]

    def _find(self, name: str, importer: Module) -> Values:
        if importer.is_project:
            path = self._project.module_file(name, importer.root)
            if path is not None:
                module = self.load(path)
                return frozenset({ModuleV(module)}) if module is not None else UNKNOWN
            if self._project.is_namespace(name, importer.root):
                return frozenset({NamespaceV(name, importer)})
        if self._program.library.covers(name):
            return frozenset({ExternalV(self._program.library.canonical(name))})
        path = self._environment.module(name)
        if path is not None and path.suffix == ".py":
            module = self.load(path)
            if module is not None:
                return frozenset({ModuleV(module)})
        if path is None:
            self.unknown.add(name.partition(".")[0])
        return frozenset({ExternalV(name)})

    def function_at(self, path: Path, line: int, name: str) -> Function | None:
        """The function whose `def` stands on this line of this file."""
        module = self.load(path)
        if module is None:
            return None
        if module not in self._by_line:
            self._by_line[module] = {(function.line, function.name): function for function in module.functions.values()}
        return self._by_line[module].get((line, name))

    def imported(self, importer: Module, name: str) -> Values:
        """What `import name` binds."""
        return self.find(importer.absolute(name), importer)

    def member(self, importer: Module, module: str, name: str, frame: Frame) -> Values:
        """What `from module import name` binds."""
        found: Values = UNKNOWN
        for value in self.find(importer.absolute(module), importer):
            key = (value, name)
            if key not in self._taking:  # else modules take the name from each other, with `*` in a circle
                self._taking.add(key)
                try:
                    found |= self.of_module(value, name, importer)
                finally:
                    self._taking.discard(key)
        return found

    def of_module(self, value: object, name: str, importer: Module) -> Values:
        """An attribute of a module: what it binds, else a module inside it."""
        if isinstance(value, ModuleV):
            module = value.module
            top = self._program.frames.of_module(module)
            if name in module.scope.bindings or name in self._program.stores.of_globals(module):
                own = self._program.names.bound(name, top)
                # `from . import x` inside of the package itself binds a module of the same name.
                if own or not module.is_package:
                    return own
            for star in module.scope.stars:
                if values := self.member(module, star.module, name, top):
                    return values
            if module.is_package:
                inside = f"{module.name}.{name}"
                if not (module.is_project or self._environment.module(inside)):
                    return UNKNOWN
                return self._inside(inside, module)
            return UNKNOWN
        if isinstance(value, NamespaceV):
            return self._inside(f"{value.name}.{name}", value.root)
        if isinstance(value, ExternalV):
            written = f"{value.written or value.name}.{name}"
            return frozenset({ExternalV(self._program.library.canonical(f"{value.name}.{name}"), None, written)})
        return UNKNOWN

    def _inside(self, name: str, importer: Module) -> Values:
        """A module inside of a package whose code is at hand."""
        if importer.is_project:
            path = self._project.module_file(name, importer.root)
            if path is None and self._project.is_namespace(name, importer.root):
                return frozenset({NamespaceV(name, importer)})
        else:
            path = self._environment.module(name)
        module = self.load(path) if path is not None and path.suffix == ".py" else None
        return frozenset({ModuleV(module)}) if module is not None else UNKNOWN

    def assigned(self, name: str, frame: Frame) -> tuple[ast.expr, Frame] | None:
        """The expression that a name was assigned, where it is bound once, through imports."""
        key = (name, frame)
        if key in self._asked:
            return None  # modules that import each other's names in a circle
        self._asked.add(key)
        try:
            return self._assigned(name, frame)
        finally:
            self._asked.discard(key)

    def _assigned(self, name: str, frame: Frame) -> tuple[ast.expr, Frame] | None:
        here: Frame | None = frame
        while here is not None:
            if bindings := here.code.scope.bindings.get(name):
                values = [binding for binding in bindings if binding.kind is Bind.VALUE and not binding.path]
                if values and isinstance(values[-1].node, ast.expr):
                    return values[-1].node, here
                first = bindings[0]
                if first.kind is Bind.IMPORT and first.member is not None:
                    return self.assigned_in(self.find(here.module.absolute(first.module), here.module), first.member)
                return None
            here = here.parent
        for star in frame.module.scope.stars:
            found = self.assigned_in(self.find(frame.module.absolute(star.module), frame.module), name)
            if found is not None:
                return found
        return None

    def assigned_in(self, modules: Values, name: str) -> tuple[ast.expr, Frame] | None:
        """The expression that a name of one of these modules was assigned."""
        for value in modules:
            if isinstance(value, ModuleV):
                top = self._program.frames.of_module(value.module)
                found = self.assigned(name, top)
                if found is not None:
                    return found
        return None
