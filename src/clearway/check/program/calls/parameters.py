"""Which parameters a call's arguments go to, and so the frame that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import Complete, DictV, Frame, FunctionV, InstanceV, ListV, TupleV, Value, Values

if TYPE_CHECKING:
    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments


class Parameters:
    """Binds arguments to parameters."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def frame(self, callee: FunctionV, arguments: Arguments) -> Frame:
        """The frame that calling a function makes."""
        function = callee.function
        receiver: Value | None = None
        if function.receiver is not None and callee.bound is not None:
            receiver = callee.bound
        elif callee.bound is not None and function.owner is None and not function.is_static:
            # A function kept in a class: the object is its first argument.
            arguments = arguments.behind((frozenset({callee.bound}),), ())
        elif function.receiver is not None and not function.is_classmethod and arguments.positional:
            first = arguments.positional[0]
            receiver = next((value for value in first if isinstance(value, InstanceV)), None)
            arguments = arguments.after(1)
        given = self.bound(function, arguments, function.receiver is not None)
        if arguments.complete:
            self._program.passing_on.mark(callee, receiver, given)
        return self._program.frames.call(function, given, receiver, callee.frame)

    def bound(self, function: Function, arguments: Arguments, is_method: bool) -> dict[str, Values]:
        """Values by parameter."""
        spec = function.node.args
        positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        if is_method:
            positional = positional[1:]
        given = dict(zip(positional, arguments.positional, strict=False))
        if arguments.has_rest:
            for name in positional[len(arguments.positional) :]:
                given.setdefault(name, arguments.rest)
        left = arguments.positional[len(positional) :]
        if spec.vararg is not None:
            rest = arguments.rest.union(*left)
            if arguments.has_rest:
                given[spec.vararg.arg] = frozenset({ListV(rest)})
            else:
                given[spec.vararg.arg] = frozenset({TupleV(tuple(left))})
        names = {*positional, *(argument.arg for argument in spec.kwonlyargs)}
        more: dict[str, Values] = {}
        for name, values in arguments.keywords:
            if name in names:
                given[name] = values
            else:
                more[name] = values
        if arguments.complete:
            for name in self._program.flags.of(function) - given.keys():
                default = function.defaults.get(name)
                if default is not None:
                    fact = self._program.facts.of(default, self._program.frames.parent(function))
                    if fact is not None:
                        given[name] = Complete(fact.values, fact.by_default)
        if spec.kwarg is not None and more:
            given[spec.kwarg.arg] = frozenset({DictV(tuple(more.items()))})
        return {name: values for name, values in given.items() if values}
