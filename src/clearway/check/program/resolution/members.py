"""Members of classes, found along the bases: methods bound to objects, properties, descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ModelV,
    PartialV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from clearway.check.program.program import Program


_METHODS_OF_MODELS = frozenset(
    {"model_dump", "model_dump_json", "model_copy", "model_validate", "model_validate_json", "dict", "json", "copy"}
    | {"parse_obj", "parse_raw", "construct", "model_construct", "model_json_schema", "schema", "validate"}
)


class Members:
    """Looks members up as Python does."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def along(self, order: tuple[Class | str, ...], receiver: Value, name: str, *, exact: bool = True) -> Values:
        """The first class along the order that has the name."""
        for base in order:
            if isinstance(base, Class):
                if name in base.scope.bindings:
                    return self._member(base, receiver, name, exact=exact)
            elif values := self._external_member(base, receiver, name):
                return values
        return UNKNOWN

    def _external_member(self, base: str, receiver: Value, name: str) -> Values:
        library = self._program.library
        dotted = f"{base}.{name}"
        held = library.attribute(dotted)
        if held is not None:
            return self._program.returned(held, receiver, ())
        known = library.sink(dotted) or library.returns(dotted) or library.offload(dotted) or library.schedule(dotted)
        if known is not None or self._program.models.knows(dotted):
            return frozenset({ExternalV(dotted, receiver)})
        if library.covers(base) and base not in ("builtins.object", "typing.Protocol", "abc.ABC", "typing.Generic"):
            # A method of the library's that does not block; a field of a model is looked up before.
            return frozenset({ExternalV(dotted, receiver)}) if name in _METHODS_OF_MODELS else UNKNOWN
        return UNKNOWN

    def _member(self, cls: Class, receiver: Value, name: str, *, exact: bool) -> Values:
        program = self._program
        function = program.definitions.own_method(cls, name)
        frame = program.frames.of_class(cls, program.frames.parent(cls))
        if function is None:
            values = program.names.bound(name, frame)
            if isinstance(receiver, InstanceV):
                values = self._described(values, receiver)
            return values
        if function.is_property:
            if isinstance(receiver, InstanceV):
                return self._property(function, receiver, exact=exact)
            return OPAQUE
        if isinstance(receiver, InstanceV) and function.is_abstract and not exact:
            others = program.definitions.implementations(receiver.cls, name)
            found: Values = UNKNOWN
            for child, method in others:
                found = program.union(found, self._bound(method, child, InstanceV(child)))
            if found:
                return found
        if isinstance(receiver, ClassV) and function.is_abstract and (function.is_classmethod or function.is_static):
            found = UNKNOWN
            for child, method in program.definitions.implementations(receiver.cls, name):
                found = program.union(found, self._bound(method, child, ClassV(child)))
            if found:
                return found
        return self._bound(function, cls, receiver)

    def _bound(self, function: Function, cls: Class, receiver: Value) -> Values:
        program = self._program
        frame = program.frames.of_class(cls, program.frames.parent(cls))
        values = program.definitions.function(function, frame)
        if function.is_static:
            return values
        if function.is_classmethod:
            bound: Value = receiver if isinstance(receiver, ClassV) else ClassV(_class_of(receiver) or cls)
        elif isinstance(receiver, ClassV):
            return values
        else:
            bound = receiver
        return frozenset(bind(value, bound) for value in values)

    def _property(self, function: Function, receiver: InstanceV, *, exact: bool) -> Values:
        program = self._program
        if function.is_abstract and not exact:
            found: Values = UNKNOWN
            for child, method in program.definitions.implementations(receiver.cls, function.name):
                found = program.union(found, program.returns(program.frames.generic(method, InstanceV(child))))
            if found:
                return found
        frame = program.frames.call(function, {}, receiver, program.frames.parent(function))
        return program.returns(frame)

    def _described(self, values: Values, receiver: InstanceV) -> Values:
        """What a class holds, seen from its object: functions are methods, descriptors give what they get."""
        program = self._program
        found: Values = UNKNOWN
        for value in values:
            if isinstance(value, FunctionV) and value.bound is None and not value.function.is_static:
                found |= {bind(value, receiver)}
            elif isinstance(value, InstanceV) and program.definitions.method(value.cls, "__get__") is not None:
                found = program.union(found, program.special(value, "__get__"))
            else:
                found |= {value}
        return found

    def getters(self, values: Values, name: str) -> list[Frame]:
        """The property getters that reading this attribute runs."""
        program = self._program
        found: list[Frame] = []
        for value in values:
            if isinstance(value, InstanceV):
                function = program.definitions.method(value.cls, name)
                if function is None:
                    found.extend(self.descriptors(value, name))
                    found.extend(self._asked_by_name(value, name))
                if function is None or not function.is_property:
                    continue
                if function.is_abstract and value.made_by is None:
                    found.extend(
                        program.frames.call(method, {}, InstanceV(child), None)
                        for child, method in program.definitions.implementations(value.cls, name)
                    )
                else:
                    found.append(program.frames.call(function, {}, value, program.frames.parent(function)))
        return found

    def _asked_by_name(self, value: InstanceV, name: str) -> list[Frame]:
        """The `__getattr__` that reading an attribute runs which neither the object nor its class has."""
        definitions = self._program.definitions
        if name.startswith("__") or "__getattr__" not in definitions.methods:
            return []
        getter = definitions.method(value.cls, "__getattr__")
        if getter is None or len(getter.parameters) < 2:
            return []
        order = [base for base in definitions.mro(value.cls) if isinstance(base, Class)]
        if any(name in base.scope.bindings or name in base.stores for base in order):
            return []
        return [
            self._program.frames.call(getter, {getter.parameters[1].arg: frozenset({ConstantV(name)})}, value, None)
        ]

    def descriptors(self, value: InstanceV, name: str, special: str = "__get__") -> list[Frame]:
        """The `__get__` that reading an attribute runs, where its class holds a descriptor of the project's own."""
        program = self._program
        for base in program.definitions.mro(value.cls):
            if isinstance(base, Class) and name in base.scope.bindings:
                frame = program.frames.of_class(base, program.frames.parent(base))
                return [
                    run
                    for held in program.names.bound(name, frame)
                    if isinstance(held, InstanceV)
                    for run in program.special_frames(held, special)
                ]
        return []


def bind(value: Value, receiver: Value) -> Value:
    """A function taken from an object."""
    match value:
        case FunctionV(function=function, frame=frame, bound=None):
            return FunctionV(function, frame, receiver)
        case PartialV():
            # A decorator's result that is a partial does not become a method.
            return value
        case ModelV(name="context_manager" | "decorated" | "singledispatch"):
            return ModelV(value.name, tuple((k, frozenset(bind(v, receiver) for v in vs)) for k, vs in value.items))
        case _:
            return value


def _class_of(value: Value) -> Class | None:
    return value.cls if isinstance(value, InstanceV | ClassV) else None
