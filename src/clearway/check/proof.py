"""Whether a `def` root is proven not to block: only then may it run on the event loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function, Module
from clearway.check.program.values import InstanceV, TupleV
from clearway.check.program.values.effects import Run
from clearway.check.source.syntax import walk
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program
    from clearway.check.program.values import Code, Frame
    from clearway.check.survey import Study

KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})
DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
WALKING = frozenset({"sum", "sorted", "min", "max", "any", "all", "list", "set", "frozenset", "tuple", "range"})
"""Builtins that take as long as what they are given is large."""


def never_blocks(program: Program, study: Study) -> bool:
    """Every call is known and none blocks, no loop or recursion can compute for long, nothing is held over a `yield`,
    and no attribute can be a query in disguise.
    """
    entry = study.entry
    if entry.kind not in KINDS or entry.on_loop or entry.is_async or not entry.function.module.is_project:
        return False
    if study.reach.hits or study.reach.unresolved or study.reach.reentries:
        return False
    # What a generator holds is given back after its `yield`, by means that we need not see.
    if entry.function.is_generator or _is_given_rows(program, study):
        return False
    return not _may_compute(program, list(study.reach.counted))


def _may_compute(program: Program, frames: list[Frame]) -> bool:
    """Whether some loop has no end that can be seen here, or functions call each other in a circle."""
    if any(_is_open(node, program, frame) for frame in frames for node in _own_nodes(frame)):
        return True
    calls: dict[Code, set[Code]] = {}
    for frame in frames:
        called = {
            effect.frame.code for step in program.steps(frame) for effect in step.effects if isinstance(effect, Run)
        }
        calls.setdefault(frame.code, set()).update(called)
    return _has_circle(calls)


def _own_nodes(frame: Frame) -> Iterator[ast.AST]:
    body = frame.code.node if not isinstance(frame.code, Module) else frame.code.source.tree
    return walk(body)


def _is_open(node: ast.AST, program: Program, frame: Frame) -> bool:
    if isinstance(node, ast.While):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WALKING:
        return len(node.args) == 1 and not isinstance(node.args[0], DISPLAYS)
    if not isinstance(node, ast.For | ast.comprehension):
        return False
    # A display, or a collection that the program shows whole, has the length at which it is written.
    if isinstance(node.iter, DISPLAYS):
        return False
    values = program.evaluate(node.iter, frame)
    return not values or not all(isinstance(value, TupleV) for value in values)


def _has_circle(calls: dict[Code, set[Code]]) -> bool:
    done: set[Code] = set()
    for start in calls:
        above: list[tuple[Code, Iterator[Code]]] = [(start, iter(calls.get(start, ())))]
        path = {start}
        while above:
            code, following = above[-1]
            for called in following:
                if called in path:
                    return True
                if called not in done:
                    path.add(called)
                    above.append((called, iter(calls.get(called, ()))))
                    break
            else:
                done.add(code)
                path.discard(code)
                above.pop()
    return False


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
