"""What a piece of code does when it runs: its own statements, in the order in which they are written."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.flow import TAKES_COROUTINES, given_coroutines
from clearway.check.program.values import (
    MORE,
    ClassV,
    CoroutineV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    GeneratorV,
    InstanceV,
    ModelV,
    TaskV,
    TupleV,
    Values,
)
from clearway.check.program.values.effects import Block, Effect, Offload, Run, Step, Unresolved, chosen
from clearway.check.source.syntax import LEAVES, children, last_name, walk
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearway.check.program.facts.branches import Regions
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
        stack: list[ast.AST] = list(reversed(_live(body, dead)))
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
        return returns, not _leaves(function.node.body, dead)

    def _parts(self, node: ast.AST, frame: Frame) -> list[ast.AST]:
        """What runs inside of a node."""
        parts = _children(node)
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
                    *(more for inner in starred for more in self.iteration(program.evaluate(inner, frame))),
                ]
            case ast.Await():
                return self.awaiting(program.evaluate(node.value, frame), frame)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                waits = isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and bool(node.is_async))
                return self.iteration(program.evaluate(node.iter, frame), asynchronous=waits)
            case ast.With() | ast.AsyncWith():
                waits = isinstance(node, ast.AsyncWith)
                return [effect for item in node.items for effect in self._entered(item.context_expr, frame, waits)]
            case ast.Compare():
                return self._compared(node, frame)
            case ast.FormattedValue():
                return self.special_method(program.evaluate(node.value, frame), "__format__", "__str__")
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                return self.special_method(program.evaluate(node.test, frame), "__bool__", "__len__")
            case ast.UnaryOp(op=ast.Not()):
                return self.special_method(program.evaluate(node.operand, frame), "__bool__", "__len__")
            case ast.UnaryOp():
                return self._special(node.operand, frame, SIGNS[type(node.op)])
            case ast.BinOp():
                return self._operated(node, frame)
            case ast.AugAssign():
                name = OPERATORS.get(type(node.op), "__add__")
                return self._special(_loaded(node.target), frame, f"__i{name[2:]}", name)
            case ast.Attribute(ctx=ast.Load()):
                values = program.evaluate(node.value, frame)
                return _runs(program.attributes.getters(values, node.attr))
            case ast.Attribute(ctx=ast.Store()):
                return self._stored(node, frame)
            case ast.Subscript(ctx=ast.Load()):
                return self.special_method(program.evaluate(node.value, frame), "__getitem__", "__missing__")
            case ast.Subscript():
                return self._special(
                    node.value, frame, "__setitem__" if isinstance(node.ctx, ast.Store) else "__delitem__"
                )
            case ast.YieldFrom():
                return self.iteration(program.evaluate(node.value, frame))
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
        effects = list(self.entering(self._program.evaluate(item, frame), asynchronous=waits))
        if isinstance(item, ast.Call):
            made = self._program.calls.outcome(item, frame).effects
            if any(isinstance(effect, Block) for effect in made):
                return [effect for effect in effects if not isinstance(effect, Block)]
        return effects

    def _compared(self, node: ast.Compare, frame: Frame) -> list[Effect]:
        effects: list[Effect] = []
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(operator, ast.In | ast.NotIn):
                effects.extend(self.special_method(self._program.evaluate(right, frame), "__contains__"))
            elif (name := ORDERS.get(type(operator))) is not None:
                effects.extend(self._special(left, frame, name))
            elif isinstance(operator, ast.Eq | ast.NotEq):
                effects.extend(self.special_method(self._program.evaluate(left, frame), "__eq__"))
        return effects

    def _operated(self, node: ast.BinOp, frame: Frame) -> list[Effect]:
        """`a + b`: of a, else of b."""
        name = OPERATORS.get(type(node.op), "__add__")
        effects = self.special_method(self._program.evaluate(node.left, frame), name)
        return effects or self._special(node.right, frame, f"__r{name[2:]}")

    def _special(self, subject: ast.expr, frame: Frame, *names: str) -> list[Effect]:
        """Special methods that few classes have: looked for only where one of the project does."""
        if not any(name in self._program.definitions.methods for name in names):
            return []
        return self.special_method(self._program.evaluate(subject, frame), *names)

    def _stored(self, node: ast.Attribute, frame: Frame) -> list[Effect]:
        """Setting an attribute runs the property's setter, the class's `__setattr__`, or its descriptor's `__set__`."""
        program = self._program
        definitions = program.definitions
        if node.attr not in definitions.setters and not {"__setattr__", "__set__"} & definitions.methods.keys():
            return []
        effects: list[Effect] = []
        for value in program.evaluate(node.value, frame):
            if isinstance(value, InstanceV):
                setter = definitions.setter(value.cls, node.attr) or definitions.method(value.cls, "__setattr__")
                if setter is not None and setter is not frame.code:
                    effects.append(Run(program.frames.call(setter, {}, value, None)))
                elif setter is None:
                    effects.extend(Run(run) for run in program.attributes.descriptors(value, node.attr, "__set__"))
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

    def awaiting(self, values: Values, where: Frame) -> list[Effect]:
        """What awaiting runs."""
        effects: list[Effect] = []
        coroutines = [value.frame for value in values if isinstance(value, CoroutineV)]
        if len(set(map(_owner, coroutines))) > 1 or (coroutines and MORE in values):
            # Which class's method it is, is decided elsewhere.
            effects.extend(chosen([*([Run(frame)] for frame in coroutines), *([[]] if MORE in values else [])]))
        else:
            effects.extend(Run(frame) for frame in coroutines)
        for value in values:
            match value:
                case TaskV(frames=frames, maker=maker) if maker is where.code:
                    effects.extend(Run(frame) for frame in frames)
                case InstanceV():
                    effects.extend(_runs(self._program.special_frames(value, "__await__")))
                case _:
                    pass
        return effects

    def iteration(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What iterating to the end runs."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        for value in values:
            match value:
                case GeneratorV(frame=frame):
                    ways.append([frame])
                case InstanceV():
                    names = ("__aiter__", "__anext__") if asynchronous else ("__iter__", "__next__")
                    ways.append([frame for name in names for frame in self._program.special_frames(value, name)])
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, ("__iter__", "__next__")))
                    if not self._program.library.covers(value.name):
                        effects.append(Unresolved(f"{value.name}.__iter__", value.name.partition(".")[0]))
                case _:
                    pass
        return (*_one_of(ways), *effects)

    def entering(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What entering and leaving a context manager runs."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        names = ("__aenter__", "__aexit__") if asynchronous else ("__enter__", "__exit__")
        for value in values:
            match value:
                case ModelV(name="context"):
                    generators = [one for one in value.item("generator") if isinstance(one, GeneratorV)]
                    ways.extend([generator.frame] for generator in generators)
                case InstanceV():
                    both: list[Frame] = []
                    ways.append(both)
                    for name in names:
                        frames = self._program.special_frames(value, name)
                        both.extend(frames)
                        if not frames and not asynchronous:
                            for base in self._program.definitions.externals(value.cls):
                                effects.extend(self._special_sinks(base, (name,)))
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, names))
                case _:
                    pass
        return (*_one_of(ways), *effects)

    def special_method(self, values: Values, *methods: str) -> list[Effect]:
        """What the first of these special methods that an object has does."""
        effects: list[Effect] = []
        ways: list[Sequence[Frame]] = []
        for value in values:
            if isinstance(value, InstanceV):
                ways.append(
                    next((found for name in methods if (found := self._program.special_frames(value, name))), [])
                )
            elif isinstance(value, ExternalInstanceV):
                effects.extend(self._special_sinks(value.name, methods))
        return [*_one_of(ways), *effects]

    def _special_sinks(self, name: str, methods: Sequence[str]) -> list[Effect]:
        found: list[Effect] = []
        for method in methods:
            entry = self._program.library.sink(f"{name}.{method}")
            if entry is not None:
                found.append(Block(entry, entry.name))
                break
        return found


