"""What a piece of code does when it runs: its own statements, in the order in which they are written."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.effects import Block, Effect, Offload, Run, Step, Unresolved
from clearway.check.program.modules import Class, Function, last_name
from clearway.check.program.syntax import children
from clearway.check.program.values import (
    ClassV,
    ConstantV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ListV,
    ModelV,
    OffloadedV,
    PartialV,
    TaskV,
    TupleV,
    Value,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clearway.check.program.program import Program

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
        calls = 0
        stack: list[ast.AST] = list(reversed(self._live(body, frame)))
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Call):
                calls += 1
            elif isinstance(node, ast.Await):
                awaited.add(node.value)
            elif isinstance(node, ast.AsyncWith):
                awaited.update(item.context_expr for item in node.items)
            elif isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
                awaited.add(node.iter)
            effects = self._effects(node, frame, awaited)
            if effects:
                yield Step(node, tuple(dict.fromkeys(effects)))
            stack.extend(reversed(self._parts(node, frame)))
        self._calls[frame] = calls

    def returned(self, function: Function, frame: Frame) -> list[ast.expr]:
        """The expressions that a function returns, those left out that this frame never comes to."""
        if isinstance(function.node, ast.Lambda) or not (function.asks_what_it_got or function.flags):
            return function.scope.returns
        found: list[ast.expr] = []
        stack: list[ast.AST] = list(reversed(self._live(function.node.body, frame)))
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Return) and node.value is not None:
                found.append(node.value)
            elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ):
                stack.extend(reversed(self._parts(node, frame)))
        return found

    def _parts(self, node: ast.AST, frame: Frame) -> list[ast.AST]:
        """What runs inside of a node, branches left out that this frame never takes."""
        parts = _children(node)
        if isinstance(node, ast.Call) and any(isinstance(part, ast.GeneratorExp) for part in node.args):
            return self._eager(node, parts, frame)
        if isinstance(node, ast.BoolOp | ast.IfExp) and isinstance(frame.code, Function) and frame.code.flags:
            return self._chosen(node, frame) if isinstance(node, ast.IfExp) else list(self._until_decided(node, frame))
        if isinstance(node, ast.stmt | ast.ExceptHandler) and any(isinstance(part, ast.If) for part in parts):
            return self._live(parts, frame)
        return parts

    def _chosen(self, node: ast.IfExp, frame: Frame) -> list[ast.AST]:
        decided = self._decided(node.test, frame)
        if decided is None:
            return [node.test, node.body, node.orelse]
        return [node.test, node.body if decided else node.orelse]

    def _until_decided(self, node: ast.BoolOp, frame: Frame) -> Iterator[ast.expr]:
        """The parts of `a and b` that are looked at: after a flag that decides, none."""
        for part in node.values:
            yield part
            if self._decided(part, frame) is isinstance(node.op, ast.Or):
                return

    def _eager(self, node: ast.Call, parts: list[ast.AST], frame: Frame) -> list[ast.AST]:
        """What of a call's arguments runs here: of a generator that is handed elsewhere, its first iterable."""
        callees = self._program.evaluate(node.func, frame)
        lazy = any(isinstance(callee, ExternalV) and callee.name in self._program.models.lazy for callee in callees)
        handed = any(isinstance(effect, Offload) for effect in self._program.calls.outcome(node, frame).effects)
        if not lazy and not handed:
            return parts
        return [part.generators[0].iter if isinstance(part, ast.GeneratorExp) else part for part in parts]

    def _live(self, statements: Sequence[ast.AST], frame: Frame) -> list[ast.AST]:
        """Statements without the branches that a test such as `iscoroutinefunction(f)` rules out."""
        live: list[ast.AST] = []
        for statement in statements:
            taken = self._taken(statement, frame)
            if taken is None:
                live.append(statement)
                continue
            assert isinstance(statement, ast.If)
            live.append(statement.test)
            live.extend(self._live(taken, frame))
            if taken and isinstance(taken[-1], ast.Return | ast.Raise):
                break
        return live

    def _taken(self, statement: ast.AST, frame: Frame) -> Sequence[ast.stmt] | None:
        if not isinstance(statement, ast.If) or not isinstance(frame.code, Function):
            return None
        if not frame.code.asks_what_it_got and not frame.code.flags:
            return None
        decided = self._decided(statement.test, frame)
        if decided is None:
            return None
        return statement.body if decided else statement.orelse

    def _decided(self, test: ast.expr, frame: Frame) -> bool | None:
        """Whether a test holds in this frame; None where that is open."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._decided(test.operand, frame)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            parts = [self._decided(part, frame) for part in test.values]
            if isinstance(test.op, ast.Or):
                return True if True in parts else None if None in parts else False
            return False if False in parts else None if None in parts else True
        if isinstance(test, ast.Name):
            return self._given(test.id, frame)
        if not isinstance(test, ast.Call) or len(test.args) != 1:
            return None
        asks = QUESTIONS.get(last_name(test.func))
        if asks is None:
            return None
        answers = {asks(value) for value in self._program.evaluate(test.args[0], frame)}
        return answers.pop() if len(answers) == 1 else None

    def _given(self, name: str, frame: Frame) -> bool | None:
        """Whether a flag is set, where every call that leads to this frame says so."""
        assert isinstance(frame.code, Function)
        values = frame.argument(name) if name in frame.code.flags else None
        answers = {bool(value.value) if isinstance(value, ConstantV) else None for value in values or ()}
        return answers.pop() if len(answers) == 1 else None

    def _effects(self, node: ast.AST, frame: Frame, awaited: set[ast.AST]) -> Sequence[Effect]:
        program = self._program
        match node:
            case ast.Call():
                effects = program.calls.outcome(node, frame).effects
                if node in awaited:
                    # What is awaited gave a coroutine: it did not block.
                    return [self._waited_for(node, effect) for effect in effects if not isinstance(effect, Block)]
                starred = [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
                return [
                    *effects,
                    *(more for inner in starred for more in self.iteration(program.evaluate(inner, frame))),
                ]
            case ast.Await():
                return self.awaiting(program.evaluate(node.value, frame))
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                waits = isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and bool(node.is_async))
                return self.iteration(program.evaluate(node.iter, frame), asynchronous=waits)
            case ast.With() | ast.AsyncWith():
                waits = isinstance(node, ast.AsyncWith)
                return [effect for item in node.items for effect in self._entered(item.context_expr, frame, waits)]
            case ast.Compare():
                return self._compared(node, frame)
            case ast.FormattedValue():
                return self._item(program.evaluate(node.value, frame), "__format__", "__str__")
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                return self._item(program.evaluate(node.test, frame), "__bool__", "__len__")
            case ast.UnaryOp(op=ast.Not()):
                return self._item(program.evaluate(node.operand, frame), "__bool__", "__len__")
            case ast.BinOp():
                return self._item(program.evaluate(node.left, frame), OPERATORS.get(type(node.op), "__add__"))
            case ast.Attribute(ctx=ast.Load()):
                values = program.evaluate(node.value, frame)
                return [Run(getter) for getter in program.attributes.getters(values, node.attr)]
            case ast.Subscript(ctx=ast.Load()):
                return self._item(program.evaluate(node.value, frame), "__getitem__")
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

    def _waited_for(self, call: ast.Call, effect: Effect) -> Effect:
        """A library's coroutine of which nothing is known: its author awaits what waits. One of the project's could
        still do anything.
        """
        if isinstance(effect, Unresolved) and last_name(call.func) not in self._program.definitions.methods:
            return Unresolved(effect.text, effect.module, hides=False)
        return effect

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
                effects.extend(self._item(self._program.evaluate(right, frame), "__contains__"))
            elif isinstance(operator, ast.Eq | ast.NotEq):
                effects.extend(self._item(self._program.evaluate(left, frame), "__eq__"))
        return effects

    def _decorators(self, node: Definition | ast.ClassDef, frame: Frame) -> list[Effect]:
        program = self._program
        if not node.decorator_list:
            return []
        if isinstance(node, ast.ClassDef):
            cls = frame.module.classes.get(node)
            values: Values = program.definitions.cls(cls, frame) if cls is not None else frozenset()
        else:
            values = program.definitions.function(frame.module.functions[node], frame)
        effects: list[Effect] = []
        for decorator in reversed(node.decorator_list):
            effects.extend(program.calls.applied(decorator, values, frame))
        return effects

    def awaiting(self, values: Values) -> list[Effect]:
        """What awaiting runs."""
        effects: list[Effect] = []
        for value in values:
            match value:
                case CoroutineV(frame=frame):
                    effects.append(Run(frame))
                case TaskV(frames=frames):
                    effects.extend(Run(frame) for frame in frames)
                case InstanceV():
                    effects.extend(Run(frame) for frame in self._program.special_frames(value, "__await__"))
                case _:
                    pass
        return effects

    def iteration(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What iterating to the end runs."""
        effects: list[Effect] = []
        for value in values:
            match value:
                case GeneratorV(frame=frame):
                    effects.append(Run(frame))
                case InstanceV():
                    names = ("__aiter__", "__anext__") if asynchronous else ("__iter__", "__next__")
                    for name in names:
                        effects.extend(Run(frame) for frame in self._program.special_frames(value, name))
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, ("__iter__", "__next__")))
                case _:
                    pass
        return tuple(effects)

    def entering(self, values: Values, *, asynchronous: bool = False) -> tuple[Effect, ...]:
        """What entering and leaving a context manager runs."""
        effects: list[Effect] = []
        names = ("__aenter__", "__aexit__") if asynchronous else ("__enter__", "__exit__")
        for value in values:
            match value:
                case ModelV(name="context"):
                    effects.extend(
                        Run(generator.frame)
                        for generator in value.item("generator")
                        if isinstance(generator, GeneratorV)
                    )
                case InstanceV():
                    for name in names:
                        frames = self._program.special_frames(value, name)
                        effects.extend(Run(frame) for frame in frames)
                        if not frames and not asynchronous:
                            for base in self._program.definitions.externals(value.cls):
                                effects.extend(self._special_sinks(base, (name,)))
                case ExternalInstanceV() if not asynchronous:
                    effects.extend(self._special_sinks(value.name, names))
                case _:
                    pass
        return tuple(effects)

    def _item(self, values: Values, *methods: str) -> list[Effect]:
        """The first of these special methods that an object has."""
        effects: list[Effect] = []
        for value in values:
            if isinstance(value, InstanceV):
                frames = next((found for name in methods if (found := self._program.special_frames(value, name))), [])
                effects.extend(Run(frame) for frame in frames)
            elif isinstance(value, ExternalInstanceV):
                effects.extend(self._special_sinks(value.name, methods))
        return effects

    def _special_sinks(self, name: str, methods: Sequence[str]) -> list[Effect]:
        found: list[Effect] = []
        for method in methods:
            entry = self._program.library.sink(f"{name}.{method}")
            if entry is not None:
                found.append(Block(entry, entry.name))
                break
        return found


