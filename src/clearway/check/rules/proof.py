"""Whether a `def` root is proven not to block: only then may it run on the event loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.modules import Class, Function
from clearway.check.program.values import InstanceV
from clearway.model import RootKind

if TYPE_CHECKING:
    from clearway.check.program.program import Program
    from clearway.check.survey import Study

KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})


def never_blocks(program: Program, study: Study) -> bool:
    """Every call is known and none blocks; nothing is held over a `yield`; no attribute can be a query in disguise."""
    entry = study.entry
    if entry.kind not in KINDS or entry.on_loop or entry.is_async or not entry.function.module.is_project:
        return False
    if study.reach.hits or study.reach.unresolved or study.reach.reentries:
        return False
    # What a generator holds is given back after its `yield`, by means that we need not see.
    return not entry.function.is_generator and not _is_given_rows(program, study)


def _is_given_rows(program: Program, study: Study) -> bool:
    """Whether a parameter is a mapped object: reading its attributes may load them from the database."""
    function = study.entry.frame.code
    if not isinstance(function, Function):
        return True
    return any(
        isinstance(value, InstanceV) and is_mapped(program, value.cls)
        for parameter in function.parameters
        if parameter.arg != function.receiver
        for value in program.names.lookup(parameter.arg, study.entry.frame)
    )


def is_mapped(program: Program, cls: Class) -> bool:
    """Whether objects of a class are rows of a table."""
    return any(
        isinstance(base, Class)
        and (
            bool({"__tablename__", "__table__"} & set(base.scope.bindings))
            or any(keyword.arg == "table" and _is_true(keyword.value) for keyword in base.node.keywords)
        )
        for base in program.definitions.mro(cls)
    )


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
