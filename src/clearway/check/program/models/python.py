"""What Python's own functions do, where data cannot say it: `getattr`, `super`, `map`, `partial`, context managers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.calls.externals import IN_MEMORY
from clearway.check.program.code import Class, Function
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ClassV,
    ConstantV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    InstanceV,
    ListV,
    ModelV,
    ModuleV,
    PartialV,
    ShapeV,
    SuperV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Effect, Outcome, Unresolved
from clearway.check.source.syntax import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.models.models import Model, Models


def _same(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(arguments.at(0))


def _identity(_models: Models, _callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ModelV("identity")}))


def _cached(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`@lru_cache` and `@lru_cache(maxsize=8)`."""
    functions = frozenset(value for value in arguments.at(0) if isinstance(value, FunctionV | PartialV | ClassV))
    return Outcome(functions or frozenset({ModelV("identity")}))


def _partial(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    rest = arguments.after(1)
    made = frozenset(PartialV(function, rest.positional, rest.keywords) for function in arguments.at(0))
    return Outcome(made)


def _getattr(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`getattr(x, "name")`; of a module of the project by an unknown name, all its functions and classes."""
    program = models.program
    names = {value.value for value in arguments.at(1) if isinstance(value, ConstantV) and isinstance(value.value, str)}
    found: Values = UNKNOWN
    for name in sorted(names):
        found = program.union(found, program.attributes.of(arguments.at(0), name, frame))
    found = program.union(found, arguments.at(2))
    if names:
        return Outcome(found)
    dynamic = False
    for value in arguments.at(0):
        found = program.union(found, _members(models, value, node, frame))
        dynamic = dynamic or isinstance(value, ModuleV)
    # The members that are visible are followed; which others a name may find, nobody can say.
    return Outcome(found, (Unresolved(written(node)),) if dynamic and _pattern(node) is None else ())


def _members(models: Models, value: Value, node: ast.AST, frame: Frame) -> Values:
    """What a computed name may find: `getattr(handlers, f"on_{event}")`."""
    pattern = _pattern(node)
    program = models.program
    found: Values = UNKNOWN
    if isinstance(value, ModuleV) and value.module.is_project:
        names = [name for name in value.module.scope.bindings if pattern is None or pattern(name)]
        if len(names) <= 40:
            for name in names:
                held = program.attributes.one(value, name, frame)
                found = program.union(found, frozenset(v for v in held if isinstance(v, FunctionV | ClassV)))
    if isinstance(value, InstanceV | ClassV) and pattern is not None:
        for base in program.definitions.mro(value.cls):
            if isinstance(base, Class):
                for name in base.scope.bindings:
                    if pattern(name):
                        found = program.union(found, program.attributes.one(value, name, frame))
    return found


def _pattern(node: ast.AST) -> Callable[[str], bool] | None:
    """Which names `f"on_{event}"` and `"on_" + event` can be."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    name = node.args[1]
    if isinstance(name, ast.JoinedStr):
        first, last = name.values[0], name.values[-1]
        prefix = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        suffix = last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""
    elif isinstance(name, ast.BinOp) and isinstance(name.left, ast.Constant) and isinstance(name.left.value, str):
        prefix, suffix = name.left.value, ""
    else:
        return None
    if not prefix and not suffix:
        return None
    return lambda candidate: candidate.startswith(prefix) and candidate.endswith(suffix)


def _super(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, frame: Frame) -> Outcome:
    here: Frame | None = frame
    while here is not None and not (isinstance(here.code, Function) and here.code.owner is not None):
        here = here.parent
    if here is None or not isinstance(here.code, Function) or here.code.owner is None:
        return Outcome(UNKNOWN)
    cls = here.code.owner
    for value in arguments.at(0):
        if isinstance(value, ClassV):
            cls = value.cls
    receiver = here.receiver or (ClassV(cls) if here.code.is_classmethod else InstanceV(cls))
    return Outcome(frozenset({SuperV(cls, receiver)}))


def _type(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    classes = {models.program.definitions.class_of(value) for value in arguments.at(0)} - {None}
    return Outcome(frozenset(value for value in classes if value is not None) or OPAQUE)


def _consumed(models: Models, values: Values) -> tuple[Effect, ...]:
    return models.program.iteration(values)


def _list(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`list(x)`, `sorted(x, key=f)`: iterates."""
    values = arguments.at(0)
    effects = [*_consumed(models, values), *_called(models, arguments.named("key"), values, node, frame)]
    return Outcome(frozenset({ListV(models.program.iterated(values))}), tuple(effects))


def _reduce(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`sum(x)`, `any(x)`, `max(x, key=f)`: iterates and gives one of its elements, or a number."""
    values = arguments.at(0)
    effects = [*_consumed(models, values), *_called(models, arguments.named("key"), values, node, frame)]
    return Outcome(models.program.iterated(values) or OPAQUE, tuple(effects))


def _called(models: Models, functions: Values, over: Values, node: ast.AST, frame: Frame) -> list[Effect]:
    """A function called with each element."""
    effects: list[Effect] = []
    elements = models.program.iterated(over)
    for function in functions:
        effects.extend(models.program.calls.apply(function, Arguments((elements,)), node, frame).effects)
    return effects


def _map(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`map(f, x)` and `filter(f, x)`: taken as iterated where they stand."""
    program = models.program
    elements = tuple(program.iterated(values) for values in arguments.positional[1:])
    values: Values = UNKNOWN
    effects: list[Effect] = []
    for function in arguments.at(0):
        outcome = program.calls.apply(function, Arguments(elements), node, frame)
        values = program.union(values, outcome.values)
        effects.extend(outcome.effects)
    for over in arguments.positional[1:]:
        effects.extend(_consumed(models, over))
    return Outcome(frozenset({ListV(values)}), tuple(effects))


def _filter(models: Models, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    outcome = _map(models, callee, arguments, node, frame)
    return Outcome(frozenset({ListV(models.program.iterated(arguments.at(1)))}), outcome.effects)


def _zip(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    items = tuple(models.program.iterated(values) for values in arguments.positional)
    return Outcome(
        frozenset({ListV(frozenset({TupleV(items)}))}),
        tuple(effect for values in arguments.positional for effect in _consumed(models, values)),
    )


def _enumerate(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    values = arguments.at(0)
    inner = frozenset({TupleV((OPAQUE, models.program.iterated(values)))})
    return Outcome(frozenset({ListV(inner)}), _consumed(models, values))


def _iter(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(arguments.at(0))


def _next(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    values = arguments.at(0)
    return Outcome(
        models.program.union(models.program.awaited_or_same(models.program.iterated(values)), arguments.at(1)),
        _consumed(models, values),
    )


def _dict(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    held = [value for value in arguments.at(0) if isinstance(value, DictV)]
    items: dict[object, Values] = {}
    other: Values = UNKNOWN
    for one in held:
        items.update(one.items)
        other |= one.other
    items.update(arguments.keywords)
    return Outcome(frozenset({DictV(tuple(items.items()), other)}), _consumed(models, arguments.at(0)))


def _context_manager(
    _models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("context_manager", (("function", arguments.at(0)),))}))


def _enter(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`stack.enter_context(cm)`."""
    values = arguments.at(0)
    given = models.program.entered(values)
    if _callee.name.endswith("enter_async_context"):
        given = frozenset({ShapeV("await", given)})
    return Outcome(given, models.program.entering(values))


def _closing(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(frozenset({ShapeV("enter", arguments.at(0))}))


def _cast(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`cast(T, x)` is x, whatever the type says; the type tells where x is unknown, and which kind of x it is."""
    if not isinstance(node, ast.Call) or len(node.args) != 2:
        return Outcome(arguments.at(1, "val"))
    said = models.program.annotations.instances(node.args[0], frame)
    values = arguments.at(1)
    if not values - OPAQUE - {ConstantV(None)}:
        return Outcome(said or values)
    return Outcome(_narrower(models, said, values) or values)


def _narrower(models: Models, said: Values, values: Values) -> Values:
    """What a type says of objects, where it names classes below theirs: `cast(Child, parent)`."""
    below = [value.cls for value in said if isinstance(value, InstanceV)]
    above = [value.cls for value in values if isinstance(value, InstanceV)]
    if not below or len(below) < len(said) or len(above) < len(values):
        return UNKNOWN
    is_subclass = models.program.definitions.is_subclass
    narrows = all(cls not in above and any(is_subclass(cls, base) for base in above) for cls in below)
    return said if narrows else UNKNOWN


def _field(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`field(default_factory=Client)` of dataclasses, pydantic and attrs."""
    values = arguments.named("default") | arguments.at(0)
    for factory in arguments.named("default_factory") | arguments.named("factory"):
        values = models.program.union(values, models.program.calls.apply(factory, Arguments(), node, frame).values)
    return Outcome(values or OPAQUE)


def _import_module(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, frame: Frame) -> Outcome:
    found: Values = UNKNOWN
    for value in arguments.at(0):
        if isinstance(value, ConstantV) and isinstance(value.value, str) and value.value:
            found |= models.program.modules.imported(frame.module, value.value)
    return Outcome(found)


def _reduce_function(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    elements = models.program.iterated(arguments.at(1))
    return models._every(arguments.at(0), Arguments((elements | arguments.at(2), elements)), node, frame)


def _replaced(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`re.sub(pattern, f, text)` calls f."""
    effects: list[Effect] = []
    for function in arguments.at(1) | arguments.at(0):
        if isinstance(function, FunctionV):
            effects.extend(models.program.calls.apply(function, Arguments((OPAQUE,)), node, frame).effects)
    return Outcome(OPAQUE, tuple(effects))


def _joined_text(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(OPAQUE, _consumed(models, arguments.at(0)))


def _single_dispatch(
    _models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame
) -> Outcome:
    return Outcome(frozenset({ModelV("singledispatch", (("function", arguments.at(0)),))}))


def _run_inside(models: Models, _callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
    """`contextvars.Context.run(f, *args)` calls f here."""
    return models._every(arguments.at(0), arguments.after(1), node, frame)


def _task(made: str) -> Model:
    """Celery's `@app.task` and `@app.task(bind=True)`: calling the task's name runs the function here."""

    def model(_models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        # What is given may be an object that is called, too.
        given = frozenset(value for value in arguments.at(0, "fn") if isinstance(value, FunctionV | InstanceV))
        if given:
            return Outcome(frozenset({ExternalInstanceV(made, None, given)}))
        return Outcome(frozenset({ModelV("task_decorator", (("task", frozenset({ExternalInstanceV(made)})),))}))

    return model


def _held(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """`ContextVar.get()`."""
    held = callee.receiver.items if isinstance(callee.receiver, ExternalInstanceV) else UNKNOWN
    return Outcome(held | arguments.at(0) or OPAQUE)


def _text_wrapper(_models: Models, callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    """Text over bytes in memory is in memory."""
    in_memory = any(isinstance(v, ExternalInstanceV) and v.name in IN_MEMORY for v in arguments.at(0, "buffer"))
    return Outcome(frozenset({ExternalInstanceV("io.StringIO" if in_memory else callee.name)}))


def _special(method: str) -> Model:
    """A function that calls a special method: `len(x)`."""

    def model(models: Models, _callee: ExternalV, arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
        return Outcome(OPAQUE, tuple(models.program.steps_of.special_method(arguments.at(0), method)))

    return model


def _opaque(_models: Models, _callee: ExternalV, _arguments: Arguments, _node: ast.AST, _frame: Frame) -> Outcome:
    return Outcome(OPAQUE)


PYTHON: dict[str, Model] = {
    "builtins.getattr": _getattr,
    "builtins.len": _special("__len__"),
    "builtins.str": _special("__str__"),
    "builtins.repr": _special("__repr__"),
    "builtins.bool": _special("__bool__"),
    "builtins.hash": _special("__hash__"),
    "celery.Celery.task": _task("celery.Task"),
    "celery.shared_task": _task("celery.Task"),
    "dramatiq.actor": _task("dramatiq.Actor"),
    "contextvars.ContextVar.get": _held,
    "io.TextIOWrapper": _text_wrapper,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.list": _list,
    "builtins.set": _list,
    "builtins.tuple": _list,
    "builtins.frozenset": _list,
    "builtins.sorted": _list,
    "builtins.reversed": _list,
    "collections.deque": _list,
    "builtins.sum": _reduce,
    "builtins.any": _reduce,
    "builtins.all": _reduce,
    "builtins.max": _reduce,
    "builtins.min": _reduce,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.iter": _iter,
    "builtins.aiter": _iter,
    "builtins.next": _next,
    "builtins.anext": _next,
    "builtins.dict": _dict,
    "builtins.str.join": _joined_text,
    "builtins.bytes.join": _joined_text,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "functools.wraps": _identity,
    "functools.lru_cache": _cached,
    "functools.cache": _cached,
    "functools.total_ordering": _same,
    "functools.reduce": _reduce_function,
    "functools.singledispatch": _single_dispatch,
    "functools.singledispatchmethod": _single_dispatch,
    "contextlib.contextmanager": _context_manager,
    "contextlib.asynccontextmanager": _context_manager,
    "contextlib.ExitStack.enter_context": _enter,
    "contextlib.AsyncExitStack.enter_context": _enter,
    "contextlib.AsyncExitStack.enter_async_context": _enter,
    "contextlib.closing": _closing,
    "contextlib.aclosing": _closing,
    "contextlib.nullcontext": _closing,
    "contextvars.Context.run": _run_inside,
    "copy.copy": _same,
    "copy.deepcopy": _same,
    "typing.cast": _cast,
    "typing.assert_type": _same,
    "dataclasses.field": _field,
    "dataclasses.replace": _same,
    "dataclasses.dataclass": _cached,
    "pydantic.Field": _field,
    "attrs.field": _field,
    "attr.ib": _field,
    "importlib.import_module": _import_module,
    "re.sub": _replaced,
    "re.Pattern.sub": _replaced,
    "inspect.unwrap": _same,
    "weakref.proxy": _same,
    "builtins.isinstance": _opaque,
    "builtins.print": _opaque,
}