def _is_async(value: Value) -> bool | None:
    match value:
        case FunctionV(function=function):
            return function.is_async and not function.is_generator
        case PartialV(function=inner):
            return _is_async(inner)
        case OffloadedV():
            return True
        case ClassV():
            return False
        case _:
            return None


def _is_coroutine_function(value: Value) -> bool | None:
    """`iscoroutinefunction` looks at functions only; an object with an async `__call__` is none."""
    return False if isinstance(value, InstanceV) else _is_async(value)


def _is_awaitable(value: Value) -> bool | None:
    match value:
        case CoroutineV() | TaskV():
            return True
        case GeneratorV() | InstanceV() | ClassV() | FunctionV() | ConstantV() | ListV() | DictV() | TupleV():
            return False
        case _:
            return None


def _is_generator(value: Value) -> bool | None:
    return isinstance(value, GeneratorV) and not getattr(value.frame.code, "is_async", False)


def _is_generator_function(value: Value) -> bool | None:
    if not isinstance(value, FunctionV):
        return None
    return value.function.is_generator and not value.function.is_async


QUESTIONS: dict[str, Callable[[Value], bool | None]] = {
    "iscoroutinefunction": _is_coroutine_function,
    "is_async_callable": _is_async,
    "is_coroutine_callable": _is_async,
    "is_coroutine_function": _is_async,
    "isawaitable": _is_awaitable,
    "iscoroutine": _is_awaitable,
    "isgenerator": _is_generator,
    "isgeneratorfunction": _is_generator_function,
}
"""Tests by which code tells async functions from others, by their last name."""


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


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes that run when this one does, in order; not the bodies of what it defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        case ast.Lambda():
            return [*node.args.defaults, *(value for value in node.args.kw_defaults if value)]
        case ast.If() if _never_runs(node.test):
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


def _never_runs(test: ast.expr) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":`."""
    if last_name(test) == "TYPE_CHECKING":
        return True
    return isinstance(test, ast.Compare) and last_name(test.left) == "__name__"
