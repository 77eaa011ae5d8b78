"""Classes as they are written: what their bodies bind, what their methods put on `self`."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code.functions import defined_in
from clearway.check.program.code.scopes import Bind, Scope, scope_of
from clearway.check.program.code.serials import serials
from clearway.check.program.code.stores import attribute_stores, element_store, own_key
from clearway.check.source.syntax import statements, walk

if TYPE_CHECKING:
    from clearway.check.program.code.functions import Function
    from clearway.check.program.code.modules import Module


class Class:
    """A class statement."""

    def __init__(self, module: Module, node: ast.ClassDef, qualname: str, parent: Function | None) -> None:
        self.serial = next(serials)
        self.module = module
        self.node = node
        self.name = node.name
        self.qualname = qualname
        self.parent = parent
        """The function that it is defined in."""

    def __repr__(self) -> str:
        return f"Class({self.id})"

    @property
    def id(self) -> str:
        return f"{self.module.name}:{self.qualname}"

    @property
    def dotted(self) -> str:
        return f"{self.module.name}.{self.qualname}"

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.node)

    @cached_property
    def member_values(self) -> dict[ast.AST, str]:
        """What is assigned in its body, with its name: the members, where it is an enumeration."""
        return {
            binding.node: name
            for name, bindings in self.scope.bindings.items()
            for binding in bindings
            if binding.kind is Bind.VALUE and not binding.path
        }

    @cached_property
    def methods_by_name(self) -> dict[str, ast.AST]:
        """The functions that its body defines."""
        return defined_in(self.node.body)

    @cached_property
    def stores(self) -> dict[str, list[tuple[Function, ast.expr | None, ast.expr | None, tuple[int, ...]]]]:
        """Attributes that its methods set on their first parameter: (method, value, annotation, part of the value)."""
        found: dict[str, list[tuple[Function, ast.expr | None, ast.expr | None, tuple[int, ...]]]] = {}
        for statement in self.node.body:
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            function = self.module.functions[statement]
            receiver = function.receiver
            if receiver is None:
                continue
            for node in statements(statement):
                for target, value, annotation, path in attribute_stores(node):
                    if isinstance(target.value, ast.Name) and target.value.id == receiver:
                        found.setdefault(target.attr, []).append((function, value, annotation, path))
        return found

    @cached_property
    def keyed(self) -> dict[ast.expr, str]:
        """What is put into collections under its own attribute, `self.x[v.name] = v`: the value, the attribute."""
        found: dict[ast.expr, str] = {}
        for stores in self.elements.values():
            for function, value in stores:
                for node in walk(function.node) if isinstance(value, ast.Name) else ():
                    if isinstance(node, ast.Assign) and node.value is value and (name := own_key(node)) is not None:
                        found[value] = name
        return found

    @cached_property
    def elements(self) -> dict[str, list[tuple[Function, ast.expr]]]:
        """What its methods put into collections that are attributes of their first parameter."""
        found: dict[str, list[tuple[Function, ast.expr]]] = {}
        for statement in self.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                function = self.module.functions[statement]
                for node in walk(statement):
                    put = element_store(node)
                    if put is not None and isinstance(put[0].value, ast.Name) and put[0].value.id == function.receiver:
                        found.setdefault(put[0].attr, []).append((function, put[1]))
        return found
