"""What statements anywhere put into attributes, collections and names of modules."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.code.stores import attribute_stores
from clearway.check.program.values import UNKNOWN, InstanceV
from clearway.check.source.syntax import blocks, last_name

if TYPE_CHECKING:
    import ast

    from clearway.check.program.program import Program
    from clearway.check.program.values import Code, Values


_STORE = re.compile(r"\.(\w+)\s*(?::[^=\n]+)?=(?!=)")
_GLOBALS = re.compile(r"\bglobals\(\)(?:\[[^]]*\]\s*=(?!=)|\.(?:update|setdefault)\()|=\s*globals\(\)")
_PUT = re.compile(r"\b(\w+)(?:\[|\.(?:append|add|appendleft|put_nowait|put|set|insert|setdefault)\()")
"""Only modules whose text has it are looked through."""


class Stores:
    """Looks the program's modules through, once for each name that is asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._global_stores: dict[Module, dict[str, list[tuple[Function, Binding]]]] = {}
        self._by_attribute: dict[str, list[tuple[Module, Function | None, ast.Attribute, ast.expr]]] = {}
        self._followed: set[Function] = set()
        self._of_module: dict[Module, list[tuple[Function | None, ast.Attribute, ast.expr]]] = {}

    def of_globals(self, module: Module) -> dict[str, list[tuple[Function, Binding]]]:
        """The module's names that its functions bind through `global`."""
        if module not in self._global_stores:
            found: dict[str, list[tuple[Function, Binding]]] = defaultdict(list)
            if "global " in module.source.text:
                for function in module.functions.values():
                    for name in function.scope.elsewhere:
                        found[name].extend((function, binding) for binding in function.scope.bindings.get(name, ()))
            self._global_stores[module] = found
        return self._global_stores[module]

    def sets_names_by_text(self, module: Module) -> bool:
        """Whether a module sets its own names as those of a dictionary: `globals()[name] = value`."""
        return "globals()" in module.source.text and _GLOBALS.search(module.source.text) is not None

    def of_elements(self, name: str, code: Code) -> list[tuple[Code, ast.expr]]:
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
        for module in self._program.modules.project:
            for name in set(_PUT.findall(module.source.text)):
                found[name].append(module)
        return found

    @cached_property
    def _stores_by_name(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = defaultdict(list)
        for module in self._program.modules.project:
            for name in set(_STORE.findall(module.source.text)):
                found[name].append(module)
        return found

    def of_attribute(self, name: str) -> list[tuple[Module, Function | None, ast.Attribute, ast.expr]]:
        """Every `x.name = value` of the project, with the function that it stands in."""
        cache = self._by_attribute
        if name not in cache:
            cache[name] = []
            for module in self._stores_by_name.get(name, ()):
                for function, target, value in self._attribute_stores(module):
                    if target.attr == name:
                        cache[name].append((module, function, target, value))
        return cache[name]

    def put(self, module: Module, function: Function | None, expression: ast.expr) -> Values:
        """What a statement puts somewhere, in all the ways in which its function is called."""
        program = self._program
        if function is None:
            return program.evaluate(expression, program.frames.of_module(module))
        generic = program.frames.generic(function)
        if all(frame is generic for frame in program.frames.known(function)):
            self._follow_calls(function)
        found: Values = UNKNOWN
        for frame in program.frames.known(function):
            if frame is not generic:
                found = program.union(found, program.evaluate(expression, frame))
        made = {value.cls for value in found if isinstance(value, InstanceV) and value.made_by is not None}
        # Where it is known how an object was made, the annotation that says of which class it is adds nothing.
        values = program.evaluate(expression, generic)
        told = frozenset(
            value
            for value in values
            if not (isinstance(value, InstanceV) and value.made_by is None and value.cls in made)
        )
        return program.union(found, told)

    def _follow_calls(self, function: Function) -> None:
        """Look at the calls of a function that nothing led to so far: `app = create_app(database)` in `main`."""
        if function in self._followed:
            return
        self._followed.add(function)
        calling = f"{function.name}("
        for module in self._program.modules.project:
            if module.is_test or calling not in module.source.text:
                continue
            for caller in module.functions.values():
                for call in caller.flow.calls if caller is not function else ():
                    if last_name(call.func) == function.name:
                        self._program.calls.outcome(call, self._program.frames.generic(caller))

    def _attribute_stores(self, module: Module) -> list[tuple[Function | None, ast.Attribute, ast.expr]]:
        if module not in self._of_module:
            found: list[tuple[Function | None, ast.Attribute, ast.expr]] = []
            stack: list[tuple[ast.AST, Function | None]] = [(module.source.tree, None)]
            while stack:
                node, function = stack.pop()
                for child in blocks(node):
                    stack.append((child, module.functions.get(child, function)))
                    for target, value, _annotation, path in attribute_stores(child):
                        if value is not None and not path:
                            found.append((function, target, value))
            self._of_module[module] = found
        return self._of_module[module]
