"""Modules by name: those of the project, of installed packages, and names of which only library data knows."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.code.stores import attribute_stores
from clearway.check.program.values import (
    UNKNOWN,
    Code,
    ExternalV,
    Frame,
    ModuleV,
    NamespaceV,
    Value,
    Values,
)
from clearway.check.source import Source, Unreadable, parse
from clearway.check.source.compact import compact
from clearway.check.source.syntax import blocks

if TYPE_CHECKING:
    from pathlib import Path

    from clearway.check.environment import Environment
    from clearway.check.program.program import Program
    from clearway.check.project import Project, SourceFile

_STORE = re.compile(r"\.(\w+)\s*(?::[^=\n]+)?=(?!=)")

_PUT = re.compile(r"\b(\w+)(?:\[|\.(?:append|add|appendleft|put_nowait|put|set|insert|setdefault)\()")


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
        self._global_stores: dict[Module, dict[str, list[tuple[Function, Binding]]]] = {}
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
            if name in module.scope.bindings or name in self.global_stores(module):
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

    def global_stores(self, module: Module) -> dict[str, list[tuple[Function, Binding]]]:
        """The module's names that its functions bind through `global`."""
        if module not in self._global_stores:
            found: dict[str, list[tuple[Function, Binding]]] = defaultdict(list)
            if "global " in module.source.text:
                for function in module.functions.values():
                    for name in function.scope.elsewhere:
                        found[name].extend((function, binding) for binding in function.scope.bindings.get(name, ()))
            self._global_stores[module] = found
        return self._global_stores[module]

    def element_stores(self, name: str, code: Code) -> list[tuple[Code, ast.expr]]:
        """What is put into the collection that this name of this scope stands for, and by which code."""
        found: list[tuple[Code, ast.expr]] = [(code, put) for put in code.scope.elements.get(name, ())]
        if isinstance(code, Module):
            found.extend(self._element_stores(code, name))
        elif isinstance(code, Function):
            for function in code.module.functions.values():
                if function.parent is code and name not in function.scope.bindings:
                    found.extend((function, put) for put in function.scope.elements.get(name, ()))
        return found

    def _element_stores(self, module: Module, name: str) -> list[tuple[Code, ast.expr]]:
        found: list[tuple[Code, ast.expr]] = []
        for other in self._puts_by_name.get(name, ()) if module.is_project else [module]:
            own = other is module
            if not own:
                bindings = other.scope.bindings.get(name, ())
                if not any(binding.kind is Bind.IMPORT for binding in bindings):
                    continue
                found.extend((other, put) for put in other.scope.elements.get(name, ()))
            for function in other.functions.values():
                if name in function.scope.elements and name not in function.scope.bindings:
                    found.extend((function, put) for put in function.scope.elements[name])
        return found

    @cached_property
    def _puts_by_name(self) -> dict[str, list[Module]]:
        """The project's modules that seem to put something into a collection of this name."""
        found: dict[str, list[Module]] = defaultdict(list)
        for module in self.project:
            for name in set(_PUT.findall(module.source.text)):
                found[name].append(module)
        return found

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

    @cached_property
    def _stores_by_name(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = defaultdict(list)
        for module in self.project:
            for name in set(_STORE.findall(module.source.text)):
                found[name].append(module)
        return found

    def stores(self, name: str) -> list[tuple[Module, Function | None, ast.Attribute, ast.expr]]:
        """Every `x.name = value` of the project, with the function that it stands in."""
        cache = self._store_cache
        if name not in cache:
            cache[name] = []
            for module in self._stores_by_name.get(name, ()):
                for function, target, value in self._attribute_stores(module):
                    if target.attr == name:
                        cache[name].append((module, function, target, value))
        return cache[name]

    @cached_property
    def _store_cache(self) -> dict[str, list[tuple[Module, Function | None, ast.Attribute, ast.expr]]]:
        return {}

    @cached_property
    def _module_stores(self) -> dict[Module, list[tuple[Function | None, ast.Attribute, ast.expr]]]:
        return {}

    def _attribute_stores(self, module: Module) -> list[tuple[Function | None, ast.Attribute, ast.expr]]:
        if module not in self._module_stores:
            found: list[tuple[Function | None, ast.Attribute, ast.expr]] = []
            stack: list[tuple[ast.AST, Function | None]] = [(module.source.tree, None)]
            while stack:
                node, function = stack.pop()
                for child in blocks(node):
                    stack.append((child, module.functions.get(child, function)))
                    for target, value, _annotation, path in attribute_stores(child):
                        if value is not None and not path:
                            found.append((function, target, value))
            self._module_stores[module] = found
        return self._module_stores[module]
