"""What is certain of names: what is bound before, in this scope and around it, and by whom else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.code.flow import end_of
from clearway.check.program.code.scopes import Bind, Binding
from clearway.check.program.facts.fact import Fact, display, of_host, union
from clearway.check.program.values import ClassV, ExternalV, Frame, FunctionV, ModuleV, Passed, TupleV

if TYPE_CHECKING:
    from clearway.check.program.facts.facts import Facts
    from clearway.check.program.program import Program


class NameFacts:
    """Looks names up as `Names` does, and gives up where a binding is left open."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self._program = program
        self._facts = facts
        self._bound: dict[tuple[str, Frame], Fact | None] = {}
        self._busy: set[tuple[str, Frame]] = set()

    def of(self, node: ast.Name, frame: Frame) -> Fact | None:
        """All that a name can stand for where it is used."""
        here: Frame | None = frame
        while here is not None:
            code = here.code
            visible = not isinstance(code, Class) or here is frame
            if isinstance(code, Module):
                break
            if visible and node.id in code.scope.bindings and node.id not in code.scope.elsewhere:
                return self._local(node.id, here, node if here is frame else None)
            here = here.parent
        return self.of_module(frame.module, node.id)

    def of_module(self, module: Module, name: str) -> Fact | None:
        """A name of a module."""
        program = self._program
        if name in module.scope.bindings or name in program.stores.of_globals(module):
            return self.bound(name, program.frames.of_module(module))
        for star in module.scope.stars:
            for value in program.modules.find(module.absolute(star.module), module):
                if isinstance(value, ModuleV) and name in value.module.scope.bindings:
                    return self.bound(name, program.frames.of_module(value.module))
        values = program.names.lookup(name, program.frames.of_module(module))
        return Fact(values) if len(values) == 1 and all(isinstance(value, ExternalV) for value in values) else None

    def _local(self, name: str, frame: Frame, use: ast.Name | None) -> Fact | None:
        """A name of a function, where it is used: what is bound only behind that does not count."""
        function = frame.code
        bindings = function.scope.bindings.get(name, [])
        if use is None or not isinstance(function, Function) or len(bindings) == 1:
            return self.bound(name, frame)
        order = [binding for binding in bindings if _takes_effect_before(binding, use)]
        certain = [index for index, binding in enumerate(order) if binding.node in function.flow.unconditional]
        if function.flow.repeats(use):
            order += [binding for binding in bindings if binding not in order]
        # What is assigned anew, whatever happens, is not what it was before.
        return self._of_bindings(name, order[certain[-1] :] if certain else order, frame)

    def bound(self, name: str, frame: Frame) -> Fact | None:
        """What the bindings of this name in this frame's own scope give."""
        key = (name, frame)
        if key not in self._bound:
            if key in self._busy:
                return None
            self._busy.add(key)
            try:
                fact = self._of_bindings(name, frame.code.scope.bindings.get(name, []), frame)
            finally:
                self._busy.discard(key)
            self._bound[key] = fact
        return self._bound[key]

    def _of_bindings(self, name: str, bindings: list[Binding], frame: Frame) -> Fact | None:
        code = frame.code
        if name in code.scope.changed:
            return None
        facts: list[Fact | None] = []
        if isinstance(code, Module):
            if self._facts.objects.put_on_module(code, name):
                return None
            for function, binding in self._program.stores.of_globals(code).get(name, ()):
                where = self._program.frames.generic(function)
                facts.append(self._binding(name, binding, where) if name not in function.scope.changed else None)
        elif isinstance(code, Function) and code.flow.shares(name):
            return None  # a function inside of it binds the name too
        dead = self._program.branches.dead(frame)
        for binding in bindings:
            if binding.kind is not Bind.ANNOTATION and not (dead and dead.covers(binding.node)):
                facts.append(self._binding(name, binding, frame))
                if facts[-1] is None:
                    return None
        return union(facts)

    def _binding(self, name: str, binding: Binding, frame: Frame) -> Fact | None:
        node = binding.node
        match binding.kind:
            case Bind.PARAMETER:
                assert isinstance(node, ast.arg)
                return self._parameter(node, frame)
            case Bind.VALUE if isinstance(node, ast.expr) and not binding.path:
                if isinstance(node, ast.List | ast.Dict):
                    return self._collection(name, node, frame)
                return self._facts.of(node, frame)
            case Bind.ELEMENT if isinstance(node, ast.expr) and not binding.path:
                return self._facts.displays.elements(node, frame)
            case Bind.FUNCTION | Bind.CLASS:
                values = self._program.names.bound(name, frame)
                return Fact(values) if len(values) == 1 else None
            case Bind.IMPORT:
                return self._imported(binding, frame)
            case _:
                return None

    def _imported(self, binding: Binding, frame: Frame) -> Fact | None:
        modules = self._program.modules
        if binding.member is None:
            values = modules.imported(frame.module, binding.module)
            return Fact(values) if len(values) == 1 else None
        for value in modules.find(frame.module.absolute(binding.module), frame.module):
            if isinstance(value, ModuleV) and binding.member in value.module.scope.bindings:
                return self.bound(binding.member, self._program.frames.of_module(value.module))
        values = modules.member(frame.module, binding.module, binding.member, frame)
        if len(values) != 1:
            return None
        (value,) = values
        if isinstance(value, ExternalV):
            return of_host(value.name) or Fact(values)
        return Fact(values) if isinstance(value, ModuleV | ClassV | FunctionV) else None

    def _parameter(self, node: ast.arg, frame: Frame) -> Fact | None:
        function = frame.code
        assert isinstance(function, Function)
        if node.arg in frame.certain:
            given = frame.argument(node.arg)
            # `*args` and `**kwargs` may be changed in place.
            return Fact(given, frame.certain[node.arg]) if given and not isinstance(given, Passed) else None
        if node.arg == function.receiver:
            receiver = self._program.definitions.made_here(frame) or frame.receiver
            return Fact(frozenset({receiver})) if receiver is not None else None
        return None

    def _collection(self, name: str, node: ast.List | ast.Dict, frame: Frame) -> Fact | None:
        """A list or dictionary that a name stands for; empty only where nothing fills it."""
        if not (node.keys if isinstance(node, ast.Dict) else node.elts):
            code = frame.code
            if isinstance(code, Function) and not self.handed_elsewhere(name, code, frame):
                return Fact(frozenset({TupleV(())}))
        return display(node)

    def handed_elsewhere(self, name: str, code: Function, frame: Frame) -> bool:
        """Whether a live statement may put something into a local collection."""
        dead = self._program.branches.dead(frame)
        return any(not dead.covers(use) for use in code.flow.uses_that_fill(name))


def _takes_effect_before(binding: Binding, use: ast.Name) -> bool:
    """Whether a name is bound by the time that it is used, where nothing repeats."""
    node = binding.node
    if binding.kind is Bind.PARAMETER:
        return True
    return end_of(node) <= (use.lineno, use.col_offset)
