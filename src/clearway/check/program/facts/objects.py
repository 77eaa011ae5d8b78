"""What is certain of an object's attributes: fields, settings, members of enumerations."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.facts.fact import Fact, union
from clearway.check.program.values import ClassV, ConstantV, ExternalInstanceV, Frame, InstanceV, ModuleV, Value

if TYPE_CHECKING:
    from clearway.check.program.code import Module
    from clearway.check.program.facts.facts import Facts
    from clearway.check.program.program import Program

MOST_STORES = 20
TRANSPARENT_BASES = frozenset(
    {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "str", "int", "object", "ABC", "Protocol"}
)
FIELDS = frozenset({"dataclasses.field", "pydantic.Field", "pydantic.fields.Field", "attrs.field", "attr.ib"})
VALIDATORS = frozenset({"validator", "field_validator", "model_validator", "root_validator"})
_DYNAMIC = re.compile(r"\bsetattr\(|__setattr__\(|__dict__\b")


class Objects:
    """Reads attributes, where nothing that may set them is left out."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self._program = program
        self._facts = facts
        self._open: dict[tuple[Class, str], bool] = {}

    def of_class(self, value: ClassV, name: str) -> Fact | None:
        """`Color.RED`, `Defaults.TIMEOUT`."""
        for base in self._program.definitions.mro(value.cls):
            if not isinstance(base, Class):
                if base.rpartition(".")[2] in TRANSPARENT_BASES:
                    continue
                return None
            if name in base.scope.bindings:
                if self._program.definitions.is_enum(base):
                    return self._member(base, name)
                fact = None if self._set_elsewhere(value.cls, name) else self._of_body(base, name)
                return fact if fact is None or not self._sets_by_name(value.cls) else Fact(fact.values, True)
        return None

    def _of_body(self, cls: Class, name: str) -> Fact | None:
        """What a class statement assigns a name."""
        frames = self._program.frames
        frame = frames.of_class(cls, frames.parent(cls))
        function = self._program.definitions.own_method(cls, name)
        return None if function is not None else self._facts.names.bound(name, frame)

    def _member(self, cls: Class, name: str) -> Fact | None:
        for site, member in cls.member_values.items():
            if member == name:
                return Fact(frozenset({InstanceV(cls, None, site)}))
        return None

    def member_of(self, cls: Class, asked: Fact | None) -> Fact | None:
        """`Color("red")`."""
        if asked is None or len(asked.values) != 1:
            return None
        (wanted,) = asked.values
        if isinstance(wanted, InstanceV) and wanted.cls is cls:
            return asked
        for site in cls.member_values:
            member = InstanceV(cls, None, site)
            if self.value_of(member) == wanted:
                return Fact(frozenset({member}), asked.by_default)
        return None

    def member_named(self, cls: Class, asked: Fact) -> Fact | None:
        """`Color["RED"]`."""
        if not self._program.definitions.is_enum(cls) or len(asked.values) != 1:
            return None
        (wanted,) = asked.values
        if not isinstance(wanted, ConstantV):
            return None
        found = self._member(cls, str(wanted.value))
        return Fact(found.values, asked.by_default) if found is not None else None

    def value_of(self, member: InstanceV) -> ConstantV | None:
        """The value of a member, where it is text or a number."""
        site = member.site
        if not isinstance(site, ast.expr):
            return None
        if isinstance(site, ast.Call) and "StrEnum" in self._bases(member.cls):
            return ConstantV(member.cls.member_values[site].lower())  # `auto()`
        frames = self._program.frames
        fact = self._facts.of(site, frames.of_class(member.cls, frames.parent(member.cls)))
        value = next(iter(fact.values)) if fact is not None and len(fact.values) == 1 else None
        return value if isinstance(value, ConstantV) else None

    def as_constant(self, member: InstanceV) -> ConstantV | None:
        """The text or number that a member is besides: of a `StrEnum`, or of `class Color(str, Enum)`."""
        mixed = self._bases(member.cls) & {"str", "int", "StrEnum", "IntEnum", "IntFlag"}
        return self.value_of(member) if mixed else None

    def is_plain_member(self, member: InstanceV) -> bool:
        """A member that equals nothing but itself."""
        own = self._program.definitions.method(member.cls, "__eq__")
        return own is None and not self._bases(member.cls) - {"Enum", "object"}

    def _bases(self, cls: Class) -> set[str]:
        return {base.rpartition(".")[2] for base in self._program.definitions.externals(cls)}

    def of_instance(self, value: InstanceV, name: str) -> Fact | None:
        """An attribute of an object."""
        if value.is_member and self._program.definitions.is_enum(value.cls):
            return self._of_member(value, name)
        definitions = self._program.definitions
        if name == "__class__":
            return Fact(frozenset({ClassV(value.cls)})) if value.made_by is not None else None
        order = definitions.mro(value.cls)
        if value.made_by is None and any(self._says(child, name) for child in definitions.subclasses(value.cls)):
            return None
        owner = next((base for base in order if isinstance(base, Class) and name in base.scope.bindings), None)
        function = definitions.own_method(owner, name) if owner is not None else None
        if function is not None:
            return self._of_property(function, value)
        if self._set_elsewhere(value.cls, name):
            return None
        facts: list[Fact | None] = []
        for base in order:
            if isinstance(base, Class) and name in base.stores:
                facts.extend(self._stored(base, name, value))
        if self._is_field(value, owner, name):
            given = value.made_by.certain.get(name) if value.made_by is not None else None
            values = value.made_by.argument(name) if value.made_by is not None else None
            facts.append(None if given is None or values is None else Fact(values, given))
        elif owner is not None:
            facts.append(self._of_body(owner, name))
        elif not facts:
            return None
        fact = union(facts)
        # What code sets by computed names is what it is by default: mostly it takes over what somebody configured.
        return fact if fact is None or not self._sets_by_name(value.cls) else Fact(fact.values, True)

    def _says(self, cls: Class, name: str) -> bool:
        return name in cls.scope.bindings or name in cls.stores

    def _of_property(self, function: Function, value: InstanceV) -> Fact | None:
        if not function.is_property:
            return None
        if value.made_by is None and self._program.definitions.implementations(value.cls, function.name):
            return None
        program = self._program
        return self._facts.results.returned(program.frames.call(function, {}, value, program.frames.parent(function)))

    def _of_member(self, value: InstanceV, name: str) -> Fact | None:
        if name == "name":
            return Fact(frozenset({ConstantV(value.cls.member_values[value.site])})) if value.site else None
        if name == "value":
            found = self.value_of(value)
            return None if found is None else Fact(frozenset({found}))
        function = self._program.definitions.method(value.cls, name)
        return self._of_property(function, value) if function is not None else None

    def _stored(self, cls: Class, name: str, value: InstanceV) -> list[Fact | None]:
        """What the methods of one class put there."""
        facts: list[Fact | None] = []
        for method, expression, _annotation, path in cls.stores[name]:
            frame = self._program.attributes.method_frame(method, value)
            dead = self._program.branches.dead(frame)
            if expression is not None and dead and dead.covers(expression):
                continue
            if expression is None and _annotation is not None:
                continue  # `self.x: int` alone
            facts.append(self._facts.of(expression, frame) if expression is not None and not path else None)
        return facts

    def _is_field(self, value: InstanceV, owner: Class | None, name: str) -> bool:
        """Whether a constructor that nobody wrote takes it as a parameter."""
        if owner is None or self._program.definitions.constructor(value.cls) is not None:
            return False
        return any(binding.kind is Bind.ANNOTATION for binding in owner.scope.bindings[name])

    def default(self, cls: Class, name: str) -> Fact | None:
        """What a field is where the call says nothing of it."""
        program = self._program
        classes = [base for base in program.definitions.mro(cls) if isinstance(base, Class)]
        owner = next((base for base in classes if name in base.scope.bindings), None)
        if owner is None or self._validates(cls):
            return None
        values = [binding for binding in owner.scope.bindings[name] if binding.kind is Bind.VALUE]
        frame = program.frames.of_class(owner, program.frames.parent(owner))
        fact = self._field_default(values[0], frame) if len(values) == 1 else None
        names = [base.name if isinstance(base, Class) else base for base in program.definitions.mro(cls)]
        if fact is not None and any(base.endswith("BaseSettings") for base in names):
            return Fact(fact.values, True)
        return fact

    def _field_default(self, binding: Binding, frame: Frame) -> Fact | None:
        node = binding.node
        if not isinstance(node, ast.expr):
            return None
        if not isinstance(node, ast.Call):
            return self._facts.of(node, frame)
        callee = self._program.evaluate(node.func, frame)
        if not any(getattr(value, "name", "") in FIELDS for value in callee):
            return self._facts.of(node, frame)
        for keyword in node.keywords:
            if keyword.arg in ("default", None):
                return self._facts.of(keyword.value, frame) if keyword.arg else None
        if node.args and not (isinstance(node.args[0], ast.Constant) and node.args[0].value is ...):
            return self._facts.of(node.args[0], frame)
        return None

    def _validates(self, cls: Class) -> bool:
        """Whether its own functions may change what it is given."""
        return any(
            VALIDATORS & set(function.decorators)
            for base in self._program.definitions.mro(cls)
            if isinstance(base, Class)
            for statement in base.node.body
            if (function := base.module.functions.get(statement)) is not None
        )

    def _set_elsewhere(self, cls: Class, name: str) -> bool:
        """Whether other code may set the attribute of an object of this class, or of the class."""
        key = (cls, name)
        if key not in self._open:
            self._open[key] = True  # for code that asks while it is found out
            self._open[key] = self._is_set_elsewhere(cls, name)
        return self._open[key]

    def _is_set_elsewhere(self, cls: Class, name: str) -> bool:
        program = self._program
        stores = program.stores.of_attribute(name)
        for count, (module, function, target, _value) in enumerate(stores):
            named = target.value.id if isinstance(target.value, ast.Name) else None
            if function is not None and named and named == function.receiver and not function.is_classmethod:
                continue  # told of with the class that it stands in
            where = program.frames.of_module(module) if function is None else program.frames.generic(function)
            owners = program.evaluate(target.value, where)
            if count > MOST_STORES or not owners or any(self._may_be(owner, cls) for owner in owners):
                return True
        return False

    def _may_be(self, value: Value, cls: Class) -> bool:
        if isinstance(value, InstanceV | ClassV):
            definitions = self._program.definitions
            return definitions.is_subclass(value.cls, cls) or definitions.is_subclass(cls, value.cls)
        return value == ExternalInstanceV("builtins.object")

    def _sets_by_name(self, cls: Class) -> bool:
        """Whether attributes of its objects are set by computed names."""
        known, modules = self._set_by_name
        return any(
            base in known or any(base.module is module or base.name in module.scope.bindings for module in modules)
            for base in self._program.definitions.mro(cls)
            if isinstance(base, Class) and base.module.is_project
        )

    @cached_property
    def _set_by_name(self) -> tuple[dict[Class, None], dict[Module, None]]:
        """The classes of whose objects code sets attributes by computed names, and modules that do so to others."""
        classes: dict[Class, None] = {}
        modules: dict[Module, None] = {}
        program = self._program
        for module in program.modules.project:
            if not _DYNAMIC.search(module.source.text):
                continue
            for function in module.functions.values():
                for subject in function.flow.set_by_name:
                    owners = program.evaluate(subject, program.frames.generic(function))
                    found = [owner.cls for owner in owners if isinstance(owner, InstanceV | ClassV)]
                    classes.update(dict.fromkeys(found))
                    if not found:
                        modules[module] = None
        return classes, modules

    def put_on_module(self, module: Module, name: str) -> bool:
        """Whether other code sets a module's name: `config.DEBUG = True`."""
        program = self._program
        if program.stores.sets_names_by_text(module):
            return True
        for other, function, target, _value in program.stores.of_attribute(name):
            if isinstance(target.value, ast.Name | ast.Attribute):
                where = program.frames.of_module(other) if function is None else program.frames.generic(function)
                if function is not None and isinstance(target.value, ast.Name) and target.value.id == function.receiver:
                    continue
                if any(isinstance(v, ModuleV) and v.module is module for v in program.evaluate(target.value, where)):
                    return True
        return False
