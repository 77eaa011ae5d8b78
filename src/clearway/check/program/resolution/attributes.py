"""What an attribute stands for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.scopes import Bind
from clearway.check.program.resolution.names import with_elements
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    ModelV,
    ModuleV,
    MoreV,
    NamespaceV,
    PartialV,
    SuperV,
    TaskV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from clearway.check.program.program import Program

STATES = frozenset({"starlette.datastructures.State"})
MOST_STORES = 20
LONGEST_NAME = 12
"""Parts of a library's dotted name. What a loop or a recursion hangs on it beyond this is not told apart."""
STATEFUL = frozenset(
    {"fastapi.FastAPI", "starlette.applications.Starlette", "starlette.requests.Request", "fastapi.Request"}
    | {"starlette.requests.HTTPConnection", "starlette.websockets.WebSocket", "fastapi.WebSocket"}
)


class Attributes:
    """Reads `x.name` for every kind of x."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._busy: set[tuple[Value, str]] = set()
        self.lifespans: list[Frame] = []
        """Generators whose dictionaries become `request.state`."""
        self._instances: dict[tuple[InstanceV, str], Values] = {}

    def of(self, values: Values, name: str, frame: Frame) -> Values:
        """What the attribute of any of these values may be."""
        found: Values = UNKNOWN
        for value in values:
            found = self._program.union(found, self.one(value, name, frame))
        return found

    def one(self, value: Value, name: str, frame: Frame) -> Values:
        """What the attribute of this value may be."""
        match value:
            case ModuleV(module=module):
                return self._program.modules.of_module(value, name, module)
            case NamespaceV(root=root):
                return self._program.modules.of_module(value, name, root)
            case ExternalV():
                return self._external(value, name)
            case ExternalInstanceV():
                return self.external_instance(value, name)
            case ClassV():
                return self._class(value, name)
            case InstanceV():
                return self.instance(value, name)
            case SuperV():
                return self._super(value, name)
            case FunctionV():
                return self._function(value, name)
            case PartialV(function=function):
                return frozenset({function}) if name == "func" else OPAQUE
            case DictV() | ListV() | TupleV():
                return frozenset({ExternalV(f"container.{name}", value)})
            case ConstantV():
                return frozenset({ExternalV(f"builtins.{type(value.value).__name__}.{name}", value)})
            case TaskV():
                return frozenset({ExternalV(f"asyncio.Task.{name}", value)})
            case ModelV():
                return self._program.models.attribute(value, name)
            case MoreV():
                return frozenset({value})
            case _:
                return UNKNOWN

    def _external(self, value: ExternalV, name: str) -> Values:
        if value.name.count(".") >= LONGEST_NAME:
            return UNKNOWN
        library = self._program.library
        dotted = library.canonical(f"{value.name}.{name}")
        held = library.attribute(dotted)
        if held is not None:
            return self._program.returned(held, value, ())
        return frozenset({ExternalV(dotted, value.receiver, f"{value.written or value.name}.{name}")})

    def external_instance(self, value: ExternalInstanceV, name: str) -> Values:
        """An attribute of a library's object: what data says it holds, else a method of this name."""
        if value.name in STATES:
            return self._state(name)
        if name == "state" and value.name in STATEFUL:
            return frozenset({ExternalInstanceV("starlette.datastructures.State")})
        if value.name.count(".") >= LONGEST_NAME:
            return UNKNOWN
        library = self._program.library
        dotted = f"{value.name}.{name}"
        held = library.attribute(dotted)
        if held is not None and held.shape != "opaque":
            return self._program.returned(held, value, ())
        if held is None and value.name in STATEFUL and (put := self._put_on(value, name)):
            return put
        # Text, a number, a method of which nothing more need be known.
        return frozenset({ExternalV(dotted, value)})

    def _put_on(self, value: ExternalInstanceV, name: str) -> Values:
        """What the project sets on an app or request: `app.registry = Registry()`."""
        key = (ExternalInstanceV(value.name), name)
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found: Values = UNKNOWN
            for module, function, target, expression in self._program.modules.stores(name)[:MOST_STORES]:
                frames = self._program.frames
                where = frames.of_module(module) if function is None else frames.generic(function)
                owners = self._program.evaluate(target.value, where)
                if any(isinstance(owner, ExternalInstanceV) and owner.name == value.name for owner in owners):
                    found = self._program.union(found, self._program.evaluate(expression, where))
            return found
        finally:
            self._busy.discard(key)

    def _state(self, name: str) -> Values:
        """`app.state.name`, `request.state.name`: whatever the project stores there."""
        key = (ExternalInstanceV("starlette.datastructures.State"), name)
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found: Values = UNKNOWN
            for module, function, target, value in self._program.modules.stores(name):
                if isinstance(target.value, ast.Attribute) and target.value.attr == "state":
                    frames = self._program.frames
                    where = frames.of_module(module) if function is None else frames.generic(function)
                    found = self._program.union(found, self._program.evaluate(value, where))
            for frame in self.lifespans:
                for state in self._program.yields(frame):
                    if isinstance(state, DictV):
                        found = self._program.union(found, dict(state.items).get(name, UNKNOWN))
            return found
        finally:
            self._busy.discard(key)

    def _function(self, value: FunctionV, name: str) -> Values:
        if name == "__wrapped__":
            return frozenset({value})
        if name in ("__name__", "__qualname__", "__module__", "__doc__"):
            return frozenset({ConstantV(value.function.name)}) if name == "__name__" else OPAQUE
        return UNKNOWN

    def _super(self, value: SuperV, name: str) -> Values:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, InstanceV | ClassV) else value.cls
        order = self._program.definitions.mro(cls)
        if value.cls in order:
            order = order[order.index(value.cls) + 1 :]
        else:
            order = self._program.definitions.mro(value.cls)[1:]
        return self._along(order, receiver, name)

    def _class(self, value: ClassV, name: str) -> Values:
        if name in ("__name__", "__qualname__", "__doc__", "__module__"):
            return OPAQUE
        if self._program.definitions.is_enum(value.cls):
            own = value.cls.scope.bindings.get(name)
            if own and own[0].kind is Bind.VALUE:
                return frozenset({InstanceV(value.cls, None, own[0].node)})
        return self._along(self._program.definitions.mro(value.cls), value, name)

    def instance(self, value: InstanceV, name: str) -> Values:
        """An attribute of an object of the program."""
        key = (value, name)
        known = self._instances.get(key)
        if known is not None:
            return known
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found = self._instance(value, name)
        finally:
            self._busy.discard(key)
        self._instances[key] = found
        return found

    def _instance(self, value: InstanceV, name: str) -> Values:
        definitions = self._program.definitions
        order = definitions.mro(value.cls)
        if name == "__class__":
            return frozenset({ClassV(value.cls)})
        if name in ("__dict__", "__doc__", "__module__"):
            return OPAQUE
        stored = self._stored(value, order, name)
        found = self._program.union(stored, self._along(order, value, name, exact=value.made_by is not None))
        if found:
            return found
        if name in ("name", "value") and definitions.is_enum(value.cls):
            fact = self._program.facts.objects.of_instance(value, name) if value.is_member else None
            return OPAQUE if fact is None else fact.values
        outside = self._outside(value, name)
        if outside:
            return outside
        if name.startswith("__"):
            return UNKNOWN  # Python looks for special methods in the class, never with `__getattr__`
        getter = definitions.method(value.cls, "__getattr__")
        if getter is not None and getter.receiver is not None:
            parameters = getter.parameters[1:2]
            arguments = {parameter.arg: frozenset({ConstantV(name)}) for parameter in parameters}
            frame = self._program.frames.call(getter, dict(arguments), value, None)
            return self._program.returns(frame)
        return UNKNOWN

    def _stored(self, value: InstanceV, order: tuple[Class | str, ...], name: str) -> Values:
        """What methods put on `self`, and what the constructor of a dataclass was given."""
        program = self._program
        found: Values = UNKNOWN
        annotated: Values = UNKNOWN
        for base in order:
            if not isinstance(base, Class):
                continue
            for method, expression, annotation, path in base.stores.get(name, ()):
                frame = self.method_frame(method, value)
                dead = program.branches.dead(frame)
                if expression is not None and not (dead and dead.covers(expression)):
                    part = program.part(program.evaluate(expression, frame), path)
                    found = program.union(found, part)
                if annotation is not None:
                    annotated = program.union(annotated, program.annotations.instances(annotation, frame))
            for method, expression in base.elements.get(name, ()):
                put = program.evaluate(expression, self.method_frame(method, value))
                if put and (named := base.keyed.get(expression)) is not None:
                    found = frozenset(program.registries.with_named(one, put, named) for one in found)
                elif put:
                    found = frozenset(with_elements(one, put) for one in found)
            if found or annotated:
                break
        if isinstance(value.made_by, Frame) and isinstance(value.made_by.code, Class):
            found = program.union(found, value.made_by.argument(name) or UNKNOWN)
        telling = any(not isinstance(one, ConstantV) for one in found)
        return found if telling or not annotated else program.union(annotated, found)

    def method_frame(self, method: Function, value: InstanceV) -> Frame:
        """The call of a method of an object: of its constructor the one that made it."""
        made_by = value.made_by
        if made_by is not None and made_by.code is method:
            return made_by
        if made_by is not None and method.name == "__init__" and isinstance(made_by.code, Function):
            # A base's constructor, reached through `super().__init__(...)`.
            frame = self._program.base_constructor(made_by, method)
            if frame is not None:
                return frame
        return self._program.frames.generic(method, value)

    def _along(self, order: tuple[Class | str, ...], receiver: Value, name: str, *, exact: bool = True) -> Values:
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

    def _outside(self, value: InstanceV, name: str) -> Values:
        """What code outside of the class puts on its objects: `service.client = Client()`."""
        program = self._program
        stores = program.modules.stores(name)
        if not 0 < len(stores) <= 20:
            return UNKNOWN
        found: Values = UNKNOWN
        for module, function, target, expression in stores:
            where = program.frames.of_module(module) if function is None else program.frames.generic(function)
            if isinstance(target.value, ast.Name) and function is not None and target.value.id == function.receiver:
                continue
            owners = program.evaluate(target.value, where)
            if any(isinstance(one, InstanceV) and one.cls is value.cls for one in owners):
                found = program.union(found, program.evaluate(expression, where))
        return found

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

    def getters(self, values: Values, name: str) -> list[Frame]:
        """The property getters that reading this attribute runs."""
        program = self._program
        found: list[Frame] = []
        for value in values:
            if isinstance(value, InstanceV):
                function = program.definitions.method(value.cls, name)
                if function is None:
                    found.extend(self.descriptors(value, name))
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


_METHODS_OF_MODELS = frozenset(
    {"model_dump", "model_dump_json", "model_copy", "model_validate", "model_validate_json", "dict", "json", "copy"}
    | {"parse_obj", "parse_raw", "construct", "model_construct", "model_json_schema", "schema", "validate"}
)


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
