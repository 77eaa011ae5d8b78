"""What a piece of code does when it runs: its own statements, in the order in which they are written."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.flow import TAKES_COROUTINES, given_coroutines
from clearway.check.program.evaluation.order import leaves, live, parts_of
from clearway.check.program.evaluation.protocols import OPERATORS, SIGNS, run_one_of
from clearway.check.program.values import (
    ExternalV,
    Frame,
    InstanceV,
)
from clearway.check.program.values.effects import Block, Effect, Offload, Run, Step, Unresolved
from clearway.check.source.syntax import LEAVES, last_name
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearway.check.program.program import Program

BRANCHING = (ast.stmt, ast.ExceptHandler, ast.match_case, ast.IfExp, ast.BoolOp)
Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Steps:
    """Walks code."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[Frame, tuple[Step, ...]] = {}
        self._calls: dict[Frame, int] = {}

    def of(self, frame: Frame) -> Sequence[Step]:
        """The steps of a frame's code."""
        known = self._known.get(frame)
        if known is None:
            self._known[frame] = ()  # for code that asks for its own steps
            known = self._known[frame] = tuple(self._steps(frame))
        return known

    def precede(self, frame: Frame, steps: Sequence[Step]) -> None:
        """Let the framework do something before a frame's own code runs."""
        self._known[frame] = (*steps, *self.of(frame))

    def effects(self, node: ast.AST, frame: Frame) -> Sequence[Effect]:
        """What one node does, what stands around it not being looked at."""
        return self._effects(node, frame, set())

    def calls(self, frame: Frame) -> int:
        """How many calls the frame's own statements make."""
        self.of(frame)
        return self._calls.get(frame, 0)

    def _steps(self, frame: Frame) -> Iterator[Step]:
        code = frame.code
        if isinstance(code, Function):
            body: Sequence[ast.AST] = [code.node.body] if isinstance(code.node, ast.Lambda) else code.node.body
        elif isinstance(code, Class):
            body = code.node.body
        else:
            body = code.source.tree.body
        awaited: set[ast.AST] = set()
        taken: set[ast.AST] = set()  # they give coroutines to what awaits them: `gather(*(f(x) for x in y))`
        calls = 0
        dead = self._program.branches.dead(frame)
        unusual = self._program.branches.unusual(frame)
        stack: list[ast.AST] = list(reversed(live(body, dead)))
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind in LEAVES:
                continue
            if isinstance(node, ast.Call):
                calls += 1
                if last_name(node.func) in TAKES_COROUTINES:
                    taken.update(given_coroutines(node))
            elif isinstance(node, ast.Await):
                awaited.add(node.value)
                taken.update(_leading_to(node.value))
            elif isinstance(node, ast.AsyncWith):
                awaited.update(item.context_expr for item in node.items)
            elif isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
                awaited.add(node.iter)
            try:
                effects = self._effects(node, frame, awaited) if kind in _DOING else ()
                if node in taken and isinstance(node, ast.Call):
                    effects = [self._waited_for(node, effect, frame) for effect in effects]
            except RecursionError:  # nested deeper than the stack bears: it is not looked into, and counted
                yield Step(node, (Unresolved(type(node).__name__),))
                continue
            if effects and unusual and unusual.covers(node):
                effects = [_unusual(effect) for effect in effects]
            if effects:
                yield Step(node, tuple(dict.fromkeys(effects)))
            parts = self._parts(node, frame)
            if dead and isinstance(node, BRANCHING):
                parts = [part for part in parts if not dead.covers(part)]
            stack.extend(reversed(parts))
        self._calls[frame] = calls

    def returned(self, function: Function, frame: Frame) -> list[ast.expr]:
        """The expressions that a function returns, those left out that this frame never comes to."""
        dead = self._program.branches.dead(frame)
        found = function.scope.returns
        return [value for value in found if not dead.covers(value)] if dead else found

    def results(self, function: Function, frame: Frame) -> tuple[list[ast.expr | None], bool]:
        """The same with those that give None, and whether it can come to its end without any."""
        if isinstance(function.node, ast.Lambda):
            return [function.node.body], False
        dead = self._program.branches.dead(frame)
        returns = [node.value for node in function.flow.returns if not (dead and dead.covers(node))]
        return returns, not leaves(function.node.body, dead)

    def _parts(self, node: ast.AST, frame: Frame) -> list[ast.AST]:
        """What runs inside of a node."""
        parts = parts_of(node)
        if isinstance(node, ast.Call) and any(isinstance(part, ast.GeneratorExp) for part in node.args):
            return self._eager(node, parts, frame)
        return parts

    def _eager(self, node: ast.Call, parts: list[ast.AST], frame: Frame) -> list[ast.AST]:
        """What of a call's arguments runs here: of a generator that is handed elsewhere, its first iterable."""
        callees = self._program.evaluate(node.func, frame)
        lazy = any(isinstance(callee, ExternalV) and callee.name in self._program.models.lazy for callee in callees)
        handed = any(isinstance(effect, Offload) for effect in self._program.calls.outcome(node, frame).effects)
        if not lazy and not handed:
            return parts
        return [part.generators[0].iter if isinstance(part, ast.GeneratorExp) else part for part in parts]

    def _effects(self, node: ast.AST, frame: Frame, awaited: set[ast.AST]) -> Sequence[Effect]:
        program = self._program
        match node:
            case ast.Call():
                effects = program.calls.outcome(node, frame).effects
                if node in awaited:
                    # What is awaited gave a coroutine: it did not block.
                    waiting = [effect for effect in effects if not isinstance(effect, Block)]
                    return [self._waited_for(node, effect, frame) for effect in waiting]
                starred = [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
                return [
                    *effects,
                    *(
                        more
                        for inner in starred
                        for more in self._program.protocols.iteration(program.evaluate(inner, frame))
                    ),
                ]
            case ast.Await():
                return self._program.protocols.awaiting(program.evaluate(node.value, frame), frame)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                waits = isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and bool(node.is_async))
                return self._program.protocols.iteration(program.evaluate(node.iter, frame), asynchronous=waits)
            case ast.With() | ast.AsyncWith():
                waits = isinstance(node, ast.AsyncWith)
                return [effect for item in node.items for effect in self._entered(item.context_expr, frame, waits)]
            case ast.Compare():
                return self._program.protocols.compared(node, frame)
            case ast.FormattedValue():
                return self._program.protocols.first_of(program.evaluate(node.value, frame), "__format__", "__str__")
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                return self._program.protocols.first_of(program.evaluate(node.test, frame), "__bool__", "__len__")
            case ast.UnaryOp(op=ast.Not()):
                return self._program.protocols.first_of(program.evaluate(node.operand, frame), "__bool__", "__len__")
            case ast.UnaryOp():
                return self._program.protocols.rarely(node.operand, frame, SIGNS[type(node.op)])
            case ast.BinOp():
                return self._program.protocols.operated(node, frame)
            case ast.AugAssign():
                name = OPERATORS.get(type(node.op), "__add__")
                return self._program.protocols.rarely(_loaded(node.target), frame, f"__i{name[2:]}", name)
            case ast.Attribute(ctx=ast.Load()):
                values = program.evaluate(node.value, frame)
                return run_one_of(program.members.getters(values, node.attr))
            case ast.Attribute(ctx=ast.Store()):
                return self._program.protocols.stored(node, frame)
            case ast.Subscript(ctx=ast.Load()):
                return self._program.protocols.first_of(
                    program.evaluate(node.value, frame), "__getitem__", "__missing__"
                )
            case ast.Subscript():
                return self._program.protocols.rarely(
                    node.value, frame, "__setitem__" if isinstance(node.ctx, ast.Store) else "__delitem__"
                )
            case ast.YieldFrom():
                return self._program.protocols.iteration(program.evaluate(node.value, frame))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._decorators(node, frame)
            case ast.ClassDef():
                cls = frame.module.classes.get(node)
                decorators = self._decorators(node, frame)
                return [*decorators, Run(program.frames.of_class(cls, frame))] if cls is not None else decorators
            case _:
                return ()

    def _waited_for(self, call: ast.Call, effect: Effect, frame: Frame) -> Effect:
        """A library's coroutine of which nothing is known: its author awaits what waits. One of the project's could
        still do anything, and so could one that the project gives functions to.
        """
        if not isinstance(effect, Unresolved) or not isinstance(call.func, ast.Attribute):
            return effect
        owners = self._program.evaluate(call.func.value, frame)
        known = bool(owners) and all(isinstance(owner, InstanceV) for owner in owners)  # it does not have the method
        ours = not known and any(one.is_async for one in self._program.definitions.methods.get(call.func.attr, ()))
        if ours or self._program.externals.runs_ours(call, frame):
            return effect
        return Unresolved(effect.text, effect.module, hides=False)

    def _entered(self, item: ast.expr, frame: Frame, waits: bool) -> list[Effect]:
        """Entering and leaving; what blocked when it was made is not told of once more."""
        effects = list(self._program.protocols.entering(self._program.evaluate(item, frame), asynchronous=waits))
        if isinstance(item, ast.Call):
            made = self._program.calls.outcome(item, frame).effects
            if any(isinstance(effect, Block) for effect in made):
                return [effect for effect in effects if not isinstance(effect, Block)]
        return effects

    def _decorators(self, node: Definition | ast.ClassDef, frame: Frame) -> list[Effect]:
        program = self._program
        if not node.decorator_list:
            return []
        if isinstance(node, ast.ClassDef):
            values = program.definitions.cls(frame.module.classes[node], frame)
            given = [(decorator, values) for decorator in reversed(node.decorator_list)]
        else:
            given = list(program.definitions.decorations(frame.module.functions[node], frame))
        return [effect for decorator, before in given for effect in program.calls.applied(decorator, before, frame)]


