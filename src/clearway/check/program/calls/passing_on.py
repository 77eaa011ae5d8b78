"""What wrappers hand on: `def wrapper(*args, **kwargs): return func(*args, **kwargs)`.

What a call does not give, the function behind the wrapper has by default: that is seen only where the wrapper knows all
that it was given. It is kept where some parameter of that function decides a branch, and else not: each way in which a
wrapper is called costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    Complete,
    DictV,
    Frame,
    FunctionV,
    InstanceV,
    Passed,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.frames import telling_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program

MOST_WRAPPERS = 6
"""Decorators upon decorators; beyond this the function is not looked for."""


class PassingOn:
    """Marks `*args` and `**kwargs` that are known as a whole."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def mark(self, callee: FunctionV, receiver: Value | None, given: dict[str, Values]) -> None:
        """Mark them among the arguments of a call of which all is known."""
        spec = callee.function.node.args
        if spec.vararg is None and spec.kwarg is None:
            return
        flags: set[int | str] = set()
        for function in self._behind(callee.function, callee.frame, receiver, given):
            names = self._program.flags.of(function)
            positional = [argument.arg for argument in (*function.node.args.posonlyargs, *function.node.args.args)]
            flags.update(names, (place for place, name in enumerate(positional) if name in names))
        if not flags:
            return
        if spec.vararg is not None:
            for value in given.get(spec.vararg.arg, UNKNOWN):
                if isinstance(value, TupleV):
                    items = tuple(_kept(one, place in flags) for place, one in enumerate(value.items))
                    given[spec.vararg.arg] = Passed(frozenset({TupleV(items)}))
        if spec.kwarg is not None:
            held = next((one for one in given.get(spec.kwarg.arg, UNKNOWN) if isinstance(one, DictV)), DictV(()))
            named = tuple((key, _kept(one, key in flags) or OPAQUE) for key, one in held.items)
            given[spec.kwarg.arg] = Passed(frozenset({DictV(named)}))

    def _behind(
        self,
        wrapper: Function,
        frame: Frame | None,
        receiver: Value | None,
        given: dict[str, Values],
        steps: int = 0,
    ) -> Iterator[Function]:
        """The functions that a wrapper may hand them on to: those that it, or what it stands in, was given."""
        if steps > MOST_WRAPPERS:
            return
        unions = [*given.values()]
        if frame is not None:
            unions += [values for _, values in frame.arguments]
        if isinstance(receiver, InstanceV) and receiver.made_by is not None:
            unions += [values for _, values in receiver.made_by.arguments]
        for value in _functions(unions):
            if value.function is wrapper:
                continue
            yield value.function
            arguments = value.function.node.args
            if arguments.vararg is not None or arguments.kwarg is not None:
                yield from self._behind(value.function, value.frame, value.bound, {}, steps + 1)


def _functions(unions: Iterable[Values]) -> Iterator[FunctionV]:
    for values in unions:
        for value in values:
            if isinstance(value, FunctionV):
                yield value


def _kept(values: Values, decides: bool) -> Values:
    """What of an argument can matter behind a wrapper."""
    return values if decides and isinstance(values, Complete) else telling_of(values, False)
