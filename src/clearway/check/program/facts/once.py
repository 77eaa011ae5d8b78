"""What runs once in the life of a process, by what the rest of the program does: flags of modules that are only ever
put down, cached functions that all calls give the same, classes whose metaclass keeps their objects.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import ClassV, ExternalV, Frame, InstanceV, ModuleV
from clearway.check.source.syntax import walk

if TYPE_CHECKING:
    from clearway.check.program.program import Program

CACHES = frozenset({"lru_cache", "cache"})


class Once:
    """Decides it, once for each function, class and flag."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._cached: dict[Function, bool] = {}
        self._kept: dict[Class, bool] = {}
        self._flags: dict[tuple[ast.expr, Frame], bool] = {}

    def runs(self, frame: Frame, node: ast.AST) -> bool:
        """What this node gives is kept, or a flag is put down with it."""
        code = frame.code
        if not isinstance(code, Function):
            return isinstance(code, Class) and self._is_kept(code)
        if node in code.made_lazily or self._is_cached(code) or self._program.containers.makes_once(frame):
            return True
        if any(self._is_put_down(flag, frame) for flag in code.put_down.get(node, ())):
            return True
        makes = code.name in ("__init__", "__post_init__") and isinstance(frame.receiver, InstanceV)
        return makes and isinstance(frame.receiver, InstanceV) and self._is_kept(frame.receiver.cls)

    def _is_cached(self, function: Function) -> bool:
        """A cached function without parameters, or one that is only ever called with the same constants."""
        if not CACHES & set(function.decorators):
            return False
        if not function.parameters:
            return True
        if function not in self._cached:
            self._cached[function] = function.owner is None and self._given_constants(function.name)
        return self._cached[function]

    def _given_constants(self, name: str) -> bool:
        """Whether all that the project does with a function of this name is to call it with constants."""
        called = False
        for module in self._program.modules.project:
            if name not in module.source.text:
                continue
            callees: set[ast.AST] = set()
            for node in walk(module.source.tree):
                if isinstance(node, ast.Call) and _is_named(node.func, name):
                    given = [*node.args, *(keyword.value for keyword in node.keywords)]
                    if not all(isinstance(value, ast.Constant) for value in given):
                        return False
                    callees.add(node.func)
                    called = True
                elif (
                    isinstance(node, ast.Name | ast.Attribute)
                    and isinstance(node.ctx, ast.Load)
                    and _is_named(node, name)
                    and node not in callees
                ):
                    return False  # handed on, emptied, or something else of this name
        return called

    def _is_kept(self, cls: Class) -> bool:
        """Whether a metaclass makes one object of a class, and gives that one again."""
        if cls not in self._kept:
            self._kept[cls] = any(
                value.cls is not cls and self._keeps(value.cls, cls.name)
                for base in self._program.definitions.mro(cls)
                if isinstance(base, Class)
                for keyword in base.node.keywords
                if keyword.arg == "metaclass"
                for value in self._program.evaluate(keyword.value, self._program.frames.parent(base))
                if isinstance(value, ClassV)
            )
        return self._kept[cls]

    def _keeps(self, metaclass: Class, name: str) -> bool:
        call = self._program.definitions.method(metaclass, "__call__")
        if call is None or call.receiver is None:
            return False
        for node in walk(call.node):
            made = isinstance(node, ast.Call) and _is_named(node.func, "__call__")
            if made and node in call.made_lazily:
                return True
            match node:
                case ast.If(test=ast.Compare(left=key, ops=[ast.NotIn()], comparators=[kept])) if any(
                    _is_put(inner, kept) for inner in walk(node)
                ):
                    by_class_alone = isinstance(key, ast.Name) and key.id == call.receiver
                    return by_class_alone or self._given_constants(name)
        return False

    def _is_put_down(self, flag: ast.expr, frame: Frame) -> bool:
        """Whether a flag of a module is never raised again once the module has been read."""
        key = (flag, frame)
        if key not in self._flags:
            found = self._flag_of(flag, frame)
            self._flags[key] = found is not None and self._stays_down(*found)
        return self._flags[key]

    def _flag_of(self, flag: ast.expr, frame: Frame) -> tuple[Module, str] | None:
        if isinstance(flag, ast.Name):
            return frame.module, flag.id
        if not isinstance(flag, ast.Attribute):
            return None
        owners = self._program.evaluate(flag.value, frame)
        owner = next(iter(owners)) if len(owners) == 1 else None
        return (owner.module, flag.attr) if isinstance(owner, ModuleV) else None

    def _stays_down(self, module: Module, name: str) -> bool:
        program = self._program
        bound = module.scope.bindings.get(name, ())
        if not bound or any(one.kind not in (Bind.VALUE, Bind.ANNOTATION) for one in bound):
            return False
        if program.stores.sets_names_by_text(module):
            return False
        if any(not _is_false(binding.node) for _, binding in program.stores.of_globals(module).get(name, ())):
            return False
        for other, function, target, value in program.stores.of_attribute(name):
            where = program.frames.of_module(other) if function is None else program.frames.generic(function)
            owners = program.evaluate(target.value, where)
            ours = not owners or any(isinstance(one, ModuleV) and one.module is module for one in owners)
            if ours and not isinstance(next(iter(owners), None), ExternalV) and not _is_false(value):
                return False
        return True


def _is_named(node: ast.expr, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def _is_put(node: ast.AST, kept: ast.expr) -> bool:
    """`instances[key] = ...`."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    target = node.targets[0]
    return isinstance(target, ast.Subscript) and ast.dump(target.value) == ast.dump(kept)


def _is_false(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
