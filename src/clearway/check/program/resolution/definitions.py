"""What a definition binds: a function as its decorators leave it, a class with its bases."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.code.functions import ABSTRACT
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    Value,
    Values,
)
from clearway.check.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program

PLAIN = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "abstractmethod", "override", "final"}
    | {"setter", "getter", "deleter", "abstractproperty", "no_type_check"}
)
"""Decorators that attribute access takes care of, or that change nothing."""

MODELS = frozenset({"pydantic", "pydantic_settings", "sqlmodel"})
"""Packages whose base classes take the fields of a class as parameters."""


class Definitions:
    """Functions behind their decorators, classes with their bases and subclasses."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._functions: dict[tuple[Function, Frame], Values] = {}
        self._busy: set[tuple[Function, Frame]] = set()
        self._mros: dict[Class, tuple[Class | str, ...]] = {}

    def function(self, function: Function, frame: Frame) -> Values:
        """What the name of a `def` stands for after its decorators."""
        key = (function, frame)
        known = self._functions.get(key)
        if known is None:
            if key in self._busy:
                return frozenset({FunctionV(function, frame)})
            self._busy.add(key)
            try:
                known = self._functions[key] = self._function(function, frame)
            finally:
                self._busy.discard(key)
        return known

    def _function(self, function: Function, frame: Frame) -> Values:
        if "overload" in function.decorators:
            return UNKNOWN
        values: Values = frozenset({FunctionV(function, frame)})
        for decorator, before in self.decorations(function, frame):
            values = self._program.calls.decorated(decorator, before, frame)
        return values

    def decorations(self, function: Function, frame: Frame) -> Iterator[tuple[ast.expr, Values]]:
        """Each decorator, the innermost first, with what it is given."""
        node = function.node
        if isinstance(node, ast.Lambda):
            return
        values: Values = frozenset({FunctionV(function, frame)})
        for decorator, name in zip(reversed(node.decorator_list), reversed(function.decorators), strict=True):
            if name not in PLAIN:
                yield decorator, values
                values = self._program.calls.decorated(decorator, values, frame)

    def class_of(self, value: Value) -> Value | None:
        """The class of an object."""
        if isinstance(value, InstanceV):
            return ClassV(value.cls)
        return ExternalV(value.name) if isinstance(value, ExternalInstanceV) else None

    def cls(self, cls: Class, frame: Frame) -> Values:
        """What the name of a class stands for; its decorators leave it what it is."""
        return frozenset({ClassV(cls, frame)})

    def bases(self, cls: Class) -> Values:
        """What the bases of a class stand for."""
        frame = self._program.frames.parent(cls)
        found: Values = UNKNOWN
        for base in cls.node.bases:
            found |= self._program.evaluate(base, frame)
        return found

    def mro(self, cls: Class) -> tuple[Class | str, ...]:
        """The class, its bases depth first, those outside the program by dotted name."""
        if cls not in self._mros:
            self._mros[cls] = (cls,)  # for a class that is its own base
            found: list[Class | str] = [cls]
            frame = self._program.frames.parent(cls)
            for base in cls.node.bases:
                for value in self._program.evaluate(base, frame):
                    if isinstance(value, ClassV):
                        found.extend(self.mro(value.cls))
                    elif isinstance(value, (ExternalV, ExternalInstanceV)):
                        found.append(value.name)
            # A base that several classes share comes after all of them.
            self._mros[cls] = tuple(reversed(dict.fromkeys(reversed(found))))
        return self._mros[cls]

    def externals(self, cls: Class) -> list[str]:
        """The dotted names of the bases outside the program, and of theirs as far as library data says."""
        return [base for base in self.mro(cls) if isinstance(base, str)]

    def derives(self, cls: Class, names: frozenset[str]) -> bool:
        """Whether a class has one of these library classes among its bases."""
        for base in self.externals(cls):
            if base in names or any(above in names for above in self._program.library.bases(base)):
                return True
        return False

    def is_subclass(self, cls: Class, base: Class) -> bool:
        """Whether `base` is the class or one of its bases."""
        return base in self.mro(cls)

    @cached_property
    def _children(self) -> dict[str, list[tuple[Module, Class]]]:
        """Classes of the project by the last name of each base as it is written."""
        found: dict[str, list[tuple[Module, Class]]] = defaultdict(list)
        for module in self._program.modules.project:
            for cls in module.classes.values():
                for base in cls.node.bases:
                    node = base.value if isinstance(base, ast.Subscript) else base
                    found[last_name(node)].append((module, cls))
        return found

    def subclasses(self, cls: Class) -> list[Class]:
        """All classes of the project that derive from this one."""
        found: dict[Class, None] = {}
        waiting = [cls]
        while waiting:
            current = waiting.pop()
            for _module, child in self._children.get(current.name, ()):
                if child not in found and child is not cls and self.is_subclass(child, current):
                    found[child] = None
                    waiting.append(child)
        return list(found)

    @cached_property
    def methods(self) -> dict[str, list[Function]]:
        """The project's methods by name."""
        found: dict[str, list[Function]] = defaultdict(list)
        for module in self._program.modules.project:
            for function in module.functions.values():
                if function.owner is not None and not isinstance(function.node, ast.Lambda):
                    found[function.name].append(function)
        return found

    @cached_property
    def setters(self) -> dict[str, list[Function]]:
        """The setters of the project's properties, by name."""
        return {
            name: found
            for name, methods in self.methods.items()
            if (found := [method for method in methods if "setter" in method.decorators])
        }

    def setter(self, cls: Class, name: str) -> Function | None:
        """What setting a property of an object of the class runs."""
        owned = {method.owner: method for method in self.setters.get(name, ())}
        return next((owned[base] for base in self.mro(cls) if isinstance(base, Class) and base in owned), None)

    def is_protocol(self, cls: Class) -> bool:
        """Whether a class only says what others have."""
        return any(base.rpartition(".")[2] in ("Protocol",) for base in self.externals(cls))

    def implementations(self, cls: Class, name: str) -> list[tuple[Class, Function]]:
        """The methods of this name that objects annotated with an abstract class or protocol may have."""
        found = [(child, method) for child in self.subclasses(cls) if (method := self.own_method(child, name))]
        if not found and self.is_protocol(cls):
            wanted = {node.name for node in cls.node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            for method in self.methods.get(name, ()):
                owner = method.owner
                if owner is not None and owner is not cls and all(self.method(owner, other) for other in wanted):
                    if all(other.startswith("__") for other in wanted) and not self._takes_the_same(cls, method):
                        continue
                    found.append((owner, method))
        return [(one, method) for one, method in found if not method.is_abstract or self._does_nothing(one, method)]

    def _does_nothing(self, cls: Class, method: Function) -> bool:
        """A method that an own class of its kind leaves empty: `class NoCache(Cache): def clear(self): pass`."""
        node = method.node
        if isinstance(node, ast.Lambda) or ABSTRACT & set(method.decorators) or self.is_protocol(cls):
            return False
        return not any(isinstance(statement, ast.Raise) for statement in node.body) and not self.subclasses(cls)

    def _takes_the_same(self, protocol: Class, method: Function) -> bool:
        """Whether a method has the parameters that a protocol says: `__call__` alone is the name of too many things."""
        said = self.own_method(protocol, method.name)
        if said is None or said.is_async != method.is_async:
            return False
        return [one.arg for one in said.parameters[1:]] == [one.arg for one in method.parameters[1:]]

    def own_method(self, cls: Class, name: str) -> Function | None:
        """The method of this name in the class's own body, the last of several."""
        for binding in reversed(cls.scope.bindings.get(name, ())):
            function = cls.module.functions.get(binding.node)
            if function is not None and not function.is_setter:
                return function
        return None

    def method(self, cls: Class, name: str) -> Function | None:
        """The method of this name that an object of the class has."""
        for base in self.mro(cls):
            if isinstance(base, Class) and (function := self.own_method(base, name)) is not None:
                return function
        return None

    def constructor(self, cls: Class) -> Function | None:
        """The `__init__` that somebody wrote; None where the fields of the class are its parameters."""
        init = self.method(cls, "__init__")
        return None if init is not None and init.module.name.partition(".")[0] in MODELS else init

    def made_here(self, frame: Frame) -> InstanceV | None:
        """The object that a constructor is making, as those see it who are given `self` by it."""
        receiver = frame.receiver
        if not isinstance(receiver, InstanceV) or receiver.made_by is not None or not frame.arguments:
            return None
        if not isinstance(frame.code, Function) or frame.code.name != "__init__":
            return None
        return InstanceV(receiver.cls, frame, receiver.site) if self.constructor(receiver.cls) is frame.code else None

    def is_enum(self, cls: Class) -> bool:
        return any(base.rpartition(".")[2].endswith(("Enum", "Flag")) for base in self.externals(cls))

    def fields(self, cls: Class) -> list[str]:
        """The annotated names of a class and its bases: the parameters of a dataclass, model or NamedTuple."""
        found: dict[str, None] = {}
        for base in reversed(self.mro(cls)):
            if isinstance(base, Class):
                for statement in base.node.body:
                    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                        found[statement.target.id] = None
        return list(found)
