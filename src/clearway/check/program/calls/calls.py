"""What a call gives and does: functions entered, operations that block, work handed elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.engine import Span
from clearway.check.program.values import (
    MORE,
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    CoroutineV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ModelV,
    OffloadedV,
    PartialV,
    ShapeV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import (
    Block,
    Effect,
    Outcome,
    Run,
    Unresolved,
    chosen,
)
from clearway.check.source.syntax import is_next_app, written

if TYPE_CHECKING:
    from clearway.check.program.code import Class, Function
    from clearway.check.program.program import Program


class Calls:
    """Resolves calls, each once a frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[ast.AST, Frame], Outcome] = {}
        self._busy: dict[tuple[ast.AST, Frame], int] = {}

    def outcome(self, node: ast.Call, frame: Frame) -> Outcome:
        """What this call gives and does."""
        key = (node, frame)
        known = self._known.get(key)
        if known is not None:
            return known
        circles = self._program.circles
        if (depth := self._busy.get(key)) is not None:
            circles.close(depth)
            return Outcome(UNKNOWN)
        depth = self._busy[key] = circles.enter()
        try:
            outcome = self._outcome(node, frame, depth)
        finally:
            del self._busy[key]
            final = circles.leave(depth)
        if final or outcome.values:
            self._known[key] = outcome
        return outcome

    def decorated(self, node: ast.expr, values: Values, frame: Frame) -> Values:
        """What a decorator makes of a function."""
        outcome = self._decorator(node, values, frame)
        made = frozenset(value for value in outcome.values if self._is_callable(value))
        if not isinstance(node, ast.Call) and any(isinstance(v, ShapeV) and v.inner == values for v in made):
            return values  # `@retry` without arguments, of a library whose `@retry(...)` leaves functions as they are
        return made or values

    def applied(self, node: ast.expr, values: Values, frame: Frame) -> tuple[Effect, ...]:
        """What a decorator does when it is applied."""
        return self._decorator(node, values, frame).effects

    def _decorator(self, node: ast.expr, values: Values, frame: Frame) -> Outcome:
        arguments = Arguments((values,))
        decorators = self._program.evaluate(node, frame)
        return self._joined([self.apply(decorator, arguments, node, frame) for decorator in decorators])

    def _is_callable(self, value: Value) -> bool:
        """A decorator of unknown make that seems to give text or an object: the function is more telling."""
        if isinstance(value, ConstantV):
            return False
        return not (isinstance(value, ExternalInstanceV) and value.name.startswith("builtins."))

    def _outcome(self, node: ast.Call, frame: Frame, depth: int) -> Outcome:
        program = self._program
        callees = program.evaluate(node.func, frame)
        arguments = program.arguments.of(node, frame)
        # A constant is not called: `handler = None` stands where something else is put later.
        callees = frozenset(callee for callee in callees if not isinstance(callee, ConstantV))
        if not callees and self._program.circles.lead_below(depth):
            return Outcome(UNKNOWN)  # what is called is just being found: nothing is to be guessed from that
        if not callees:
            resolved = self._from_graph(node, frame, arguments)
            if resolved is not None:
                return resolved
            return program.guesses.guess(node, frame, arguments)
        if len(callees) > 1:
            callees = frozenset(callee for callee in callees if self._takes(callee, arguments)) or callees
        if MORE in callees:
            return self._of_many(callees - {MORE}, arguments, node, frame)
        outcomes = [self.apply(callee, arguments, node, frame) for callee in callees]
        methods = {_method(one) for one in callees if isinstance(one, FunctionV) and one.bound}
        if len(methods) > 1:
            # Which of the methods runs is decided elsewhere.
            joined = self._joined(outcomes)
            known = [effect for effect in chosen([outcome.effects for outcome in outcomes]) if _told(effect, joined)]
            return Outcome(joined.values, tuple(dict.fromkeys(known)))
        return self._joined(outcomes)

    def _of_many(self, callees: Values, arguments: Arguments, node: ast.Call, frame: Frame) -> Outcome:
        """More are meant than are looked at: none is certain, and what is left out may block."""
        outcomes = [self.apply(callee, arguments, node, frame) for callee in callees]
        left_out = Unresolved(written(node), hides=self._program.guesses.may_hide(node, frame))
        effects = chosen([*(outcome.effects for outcome in outcomes), (left_out,)])
        values = self._program.union(self._joined(outcomes).values, frozenset({MORE}))
        return Outcome(values, tuple(dict.fromkeys(effects)))

    def _takes(self, callee: Value, arguments: Arguments) -> bool:
        """Whether one of several candidates has the parameters that are given by name."""
        function = callee.function if isinstance(callee, FunctionV) else None
        if isinstance(callee, ClassV):
            function = self._program.definitions.method(callee.cls, "__init__")
        if function is None or function.node.args.kwarg is not None:
            return True
        names = {parameter.arg for parameter in function.parameters}
        return all(name in names for name, _ in arguments.keywords)

    def _joined(self, outcomes: list[Outcome]) -> Outcome:
        values: Values = UNKNOWN
        effects: dict[Effect, None] = {}
        for outcome in outcomes:
            values = self._program.union(values, outcome.values)
            effects.update(dict.fromkeys(outcome.effects))
        if len(outcomes) > 1 and any(not isinstance(effect, Unresolved) for effect in effects):
            effects = {effect: None for effect in effects if not isinstance(effect, Unresolved)}
        return Outcome(values, tuple(effects))

    def _from_graph(self, node: ast.Call, frame: Frame, arguments: Arguments) -> Outcome | None:
        """What the engine knows of the call."""
        program = self._program
        module = frame.module
        if program.graph is None or not module.is_project or node.end_lineno is None or node.end_col_offset is None:
            return None
        span = Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        outcomes: list[Outcome] = []
        for target in program.graph.calls(module.path, span):
            function = program.modules.function_at(target.path, target.line, target.name)
            if function is None:
                continue
            if function.name == "__init__" and function.owner is not None:
                value: Value = ClassV(function.owner)
            else:
                owner = function.owner
                receiver = None if owner is None or function.is_static else InstanceV(owner)
                value = FunctionV(function, program.frames.parent(function), receiver)
            outcomes.append(self.apply(value, arguments, node, frame))
        return self._joined(outcomes) if outcomes else None

    def apply(self, callee: Value, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        """What calling this value with these arguments gives and does."""
        program = self._program
        match callee:
            case FunctionV():
                return self.function(callee, arguments)
            case ClassV():
                return program.construction.of(callee, arguments, node)
            case ExternalV():
                return self._program.externals.call(callee, arguments, node, frame)
            case PartialV(function=function, arguments=first, keywords=keywords):
                return self.apply(function, arguments.behind(first, keywords), node, frame)
            case OffloadedV(function=function, lane=lane):
                return self._program.handing_over.offloaded(frozenset({function}), arguments, node, frame, lane, "")
            case ShapeV(shape="call", inner=inner):
                return Outcome(inner)
            case ShapeV(shape="callable", inner=inner):
                handed = program.guesses.handed_on(arguments, node, frame)
                return Outcome(inner, (*handed, Unresolved(written(node), hides=not is_next_app(node))))
            case ModelV():
                return program.models.call(callee, arguments, node, frame)
            case InstanceV():
                return self._instance(callee, arguments, node, frame)
            case ExternalInstanceV(name="builtins.object"):
                if self._of_a_library(node, frame):
                    return Outcome(OPAQUE)
                return Outcome(UNKNOWN, (Unresolved(written(node)),))
            case ExternalInstanceV(items=items) if any(isinstance(item, FunctionV) for item in items):
                return self._joined([self.apply(item, arguments, node, frame) for item in items])
            case ExternalInstanceV(name=name):
                return self._program.externals.call(ExternalV(f"{name}.__call__", callee), arguments, node, frame)
            case _:
                return Outcome(UNKNOWN)

    def _of_a_library(self, node: ast.AST, frame: Frame) -> bool:
        """Whether the called attribute is one of which data says that it does not matter: `math.isnan(x)`."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        owners = self._program.evaluate(node.func.value, frame)
        return bool(owners) and all(isinstance(owner, ExternalV | ExternalInstanceV) for owner in owners)

    def function(self, callee: FunctionV, arguments: Arguments) -> Outcome:
        """Calling a function of the program."""
        frame = self._program.parameters.frame(callee, arguments)
        function = callee.function
        told = self._told(function)
        if told is not None:
            return told
        if function.is_generator:
            return Outcome(frozenset({GeneratorV(frame)}))
        if function.is_async:
            return Outcome(frozenset({CoroutineV(frame)}))
        self._program.attributes.constructing(frame)
        return Outcome(self._program.returns(frame), (Run(frame),))

    def _told(self, function: Function) -> Outcome | None:
        """What the user's settings say of a function of the project."""
        library = self._program.library
        if not library.has_own_names:
            return None
        dotted = f"{function.module.name}.{function.qualname}"
        entry = library.sink(dotted)
        if entry is not None:
            return Outcome(UNKNOWN, (Block(entry, dotted),))
        return Outcome(OPAQUE) if library.covers(dotted) else None

    def _instance(self, callee: InstanceV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        found = self._program.attributes.instance(callee, "__call__")
        # An object in the place of the method would be asked for its own in turn, without end.
        methods = [method for method in found if not isinstance(method, InstanceV)]
        if not methods:
            return Outcome(UNKNOWN, (Unresolved(written(node), hides=False),))
        return self._joined([self.apply(method, arguments, node, frame) for method in methods])

    def coroutines(self, arguments: Arguments) -> list[Frame]:
        """The frames of the coroutines among the arguments."""
        return [value.frame for values in arguments.all() for value in values if isinstance(value, CoroutineV)]


def _method(callee: FunctionV) -> tuple[Function, Frame | None, Class | None]:
    """Which method of which class it is: one that two classes inherit does what those do that it calls."""
    bound = callee.bound
    return callee.function, callee.frame, bound.cls if isinstance(bound, InstanceV | ClassV) else None


def _told(effect: Effect, joined: Outcome) -> bool:
    """Whether joined outcomes have it too: what could not be resolved is left out where others could be."""
    return not isinstance(effect, Unresolved) or effect in joined.effects
