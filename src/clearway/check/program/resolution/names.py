"""What a name stands for, seen from a frame."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    InstanceV,
    ListV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.facts.branches import Regions
    from clearway.check.program.program import Program

BUILTINS = frozenset(dir(builtins))


class Names:
    """Looks names up as Python does: function, enclosing functions, module, builtins."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, Frame], Values] = {}
        self._busy: dict[tuple[str, Frame], int] = {}

    def lookup(self, name: str, frame: Frame) -> Values:
        """All that this name may stand for where this frame's code uses it."""
        here: Frame | None = frame
        while here is not None:
            code = here.code
            # A class's names are seen by its own statements only, not by its methods.
            visible = not isinstance(code, Class) or here is frame
            if visible and name in code.scope.bindings and name not in code.scope.elsewhere:
                return self.bound(name, here)
            if isinstance(code, Module):
                break
            here = here.parent
        module = frame.module
        top = self._program.frames.of_module(module)
        if name in module.scope.bindings or name in self._program.stores.of_globals(module):
            return self.bound(name, top)
        for star in module.scope.stars:
            if values := self._program.modules.member(module, star.module, name, frame):
                return values
        if name in BUILTINS:
            return frozenset({ExternalV(f"builtins.{name}")})
        if name == "__name__":
            return OPAQUE
        return UNKNOWN

    def used(self, node: ast.Name, frame: Frame) -> Values:
        """What a name stands for in one place: `s` of `s = s.where(x)` is what it was before."""
        code = frame.code
        before = code.reaching.get(node) if isinstance(code, Function | Module) else None
        if before is not None:
            dead = self._program.branches.dead(frame)
            if values := self._bound(node.id, frame, dead, before):
                return values
        return self.lookup(node.id, frame)

    def bound(self, name: str, frame: Frame) -> Values:
        """What the bindings of this name in this frame's own scope give."""
        key = (name, frame)
        if (known := self._known.get(key)) is not None:
            return known
        circles = self._program.circles
        if (depth := self._busy.get(key)) is not None:
            circles.close(depth)
            return UNKNOWN
        dead = self._program.branches.dead(frame)
        depth = self._busy[key] = circles.enter()
        try:
            values = self._bound(name, frame, dead, frame.code.scope.bindings.get(name, ()))
        finally:
            del self._busy[key]
            final = circles.leave(depth)
        if values or final:
            self._known[key] = values
        return values

    def _bound(self, name: str, frame: Frame, dead: Regions, among: Sequence[Binding]) -> Values:
        given = frame.argument(name)
        if given is not None and all(one.kind is Bind.ELEMENT for one in frame.code.scope.bindings.get(name, ())):
            return given  # one turn of a loop
        bindings = [(binding, frame) for binding in among if not (dead and dead.covers(binding.node))]
        if isinstance(frame.code, Module):
            for function, binding in self._program.stores.of_globals(frame.code).get(name, ()):
                bindings.append((binding, self._program.frames.generic(function)))
        found: Values = UNKNOWN
        annotated: Values = UNKNOWN
        for binding, where in bindings:
            if binding.kind is Bind.ANNOTATION:
                annotated |= self._program.annotations.instances(binding.node, where)
            else:
                found = self._program.union(found, self._binding(name, binding, where))
        held = {value.name: value for value in annotated if isinstance(value, ExternalInstanceV) and value.items}
        found = frozenset(
            held.get(value.name, value) if isinstance(value, ExternalInstanceV) else value for value in found
        )
        found = self._filled(name, frame, found or annotated)
        if not annotated:
            return found
        return found if any(_says_something(value) for value in found) else self._program.union(annotated, found)

    def _filled(self, name: str, frame: Frame, values: Values) -> Values:
        """Collections, with what statements elsewhere put into them."""
        if not any(_holds(value) for value in values):
            return values
        program = self._program
        put: Values = UNKNOWN
        for code, expression in program.stores.of_elements(name, frame.code):
            for where in [frame] if code is frame.code else program.frames.known(code):
                put = program.union(put, program.evaluate(expression, where))
        if not put:
            return values
        return frozenset(with_elements(value, put) for value in values)

    def _binding(self, name: str, binding: Binding, frame: Frame) -> Values:
        program = self._program
        node = binding.node
        match binding.kind:
            case Bind.PARAMETER:
                assert isinstance(node, ast.arg)
                return self._parameter(node, frame)
            case Bind.FUNCTION:
                return program.definitions.function(frame.module.functions[node], frame)
            case Bind.CLASS:
                return program.definitions.cls(frame.module.classes[node], frame)
            case Bind.IMPORT:
                if binding.member is None:
                    return program.modules.imported(frame.module, binding.module)
                return program.modules.member(frame.module, binding.module, binding.member, frame)
            case Bind.VALUE:
                assert isinstance(node, ast.expr)
                return program.part(program.evaluate(node, frame), binding.path)
            case Bind.ELEMENT:
                assert isinstance(node, ast.expr)
                return program.part(program.iterated(program.evaluate(node, frame)), binding.path)
            case Bind.ENTERED:
                assert isinstance(node, ast.expr)
                return program.part(program.entered(program.evaluate(node, frame)), binding.path)
            case _:
                return OPAQUE

    def _parameter(self, parameter: ast.arg, frame: Frame) -> Values:
        function = frame.code
        assert isinstance(function, Function)
        given = frame.argument(parameter.arg)
        if given and not all(isinstance(value, ListV | DictV) and not _says_more(value) for value in given):
            return given
        if parameter.arg == function.receiver and function.owner is not None:
            if frame.receiver is not None:
                return frozenset({self._program.definitions.made_here(frame) or frame.receiver})
            if function.is_classmethod:
                return frozenset({ClassV(function.owner)})
            return frozenset({InstanceV(function.owner)})
        arguments = function.node.args
        annotated = UNKNOWN
        if parameter.annotation is not None:
            # Seen from outside: a parameter may be named like its own type.
            outside = frame.parent or self._program.frames.of_module(frame.module)
            annotated = self._program.annotations.instances(parameter.annotation, outside)
        if parameter is arguments.vararg:
            return frozenset({ListV(annotated)})
        if parameter is arguments.kwarg:
            return OPAQUE
        injected = self._program.injection.injected(parameter, frame)
        if injected:
            return injected
        default = function.defaults.get(parameter.arg)
        if default is None or isinstance(default, ast.Constant):
            return annotated
        said = annotated and not all(isinstance(value, InstanceV | ExternalInstanceV) for value in annotated)
        if said or (annotated and not isinstance(default, ast.Name | ast.Attribute)):
            return annotated
        values = self._program.evaluate(default, frame.parent or self._program.frames.of_module(frame.module))
        # `layer: Module = Linear`: a default that is a class says more than the annotation, which means the class too.
        return values if not annotated or (values and all(map(self._is_class, values))) else annotated

    def _is_class(self, value: Value) -> bool:
        if isinstance(value, ExternalV):
            return value.receiver is None and value.name.rpartition(".")[2][:1].isupper()
        return isinstance(value, ClassV)


def _says_more(value: ListV | DictV) -> bool:
    """Whether more is known of a collection than that it is one."""
    return bool(value.element) if isinstance(value, ListV) else bool(value.items or value.other)


def _says_something(value: object) -> bool:
    """Whether a value is worth more than the annotation beside it."""
    if isinstance(value, ConstantV | ListV):
        return False
    if isinstance(value, ExternalInstanceV):
        return not value.name.startswith("builtins.")
    return not isinstance(value, DictV | TupleV)


HOLDERS = frozenset({"contextvars.ContextVar", "asyncio.Queue", "queue.Queue", "queue.SimpleQueue", "asyncio.Future"})
"""Library classes whose objects give back what was put into them."""


def _holds(value: Value) -> bool:
    return isinstance(value, DictV | ListV) or (isinstance(value, ExternalInstanceV) and value.name in HOLDERS)


def with_elements(value: Value, put: Values) -> Value:
    """A collection that holds these too."""
    if isinstance(value, ListV):
        return ListV(value.element | put)
    if isinstance(value, ExternalInstanceV) and value.name in HOLDERS:
        return ExternalInstanceV(value.name, value.site, value.items | put)
    return DictV(value.items, value.other | put) if isinstance(value, DictV) else value
