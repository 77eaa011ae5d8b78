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


MOST_BASES = 8
"""So many constructors are followed, each calling that of its base."""


class Attributes:
    """Reads `x.name` for every kind of x."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._busy: set[tuple[Value, str]] = set()
        self._instances: dict[tuple[InstanceV, str], Values] = {}
        self._constructing: dict[tuple[InstanceV, Function], Frame | None] = {}
        """How an object's constructor calls that of a base."""

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
                return self._program.external_attributes.of(value, name)
            case ExternalInstanceV():
                return self._program.external_attributes.of_instance(value, name)
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
            case ConstantV(value=None) if not hasattr(None, name):
                return UNKNOWN  # what stands there before something is put in its place
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
        return self._program.members.along(order, receiver, name)

    def _class(self, value: ClassV, name: str) -> Values:
        if name in ("__name__", "__qualname__", "__doc__", "__module__"):
            return OPAQUE
        if self._program.definitions.is_enum(value.cls):
            own = value.cls.scope.bindings.get(name)
            if own and own[0].kind is Bind.VALUE:
                return frozenset({InstanceV(value.cls, None, own[0].node)})
        return self._program.members.along(self._program.definitions.mro(value.cls), value, name)

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
        if name in ("__doc__", "__module__"):
            return OPAQUE
        stored = self._stored(value, order, name)
        found = self._program.union(
            stored, self._program.members.along(order, value, name, exact=value.made_by is not None)
        )
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
            frame = self._base_constructor(made_by, method) or self._constructing.get((value, method))
            if frame is not None:
                return frame
        return self._program.frames.generic(method, value)

    def constructing(self, frame: Frame) -> None:
        """A constructor is called for an object that another is making: asked for from inside of it, it is not done."""
        function, receiver = frame.code, frame.receiver
        if isinstance(function, Function) and function.name == "__init__" and isinstance(receiver, InstanceV):
            key = (receiver, function)
            known = self._constructing.setdefault(key, frame)
            if known is not frame:
                self._constructing[key] = None  # in several ways: which is meant is open

    def _base_constructor(self, made_by: Frame, method: Function, steps: int = MOST_BASES) -> Frame | None:
        """The call of a base's `__init__` that a constructor makes. Nothing else of it is looked at: that may ask for
        the very attribute that is being looked for.
        """
        assert isinstance(made_by.code, Function)
        for call in made_by.code.flow.calls:
            if not (isinstance(call.func, ast.Attribute) and call.func.attr == method.name):
                continue
            for effect in self._program.effects_of(call, made_by):
                frame = getattr(effect, "frame", None)
                if not isinstance(frame, Frame) or not isinstance(frame.code, Function):
                    continue
                if frame.code is method:
                    return frame
                # The base's own base, unless it calls itself.
                if frame.code.name == method.name and frame.code is not made_by.code and steps:
                    further = self._base_constructor(frame, method, steps - 1)
                    if further is not None:
                        return further
        return None

    def _outside(self, value: InstanceV, name: str) -> Values:
        """What code outside of the class puts on its objects: `service.client = Client()`."""
        program = self._program
        stores = program.stores.of_attribute(name)
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
