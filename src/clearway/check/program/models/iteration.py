"""Python's functions that iterate: `list`, `map`, `zip`, `sum`, `next`, and what they call with each element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    DictV,
    ExternalV,
    Frame,
    ListV,
    TupleV,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models


def _consumed(models: Models, values: Values) -> tuple[Effect, ...]:
    return models.program.iteration(values)


def _list(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`list(x)`, `sorted(x, key=f)`: iterates."""
    values = arguments.at(0)
    effects = [*_consumed(models, values), *_called(models, arguments.named("key"), values, node, frame)]
    return Outcome(frozenset({ListV(models.program.iterated(values))}), tuple(effects))


def _reduce(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`sum(x)`, `any(x)`: iterates and gives a number, or something made of the elements."""
    values = arguments.at(0)
    effects = [*_consumed(models, values), *_called(models, arguments.named("key"), values, node, frame)]
    return Outcome(models.program.iterated(values) or OPAQUE, tuple(effects))


def _picked(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`max(x, key=f)`: one of its elements, of whatever kind."""
    values = models.program.iterated(arguments.at(0))
    return Outcome(values, _reduce(models, callee, arguments, node, frame).effects)


def _called(models: Models, functions: Values, over: Values, node: ast.AST, frame: Frame) -> list[Effect]:
    """A function called with each element."""
    effects: list[Effect] = []
    elements = models.program.iterated(over)
    for function in functions:
        effects.extend(models.program.calls.apply(function, Arguments((elements,)), node, frame).effects)
    return effects


def _map(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`map(f, x)` and `filter(f, x)`: taken as iterated where they stand."""
    program = models.program
    elements = tuple(program.iterated(values) for values in arguments.positional[1:])
    values: Values = UNKNOWN
    effects: list[Effect] = []
    for function in arguments.at(0):
        outcome = program.calls.apply(function, Arguments(elements), node, frame)
        values = program.union(values, outcome.values)
        effects.extend(outcome.effects)
    for over in arguments.positional[1:]:
        effects.extend(_consumed(models, over))
    return Outcome(frozenset({ListV(values)}), tuple(effects))


def _filter(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    outcome = _map(models, callee, arguments, node, frame)
    return Outcome(frozenset({ListV(models.program.iterated(arguments.at(1)))}), outcome.effects)


def _zip(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    items = tuple(models.program.iterated(values) for values in arguments.positional)
    return Outcome(
        frozenset({ListV(frozenset({TupleV(items)}))}),
        tuple(effect for values in arguments.positional for effect in _consumed(models, values)),
    )


def _enumerate(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    values = arguments.at(0)
    inner = frozenset({TupleV((OPAQUE, models.program.iterated(values)))})
    return Outcome(frozenset({ListV(inner)}), _consumed(models, values))


def _iter(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(arguments.at(0))


def _next(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    values = arguments.at(0)
    return Outcome(
        models.program.union(models.program.awaited_or_same(models.program.iterated(values)), arguments.at(1)),
        _consumed(models, values),
    )


def _dict(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    held = [value for value in arguments.at(0) if isinstance(value, DictV)]
    items: dict[object, Values] = {}
    other: Values = UNKNOWN
    for one in held:
        items.update(one.items)
        other |= one.other
    items.update(arguments.keywords)
    return Outcome(frozenset({DictV(tuple(items.items()), other)}), _consumed(models, arguments.at(0)))


def _joined_text(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(OPAQUE, _consumed(models, arguments.at(0)))


def _reduce_function(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    elements = models.program.iterated(arguments.at(1))
    return models.every(arguments.at(0), Arguments((elements | arguments.at(2), elements)), node, frame)


ITERATION: dict[str, Model] = {
    "builtins.list": _list,
    "builtins.set": _list,
    "builtins.tuple": _list,
    "builtins.frozenset": _list,
    "builtins.sorted": _list,
    "builtins.reversed": _list,
    "collections.deque": _list,
    "builtins.sum": _reduce,
    "builtins.any": _reduce,
    "builtins.all": _reduce,
    "builtins.max": _picked,
    "builtins.min": _picked,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.iter": _iter,
    "builtins.aiter": _iter,
    "builtins.next": _next,
    "builtins.anext": _next,
    "builtins.dict": _dict,
    "builtins.str.join": _joined_text,
    "builtins.bytes.join": _joined_text,
    "functools.reduce": _reduce_function,
}
