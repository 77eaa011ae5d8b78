"""What is found by a name that is a value: `getattr(x, name)`, `import_module(name)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    ConstantV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ModuleV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Outcome, Unresolved
from clearway.check.source.syntax import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments


def _getattr(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`getattr(x, "name")`; of a module of the project by an unknown name, all its functions and classes."""
    program = models.program
    names = {value.value for value in arguments.at(1) if isinstance(value, ConstantV) and isinstance(value.value, str)}
    found: Values = UNKNOWN
    for name in sorted(names):
        found = program.union(found, program.attributes.of(arguments.at(0), name, frame))
    found = program.union(found, arguments.at(2))
    if names:
        getters = [frame for name in sorted(names) for frame in program.members.getters(arguments.at(0), name)]
        return Outcome(found, tuple(program.protocols.one_of(getters)))
    dynamic = False
    for value in arguments.at(0):
        found = program.union(found, _members(models, value, node, frame))
        dynamic = dynamic or isinstance(value, ModuleV)
    # The members that are visible are followed; which others a name may find, nobody can say.
    return Outcome(found, (Unresolved(written(node)),) if dynamic and _pattern(node) is None else ())


def _members(models: Models, value: Value, node: ast.AST, frame: Frame) -> Values:
    """What a computed name may find: `getattr(handlers, f"on_{event}")`."""
    pattern = _pattern(node)
    program = models.program
    found: Values = UNKNOWN
    if isinstance(value, ModuleV) and value.module.is_project:
        names = [name for name in value.module.scope.bindings if pattern is None or pattern(name)]
        if len(names) <= 40:
            for name in names:
                held = program.attributes.one(value, name, frame)
                found = program.union(found, frozenset(v for v in held if isinstance(v, FunctionV | ClassV)))
    if isinstance(value, InstanceV | ClassV) and pattern is not None:
        for base in program.definitions.mro(value.cls):
            if isinstance(base, Class):
                for name in base.scope.bindings:
                    if pattern(name):
                        found = program.union(found, program.attributes.one(value, name, frame))
    return found


def _pattern(node: ast.AST) -> Callable[[str], bool] | None:
    """Which names `f"on_{event}"` and `"on_" + event` can be."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    name = node.args[1]
    if isinstance(name, ast.JoinedStr):
        first, last = name.values[0], name.values[-1]
        prefix = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        suffix = last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""
    elif isinstance(name, ast.BinOp) and isinstance(name.left, ast.Constant) and isinstance(name.left.value, str):
        prefix, suffix = name.left.value, ""
    else:
        return None
    if not prefix and not suffix:
        return None
    return lambda candidate: candidate.startswith(prefix) and candidate.endswith(suffix)


def _import_module(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, frame: Frame) -> Outcome:
    found: Values = UNKNOWN
    for value in arguments.at(0):
        if isinstance(value, ConstantV) and isinstance(value.value, str) and value.value:
            found |= models.program.modules.imported(frame.module, value.value)
    return Outcome(found)


BY_NAME: dict[str, Model] = {
    "builtins.getattr": _getattr,
    "importlib.import_module": _import_module,
}
