"""Python's own containers, stacks and tasks that hand out, or run, what they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    ListV,
    ModelV,
    ShapeV,
    TaskV,
    Values,
)
from clearway.check.program.values.effects import Effect, Outcome, Run

if TYPE_CHECKING:
    import ast

    from clearway.check.program.models.models import Model, Models
    from clearway.check.program.values.arguments import Arguments

COLLECTIONS = frozenset({"builtins.list", "builtins.set", "collections.deque"})
QUEUES = ("asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue")


def _default_dict(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`defaultdict(Service)`: what is missing is made."""
    ours = [value for value in arguments.at(0) if isinstance(value, ClassV | FunctionV)]
    if any(isinstance(value, ExternalV) and value.name in COLLECTIONS for value in arguments.at(0)):
        return Outcome(frozenset({DictV((), frozenset({ListV(UNKNOWN)}))}))
    if not ours:
        return Outcome(frozenset({ExternalInstanceV("collections.defaultdict")}))
    made: Values = UNKNOWN
    effects: list[Effect] = []
    for factory in ours:
        outcome = models.program.calls.apply(factory, arguments.after(len(arguments.positional)), node, frame)
        made = models.program.union(made, outcome.values)
        effects.extend(outcome.effects)
    return Outcome(frozenset({DictV((), made)}), tuple(effects))


def _taken(_models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`await queue.get()`: where nobody can tell what was put in, it may be anything."""
    held = callee.receiver.items if isinstance(callee.receiver, ExternalInstanceV) else UNKNOWN
    return Outcome(held if callee.name.endswith("_nowait") else frozenset({ShapeV("await", held)}))


def _called_back(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`stack.callback(f, 1)`: it runs f when the stack is left."""
    effects: list[Effect] = []
    for function in arguments.at(0):
        outcome = models.program.calls.apply(function, arguments.after(1), node, frame)
        effects.extend(outcome.effects)
        if callee.name.endswith("push_async_callback"):
            effects.extend(Run(value.frame) for value in outcome.values if isinstance(value, CoroutineV))
    return Outcome(arguments.at(0) or OPAQUE, tuple(effects))


def _left(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`stack.push(cm)` runs its end, `stack.push(f)` the function."""
    effects: list[Effect] = list(models.program.entering(arguments.at(0)))
    effects.extend(models.program.entering(arguments.at(0), asynchronous=True))
    for function in arguments.at(0):
        if isinstance(function, FunctionV):
            outcome = models.program.calls.apply(function, arguments.after(1), node, frame)
            effects.extend(outcome.effects)
            effects.extend(Run(value.frame) for value in outcome.values if isinstance(value, CoroutineV))
    return Outcome(arguments.at(0) or OPAQUE, tuple(effects))


def _result(models: Models, callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome | None:
    """`task.result()`, of a task that has ended."""
    if not isinstance(callee.receiver, TaskV):
        return None
    found: Values = UNKNOWN
    for frame in callee.receiver.frames:
        if isinstance(frame.code, Function):
            found = models.program.union(found, models.program.returns(frame))
    return Outcome(found)


def _namespace(_models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, _frame: Frame) -> Outcome:
    """`SimpleNamespace(client=client)`."""
    return Outcome(frozenset({ModelV("namespace", arguments.keywords, node)}))


def holders() -> dict[str, Model]:
    """All of them, by dotted name."""
    found: dict[str, Model] = {"collections.defaultdict": _default_dict, "asyncio.Task.result": _result}
    found["types.SimpleNamespace"] = _namespace
    for queue in QUEUES:
        found[f"{queue}.get"] = found[f"{queue}.get_nowait"] = _taken
    for stack in ("contextlib.ExitStack", "contextlib.AsyncExitStack"):
        found[f"{stack}.callback"] = found[f"{stack}.push_async_callback"] = _called_back
        found[f"{stack}.push"] = found[f"{stack}.push_async_exit"] = _left
    return found
