"""What a piece of code does when it runs: its own statements, in the order in which they are written."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.effects import Block, Effect, Run, Step
from clearway.check.program.modules import Class, Function, last_name
from clearway.check.program.values import (
    CoroutineV,
    ExternalInstanceV,
    Frame,
    GeneratorV,
    InstanceV,
    ModelV,
    TaskV,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearway.check.program.program import Program

Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Steps:
    """Walks code."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[Frame, tuple[Step, ...]] = {}

    def of(self, frame: Frame) -> Sequence[Step]:
        """The steps of a frame's code."""
        known = self._known.get(frame)
        if known is None:
            self._known[frame] = ()  # for code that asks for its own steps
            known = self._known[frame] = tuple(self._steps(frame))
        return known

    def _steps(self, frame: Frame) -> Iterator[Step]:
        code = frame.code
        if isinstance(code, Function):
            body: Sequence[ast.AST] = [code.node.body] if isinstance(code.node, ast.Lambda) else code.node.body
        elif isinstance(code, Class):
            body = code.node.body
        else:
            body = code.source.tree.body
        awaited: set[ast.AST] = set()
        stack: list[ast.AST] = list(reversed(body))
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Await):
                awaited.add(node.value)
            elif isinstance(node, ast.AsyncWith):
                awaited.update(item.context_expr for item in node.items)
            elif isinstance(node, ast.AsyncFor):
                awaited.add(node.iter)
            elif isinstance(node, ast.comprehension) and node.is_async:
                awaited.add(node.iter)
            effects = self._effects(node, frame, awaited)
            if effects:
                yield Step(node, tuple(dict.fromkeys(effects)))
            stack.extend(reversed(_children(node)))

    def _effects(self, node: ast.AST, frame: Frame, awaited: set[ast.AST]) -> Sequence[Effect]:
        program = self._program
        match node:
            case ast.Call():
                effects = program.calls.outcome(node, frame).effects
                if node in awaited:
                    # What is awaited gave a coroutine: it did not block.
                    return [effect for effect in effects if not isinstance(effect, Block)]
                starred = [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
                return [*effects, *(more for inner in starred for more in self.iteration(program.evaluate(inner, frame)))]
            case ast.Await():
                return self.awaiting(program.evaluate(node.value, frame))
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                waits = isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and bool(node.is_async))
                return self.iteration(program.evaluate(node.iter, frame), asynchronous=waits)
            case ast.With() | ast.AsyncWith():
                return [
                    effect
                    for item in node.items
                    for effect in self.entering(
                        program.evaluate(item.context_expr, frame), asynchronous=isinstance(node, ast.AsyncWith)
                    )
                ]
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
                        for frame in self._program.special_frames(value, name):
                            effects.append(Run(frame))
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
                    for generator in value.item("generator"):
                        if isinstance(generator, GeneratorV):
                            effects.append(Run(generator.frame))
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

    def _item(self, values: Values, method: str) -> list[Effect]:
        effects: list[Effect] = []
        for value in values:
            if isinstance(value, InstanceV):
                effects.extend(Run(frame) for frame in self._program.special_frames(value, method))
            elif isinstance(value, ExternalInstanceV):
                effects.extend(self._special_sinks(value.name, (method,)))
        return effects

    def _special_sinks(self, name: str, methods: Sequence[str]) -> list[Effect]:
        found: list[Effect] = []
        for method in methods:
            entry = self._program.library.sink(f"{name}.{method}")
            if entry is not None:
                found.append(Block(entry, f"{name}.{method}"))
                break
        return found


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
            return list(ast.iter_child_nodes(node))


def _never_runs(test: ast.expr) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":`."""
    if last_name(test) == "TYPE_CHECKING":
        return True
    return isinstance(test, ast.Compare) and last_name(test.left) == "__name__"
