"""What the framework itself runs around an endpoint, always on the loop: reading its models from the request, and
writing what it returns.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.calls.hooks import classes
from clearway.check.program.code import Function
from clearway.check.program.values import ClassV, InstanceV, Values
from clearway.check.program.values.effects import Effect, Run, Step
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.roots.entries import Entry

READS = (RootKind.ENDPOINT, RootKind.DEPENDENCY)


def validate(program: Program, entry: Entry, declared: Iterable[tuple[ast.AST, Frame]]) -> None:
    """Add to a root what is run for it. `declared` are the calls and decorators that registered it."""
    if entry.kind not in READS:
        return
    steps = list(_read(program, entry.function))
    if entry.kind is RootKind.ENDPOINT:
        steps.extend(_written(program, entry.function, declared))
    for frame in entry.frames if steps else ():
        assert isinstance(frame.code, Function)
        if frame.code is entry.function:
            program.steps_of.precede(frame, steps)
        else:  # behind a decorator: the wrapper is what the framework calls
            program.steps_of.precede(frame, [Step(frame.code.node, step.effects) for step in steps])


def _read(program: Program, function: Function) -> Iterator[Step]:
    """The models, and what stands in annotations, of each parameter."""
    frame = program.frames.generic(function)
    for parameter in function.parameters:
        if parameter.arg == function.receiver:
            continue
        depends = program.injection.dependencies(parameter, frame)
        effects: list[Effect] = []
        for one in depends:
            asked = frozenset(value for value in one.item("function") if isinstance(value, ClassV))
            made = frozenset(InstanceV(c.cls) for c in asked if not program.definitions.constructor(c.cls))
            effects.extend(program.hooks.reading(made))
        if not depends and parameter.annotation is not None:
            where = program.frames.parent(function)
            values = program.annotations.instances(parameter.annotation, where)
            effects.extend(program.hooks.reading(values))
            effects.extend(program.hooks.marked(parameter.annotation, "validator", None, function))
        if effects:
            yield Step(parameter, tuple(_on_loop(effects)))


def _written(program: Program, function: Function, declared: Iterable[tuple[ast.AST, Frame]]) -> Iterator[Step]:
    """What turns the result into a response."""
    if function.is_generator or isinstance(function.node, ast.Lambda):
        return
    returned = program.returns(program.frames.generic(function))
    models = _response_models(program, function, declared)
    effects: list[Effect] = []
    if models is not None:
        if function.is_async:
            effects.extend(_validated(program, returned, models))
        effects.extend(program.hooks.writing(models))
    else:
        effects.extend(program.hooks.writing(returned))
    if effects:
        yield Step(function.node, tuple(_on_loop(effects)))


def _validated(program: Program, returned: Values, models: Values) -> list[Effect]:
    """An object of the very class is taken as it is; anything else is read into it."""
    reading = program.hooks.reading(models)
    if not reading:
        return []
    wanted = list(classes(models))
    given = list(classes(returned))
    if given and all(any(program.definitions.is_subclass(one, cls) for cls in wanted) for one in given):
        return []
    certain = bool(given) and not any(program.definitions.is_subclass(one, cls) for one in given for cls in wanted)
    return [effect if certain or not isinstance(effect, Run) else replace(effect, possible=True) for effect in reading]


def _response_models(program: Program, function: Function, declared: Iterable[tuple[ast.AST, Frame]]) -> Values | None:
    """The declared type of the response; None where nothing is declared."""
    assert not isinstance(function.node, ast.Lambda)
    found: Values | None = None
    for node, frame in declared:
        calls = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else [node]
        for call in calls:
            for keyword in call.keywords if isinstance(call, ast.Call) else ():
                if keyword.arg == "response_model":
                    found = (found or frozenset()) | program.annotations.instances(keyword.value, frame)
    if found is not None or function.node.returns is None:
        return found
    return program.annotations.instances(function.node.returns, program.frames.parent(function)) or None


def _on_loop(effects: Iterable[Effect]) -> Iterator[Effect]:
    for effect in dict.fromkeys(effects):
        yield replace(effect, on_loop=True) if isinstance(effect, Run) else effect
