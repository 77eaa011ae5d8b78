"""`itertools`: what its functions give, and the functions that they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import OPAQUE, UNKNOWN, ExternalV, Frame, ListV, TupleV, Values
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models


def _elements(models: Models, arguments: Arguments) -> Values:
    found: Values = UNKNOWN
    for values in arguments.all():
        found = models.program.union(found, models.program.iterated(values))
    return found


def _effects(models: Models, arguments: Arguments) -> tuple[Effect, ...]:
    return tuple(effect for values in arguments.all() for effect in models.program.iteration(values))


def _joined(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`chain(a, b)`, `islice(a, 3)`, `cycle(a)`."""
    return Outcome(frozenset({ListV(_elements(models, arguments))}), _effects(models, arguments))


def _flattened(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`chain.from_iterable(a)`."""
    inner = models.program.iterated(_elements(models, arguments))
    return Outcome(frozenset({ListV(inner)}), _effects(models, arguments))


def _repeated(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ListV(arguments.at(0))}))


def _grouped(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`groupby(a, key)`: pairs of a key and a group."""
    elements = models.program.iterated(arguments.at(0))
    effects = list(_effects(models, Arguments(arguments.positional[:1])))
    for function in arguments.at(1, "key"):
        effects.extend(models.program.calls.apply(function, Arguments((elements,)), node, frame).effects)
    pair = TupleV((OPAQUE, frozenset({ListV(elements)})))
    return Outcome(frozenset({ListV(frozenset({pair}))}), tuple(effects))


def _tuples(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`product(a, b)`, `zip_longest(a, b)`: tuples of one element of each."""
    if len(arguments.positional) > 1:
        inner: Values = frozenset({TupleV(tuple(models.program.iterated(one) for one in arguments.positional))})
    else:
        inner = frozenset({ListV(_elements(models, arguments))})
    return Outcome(frozenset({ListV(inner)}), _effects(models, arguments))


def _runs(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`batched(a, 2)`, `permutations(a)`: collections of elements of one iterable."""
    inner = frozenset({ListV(models.program.iterated(arguments.at(0)))})
    return Outcome(frozenset({ListV(inner)}), _effects(models, Arguments(arguments.positional[:1])))


def _chosen(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`takewhile(f, a)` calls f with each element."""
    elements = models.program.iterated(arguments.at(1))
    effects = list(_effects(models, Arguments(arguments.positional[1:2])))
    for function in arguments.at(0):
        effects.extend(models.program.calls.apply(function, Arguments((elements,)), node, frame).effects)
    return Outcome(frozenset({ListV(elements)}), tuple(effects))


def _starred(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`starmap(f, pairs)`."""
    elements = models.program.iterated(arguments.at(1))
    tuples = [value for value in elements if isinstance(value, TupleV)]
    given = Arguments(tuples[0].items) if tuples else Arguments((), (), models.program.iterated(elements), True)
    effects: list[Effect] = []
    values: Values = UNKNOWN
    for function in arguments.at(0):
        outcome = models.program.calls.apply(function, given, node, frame)
        effects.extend(outcome.effects)
        values = models.program.union(values, outcome.values)
    return Outcome(frozenset({ListV(values)}), tuple(effects))


def iterators() -> dict[str, Model]:
    """All of them, by dotted name."""
    found: dict[str, Model] = {
        "chain": _joined,
        "chain.from_iterable": _flattened,
        "islice": _joined,
        "cycle": _joined,
        "repeat": _repeated,
        "groupby": _grouped,
        "product": _tuples,
        "zip_longest": _tuples,
        "starmap": _starred,
    }
    found |= dict.fromkeys(("pairwise", "batched", "permutations", "combinations", "tee"), _runs)
    found |= dict.fromkeys(("takewhile", "dropwhile", "filterfalse"), _chosen)
    return {f"itertools.{name}": model for name, model in found.items()}