def _unusual(effect: Effect) -> Effect:
    """What happens only if a variable of the environment says so is told of, but as a warning."""
    if isinstance(effect, Run):
        return replace(effect, possible=True)
    if isinstance(effect, Block) and effect.entry.severity is Severity.ERROR:
        return replace(effect, entry=replace(effect.entry, severity=Severity.WARNING))
    return effect


def _leading_to(awaited: ast.expr) -> Iterator[ast.AST]:
    """The calls that make up what is awaited as a whole: `Chat.objects().where(...)` of `await ….first()`."""
    part = awaited
    while isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
        part = part.func.value
        yield part


_DOING = frozenset(
    {ast.Call, ast.Await, ast.For, ast.AsyncFor, ast.comprehension, ast.With, ast.AsyncWith, ast.Compare}
    | {ast.FormattedValue, ast.If, ast.While, ast.IfExp, ast.Assert, ast.UnaryOp, ast.BinOp, ast.Attribute}
    | {ast.Subscript, ast.YieldFrom, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}
)
"""What can have effects of its own, beside those of what stands below it."""


def _loaded(target: ast.expr) -> ast.expr:
    """What `x += 1` reads before it writes."""
    match target:
        case ast.Name():
            return ast.copy_location(ast.Name(target.id, ast.Load()), target)
        case _:
            return target
