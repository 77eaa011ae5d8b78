"""What calls hand over: positional and by name, and which of it is all that can be meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    TupleV,
    Values,
    bare,
)
from clearway.check.program.values.arguments import Arguments

if TYPE_CHECKING:
    from clearway.check.program.program import Program


_MADE = (ConstantV, InstanceV)
_CERTAIN = (ConstantV, InstanceV, FunctionV, ClassV, ListV, DictV, TupleV, ExternalInstanceV)


class CallArguments:
    """Evaluates the arguments of calls."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def of(self, node: ast.Call, frame: Frame) -> Arguments:
        """The values that a call hands over."""
        positional: list[Values] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                values = self._program.evaluate(argument.value, frame)
                known = [value for value in values if isinstance(value, TupleV)]
                if len(known) == 1 and len(values) == 1:
                    own = _is_handed_on(argument.value, frame)
                    positional.extend(known[0].items if own else map(bare, known[0].items))
                else:
                    return Arguments(
                        tuple(positional), self._keywords(node, frame), self._program.iterated(values), True
                    )
            else:
                positional.append(self._given(argument, frame))
        keywords = self._keywords(node, frame)
        unpacked = [self._program.spread.keys(one.value, frame) for one in node.keywords if one.arg is None]
        if None in unpacked:
            return Arguments(tuple(positional), keywords)
        # Of those that are unpacked only the names are certain.
        given = {name: UNKNOWN for keys in unpacked for name in sorted(keys or ())} | dict(keywords)
        return Arguments(tuple(positional), tuple(given.items()), complete=True)

    def _given(self, node: ast.expr, frame: Frame) -> Values:
        """An argument, marked where it is certain."""
        values = self._program.evaluate(node, frame)
        kinds = _MADE if type(node) is ast.Call else _CERTAIN
        if not values or not all(isinstance(value, kinds) for value in values):
            return bare(values)
        return self._program.facts.complete(node, bare(values), frame)

    def _keywords(self, node: ast.Call, frame: Frame) -> tuple[tuple[str, Values], ...]:
        found: dict[str, Values] = {}
        for keyword in node.keywords:
            values = self._given(keyword.value, frame)
            if keyword.arg is not None:
                found[keyword.arg] = values
            else:
                own = _is_handed_on(keyword.value, frame)
                for value in values:
                    if isinstance(value, DictV):
                        given = ((key, held) for key, held in value.items if isinstance(key, str))
                        found.update((key, held if own else bare(held)) for key, held in given)
        return tuple(found.items())


def _is_handed_on(node: ast.expr, frame: Frame) -> bool:
    """`*args` and `**kwargs` just as this function got them."""
    function = frame.code
    if not isinstance(node, ast.Name) or not isinstance(function, Function):
        return False
    spec = function.node.args
    own = [parameter.arg for parameter in (spec.vararg, spec.kwarg) if parameter is not None]
    scope = function.scope
    return node.id in own and len(scope.bindings[node.id]) == 1 and node.id not in scope.elements