def _live(nodes: Sequence[ast.AST], dead: Regions) -> Sequence[ast.AST]:
    """Nodes without those that never run."""
    return [node for node in nodes if not dead.covers(node)] if dead else nodes


def _leaves(body: Sequence[ast.stmt], dead: Regions) -> bool:
    """Whether statements never come to their end."""
    for statement in reversed(_live(body, dead)):
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case ast.If() if statement.orelse or dead:
                blocks = (statement.body, statement.orelse)
                taken = [block for block in blocks if not (dead and block and dead.covers(block[0]))]
                if taken and all(block and _leaves(block, dead) for block in taken):
                    return True
            case ast.With() | ast.AsyncWith():
                if _leaves(statement.body, dead):
                    return True
            case _:
                pass
    return False


def _runs(frames: Sequence[Frame]) -> list[Effect]:
    """These run; where they are methods of several classes, one of them does."""
    if len(set(map(_owner, frames))) > 1:
        return chosen([[Run(frame)] for frame in frames])
    return [Run(frame) for frame in frames]


def _one_of(ways: Sequence[Sequence[Frame]]) -> list[Effect]:
    """What is done with an object; where it may be one of several classes, with one of them."""
    owners = {_owner(frame) for frames in ways for frame in frames}
    if len(ways) < 2 or (len(owners) < 2 and all(ways)):
        return [effect for frames in ways for effect in _runs(frames)]
    return chosen([_runs(frames) for frames in ways])


def _owner(frame: Frame) -> Class | None:
    """The class of the object whose method runs in a frame; of a decorator's wrapper, that of its first argument."""
    if isinstance(frame.receiver, InstanceV | ClassV):
        return frame.receiver.cls
    code = frame.code
    if not isinstance(code, Function) or code.parent is None or not code.parameters:
        return None
    first = frame.argument(code.parameters[0].arg) or frozenset()
    given = next(iter(first)) if len(first) == 1 else None
    if isinstance(given, TupleV) and given.items and len(given.items[0]) == 1:  # `*args`
        given = next(iter(given.items[0]))
    return given.cls if isinstance(given, InstanceV | ClassV) else None


def _unusual(effect: Effect) -> Effect:
    """What happens only if a variable of the environment says so is told of, but as a warning."""
    if isinstance(effect, Run):
        return replace(effect, possible=True)
    if isinstance(effect, Block) and effect.entry.severity is Severity.ERROR:
        return replace(effect, entry=replace(effect.entry, severity=Severity.WARNING))
    return effect


OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.Pow: "__pow__",
    ast.MatMult: "__matmul__",
    ast.LShift: "__lshift__",
    ast.RShift: "__rshift__",
    ast.BitOr: "__or__",
    ast.BitAnd: "__and__",
    ast.BitXor: "__xor__",
}

SIGNS: dict[type[ast.unaryop], str] = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}
ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__"}


def _loaded(target: ast.expr) -> ast.expr:
    """What `x += 1` reads before it writes."""
    match target:
        case ast.Name():
            return ast.copy_location(ast.Name(target.id, ast.Load()), target)
        case _:
            return target


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
_IN_OTHER_ORDER = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.AnnAssign, ast.For, ast.AsyncFor}
    | {ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Assign}
)
"""Nodes whose parts do not all run, or not in the order of their fields."""


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes that run when this one does, in order; not the bodies of what it defines."""
    if node.__class__ not in _IN_OTHER_ORDER:
        return children(node)
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        case ast.Lambda():
            return [*node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.If() if _never_runs(node.test) and not _makes_an_app(node):
            return list(node.orelse)
        case ast.AnnAssign():
            return [node.target, *([node.value] if node.value is not None else [])]
        case ast.For() | ast.AsyncFor():
            return [node.iter, node.target, *node.body, *node.orelse]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return [*node.generators, node.elt]
        case ast.DictComp():
            return [*node.generators, node.key, node.value]
        case ast.Assign():
            return [node.value, *node.targets]
        case _:
            return children(node)


def _makes_an_app(main: ast.If) -> bool:
    """Whether a module that is run itself makes its app there."""
    return any(isinstance(node, ast.Call) and last_name(node.func) in ("FastAPI", "Starlette") for node in walk(main))


def _never_runs(test: ast.expr) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":`."""
    if last_name(test) == "TYPE_CHECKING":
        return True
    return isinstance(test, ast.Compare) and last_name(test.left) == "__name__"
