"""What a call gives and does: functions entered, operations that block, work handed elsewhere."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.engine import Span
from clearway.check.program.effects import (
    Block,
    Effect,
    Offload,
    Outcome,
    Reenter,
    Run,
    Spawn,
    Unresolved,
)
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
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
    ShapeV,
    TaskV,
    TupleV,
    Value,
    Values,
)
from clearway.model import SinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.program.modules import Class, Function
    from clearway.check.program.program import Program
    from clearway.check.sinks import Schedule, SinkEntry, Unless

IN_MEMORY = frozenset({"io.BytesIO", "io.StringIO", "tempfile.SpooledTemporaryFile"})
"""Reading and writing these touches no disk."""
NOT_WAITING = frozenset({"LOCK_NB", "MSG_DONTWAIT", "WNOHANG"})
"""Constants of the operating system with which a call returns at once."""
JOINED = frozenset({"gather", "wait", "wait_for", "shield", "as_completed"})
"""What is handed to these runs while the caller waits for it."""
ROUTERS = frozenset(
    {"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette", "starlette.routing.Router"}
)


_METHODS_OF_TEXT = frozenset(name for name in dir(str) if not name.startswith("_")) - {
    "join",
    "format",
    "index",
    "find",
    "count",
}
"""Nothing that blocks is called so."""


def _is_class_name(name: str) -> bool:
    return name[:1].isupper() and any(letter.islower() for letter in name[1:])


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call hands over."""

    positional: tuple[Values, ...] = ()
    keywords: tuple[tuple[str, Values], ...] = ()
    rest: Values = UNKNOWN
    """What `*args` of unknown length holds, after the positional ones."""
    has_rest: bool = False
    complete: bool = False
    """Nothing else is given: parameters without an argument have their default."""

    def at(self, position: int, keyword: str | None = None) -> Values:
        """The argument at this position, or of this name."""
        if keyword is not None:
            for name, values in self.keywords:
                if name == keyword:
                    return values
        if 0 <= position < len(self.positional):
            return self.positional[position]
        return self.rest if position >= 0 else UNKNOWN

    def named(self, keyword: str) -> Values:
        return self.at(-1, keyword)

    def has(self, keyword: str) -> bool:
        return any(name == keyword for name, _ in self.keywords)

    def all(self) -> Iterable[Values]:
        yield from self.positional
        if self.has_rest:
            yield self.rest
        for _, values in self.keywords:
            yield values

    def after(self, count: int) -> Arguments:
        """Without the first ones."""
        return Arguments(self.positional[count:], self.keywords, self.rest, self.has_rest)

    def behind(self, first: tuple[Values, ...], keywords: tuple[tuple[str, Values], ...]) -> Arguments:
        """With others before them."""
        merged = dict(keywords) | dict(self.keywords)
        return Arguments((*first, *self.positional), tuple(merged.items()), self.rest, self.has_rest)


class Calls:
    """Resolves calls, each once a frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[ast.AST, Frame], Outcome] = {}
        self._busy: set[tuple[ast.AST, Frame]] = set()

    def outcome(self, node: ast.Call, frame: Frame) -> Outcome:
        """What this call gives and does."""
        key = (node, frame)
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._busy:
            return Outcome(UNKNOWN)
        self._busy.add(key)
        try:
            outcome = self._outcome(node, frame)
        finally:
            self._busy.discard(key)
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

    def _outcome(self, node: ast.Call, frame: Frame) -> Outcome:
        program = self._program
        callees = program.evaluate(node.func, frame)
        arguments = program.expressions.arguments(node, frame)
        if not callees:
            resolved = self._from_graph(node, frame, arguments)
            if resolved is not None:
                return resolved
            return program.models.guess(node, frame, arguments)
        outcomes = [self.apply(callee, arguments, node, frame) for callee in callees]
        return self._joined(outcomes)

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
                return self._construct(callee, arguments, node)
            case ExternalV():
                return self._external(callee, arguments, node, frame)
            case PartialV(function=function, arguments=first, keywords=keywords):
                return self.apply(function, arguments.behind(first, keywords), node, frame)
            case OffloadedV(function=function, lane=lane):
                return self._offloaded(frozenset({function}), arguments, node, frame, lane, "")
            case ShapeV(shape="call", inner=inner):
                return Outcome(inner)
            case ShapeV(shape="callable", inner=inner):
                handed = program.models.handed_on(arguments, node, frame)
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
                return self._external(ExternalV(f"{name}.__call__", callee), arguments, node, frame)
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
        frame = self.frame(callee, arguments)
        function = callee.function
        told = self._told(function)
        if told is not None:
            return told
        if function.is_generator:
            return Outcome(frozenset({GeneratorV(frame)}))
        if function.is_async:
            return Outcome(frozenset({CoroutineV(frame)}))
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
        given = self._bound(function, arguments, function.receiver is not None)
        return self._program.frames.call(function, given, receiver, callee.frame)

    def _bound(self, function: Function, arguments: Arguments, is_method: bool) -> dict[str, Values]:
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
            for name in function.flags - given.keys():
                default = function.defaults.get(name)
                if isinstance(default, ast.Constant) and (default.value is None or isinstance(default.value, bool)):
                    given[name] = frozenset({ConstantV(default.value)})
        if spec.kwarg is not None and more:
            given[spec.kwarg.arg] = frozenset({DictV(tuple(more.items()))})
        return {name: values for name, values in given.items() if values}

    def _construct(self, callee: ClassV, arguments: Arguments, node: ast.AST) -> Outcome:
        """Making an object of a class of the program."""
        program = self._program
        cls = callee.cls
        definitions = program.definitions
        site = node if definitions.derives(cls, ROUTERS) else None
        if definitions.is_enum(cls):
            return Outcome(frozenset({InstanceV(cls)}))
        parent = callee.frame or program.frames.parent(cls)
        effects: list[Effect] = []
        made_by: Frame | None = None
        init = definitions.method(cls, "__init__")
        if init is not None and init.owner is not None:
            bare = InstanceV(cls, None, site)
            where = program.frames.of_class(
                init.owner, parent if init.owner is cls else program.frames.parent(init.owner)
            )
            made_by = program.frames.call(init, self._bound(init, arguments, True), bare, where)
            effects.append(Run(made_by))
        else:
            given = dict(arguments.keywords)
            given.update(zip(definitions.fields(cls), arguments.positional, strict=False))
            made_by = program.frames.call(cls, given, None, parent)
            effects.extend(self._external_construct(cls))
        made = InstanceV(cls, made_by, site)
        if init is None and site is not None:
            for base in definitions.externals(cls):
                if base in ROUTERS:
                    inherited = ExternalV(f"{base}.__init__", made)
                    effects.extend(
                        self._external(inherited, arguments, node, program.frames.of_module(cls.module)).effects
                    )
                    break
        for name in ("__new__", "__post_init__", "__attrs_post_init__", "model_post_init"):
            method = definitions.method(cls, name)
            if method is not None:
                receiver: Value = ClassV(cls) if name == "__new__" else made
                given = self._bound(method, arguments, True) if name == "__new__" else {}
                effects.append(Run(program.frames.call(method, given, receiver, None)))
        return Outcome(frozenset({made}), tuple(effects))

    def _external_construct(self, cls: Class) -> list[Effect]:
        """A class without a constructor of its own that derives from a library's class whose constructor blocks."""
        for base in self._program.definitions.externals(cls):
            entry = self._program.library.sink(base)
            if entry is not None:
                return [Block(entry, base)]
        return []

    def _instance(self, callee: InstanceV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        found = self._program.attributes.instance(callee, "__call__")
        # An object in the place of the method would be asked for its own in turn, without end.
        methods = [method for method in found if not isinstance(method, InstanceV)]
        if not methods:
            return Outcome(UNKNOWN, (Unresolved(written(node), hides=False),))
        return self._joined([self.apply(method, arguments, node, frame) for method in methods])

    def _external(self, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
        """Calling something outside the program."""
        program = self._program
        library = program.library
        name = callee.name
        modelled = program.models.external(callee, arguments, node, frame)
        if modelled is not None:
            return modelled
        offload = library.offload(name)
        if offload is not None:
            functions = arguments.at(offload.position, offload.keyword)
            if offload.wraps:
                return Outcome(frozenset(OffloadedV(function, offload.lane) for function in functions) or OPAQUE)
            given = arguments.after(offload.position + 1)
            if offload.keyword == "target":
                given = Arguments(tuple(self._spread(arguments.named("args"))))
            return self._offloaded(functions, given, node, frame, offload.lane, name)
        schedule = library.schedule(name)
        if schedule is not None:
            return self._scheduled(callee, schedule, arguments, node, frame)
        values = self._external_values(callee, arguments, node)
        effects: list[Effect] = []
        if library.reenters(name):
            effects.append(Reenter(name))
            frames = self.coroutines(arguments)
            effects.extend(Run(inner) for inner in frames)
            if not values and frames:
                for inner in frames:
                    values = program.union(values, program.returns(inner))
        entry = library.sink(name)
        if entry is not None and self._blocks(entry, arguments) and not _polls(node):
            effects.append(Block(entry, callee.written or name))
        if entry is None and library.returns(name) is None and not library.covers(name):
            located = program.models.located(node, arguments)
            values = program.union(located, values)
            effects.append(self._unknown(callee, node, hides=not located))
        # A coroutine given to a function that we do not know is awaited by it.
        if not library.reenters(name) and not name.startswith("builtins."):
            effects.extend(Run(inner) for inner in self.coroutines(arguments))
        return Outcome(values, tuple(effects))

    def _unknown(self, callee: ExternalV, node: ast.AST, *, hides: bool) -> Unresolved:
        root, _, last = callee.name.rpartition(".")
        root = root.partition(".")[0] or last
        if (last in _METHODS_OF_TEXT and callee.name.count(".") > 1) or self._program.models.looks_up_a_key(node):
            hides = False
        else:
            # Making an object seldom blocks; what is done with it afterwards is judged by itself.
            hides = hides and (callee.receiver is not None or not _is_class_name(last))
        return Unresolved(written(node), module=root, hides=hides)

    def _spread(self, values: Values) -> list[Values]:
        for value in values:
            if isinstance(value, TupleV):
                return list(value.items)
            if isinstance(value, ListV):
                return [value.element]
        return []

    def _external_values(self, callee: ExternalV, arguments: Arguments, node: ast.AST) -> Values:
        library = self._program.library
        name = callee.name
        held = library.returns(name)
        if held is not None:
            values = self._program.returned(held, callee.receiver, arguments.positional)
            if name in ROUTERS:
                return frozenset({ExternalInstanceV(name, node)})
            return values
        last = name.rpartition(".")[2]
        if library.is_class(name) or (last[:1].isupper() and not last.isupper() and callee.receiver is None):
            site = node if name in ROUTERS else None
            return frozenset({ExternalInstanceV(name, site)})
        return OPAQUE if library.covers(name) else UNKNOWN

    def _blocks(self, entry: SinkEntry, arguments: Arguments) -> bool:
        """Whether no argument says that the call does not wait."""
        if entry.kind is SinkKind.FILE and any(
            isinstance(value, ExternalInstanceV) and value.name in IN_MEMORY
            for values in arguments.all()
            for value in values
        ):
            return False
        for unless in entry.unless:
            position = -1 if unless.position is None else unless.position
            if any(_excused(unless, value) for value in arguments.at(position, unless.keyword)):
                return False
        return True

    def _offloaded(
        self, functions: Values, arguments: Arguments, node: ast.AST, frame: Frame, lane: str, name: str
    ) -> Outcome:
        """Handing functions to another thread or process."""
        program = self._program
        frames: dict[Frame, None] = {}
        values: Values = UNKNOWN
        effects: list[Effect] = []
        for function in functions:
            outcome = self.apply(function, arguments, node, frame)
            values = program.union(values, outcome.values)
            for effect in outcome.effects:
                if isinstance(effect, Run):
                    frames[effect.frame] = None
            for value in outcome.values:
                if isinstance(value, CoroutineV):
                    frames[value.frame] = None
        effects.append(Offload(functions, tuple(frames), lane, name))
        held = program.library.returns(name) if name else None
        if held is not None and held.shape == "instance" and held.name != "asyncio.Future":
            return Outcome(frozenset({ExternalInstanceV(held.name)}), tuple(effects))
        return Outcome(frozenset({ShapeV("await", values or OPAQUE)}), tuple(effects))

    def _scheduled(
        self, callee: ExternalV, schedule: Schedule, arguments: Arguments, node: ast.AST, frame: Frame
    ) -> Outcome:
        """Handing coroutines or functions to the loop."""
        program = self._program
        given = self._handed(schedule, arguments)
        frames: dict[Frame, None] = {}
        for value in given:
            if isinstance(value, CoroutineV):
                frames[value.frame] = None
            elif isinstance(value, TaskV):
                frames.update(dict.fromkeys(value.frames))
            elif schedule.what != "coroutine":
                rest = arguments.after(schedule.position + 1)
                outcome = self.apply(value, rest, node, frame)
                for effect in outcome.effects:
                    if isinstance(effect, Run):
                        frames[effect.frame] = None
                for made in outcome.values:
                    if isinstance(made, CoroutineV):
                        frames[made.frame] = None
        last = callee.name.rpartition(".")[2]
        joined = last in JOINED
        effects: list[Effect] = []
        if frames:
            kind = schedule.kind
            if not (joined and last in ("wait_for", "shield")):
                effects.append(Spawn(tuple(frames), kind))
            if joined:
                effects.extend(Run(inner) for inner in frames)
        results: Values = UNKNOWN
        for inner in frames:
            results = program.union(results, program.returns(inner))
        if last == "gather":
            parts = tuple(self._program.awaited_or_same(frozenset({value})) for value in given)
            values: Values = frozenset({ShapeV("await", frozenset({TupleV(parts) if parts else ListV(results)}))})
            if arguments.has_rest or len(parts) != len(arguments.positional):
                values = frozenset({ShapeV("await", frozenset({ListV(results)}))})
        elif last in JOINED:
            values = frozenset({ShapeV("await", results or OPAQUE)})
        elif frames and schedule.kind == "task":
            values = frozenset({TaskV(tuple(frames))})
        else:
            values = self._external_values(callee, arguments, node) or OPAQUE
        return Outcome(values, tuple(effects))

    def _handed(self, schedule: Schedule, arguments: Arguments) -> list[Value]:
        """The values that a scheduling function is given, collections opened."""
        found: dict[Value, None] = {}
        positions = range(schedule.position, len(arguments.positional)) if schedule.many else [schedule.position]
        unions = [arguments.at(position, schedule.keyword) for position in positions]
        if schedule.many and arguments.has_rest:
            unions.append(arguments.rest)
        for values in unions:
            for value in values:
                inner = self._program.iterated(frozenset({value})) if isinstance(value, ListV | TupleV | DictV) else ()
                for one in inner or (value,):
                    found[one] = None
        return list(found)

    def coroutines(self, arguments: Arguments) -> list[Frame]:
        """The frames of the coroutines among the arguments."""
        return [value.frame for values in arguments.all() for value in values if isinstance(value, CoroutineV)]


def _excused(unless: Unless, value: Value) -> bool:
    """Whether this argument says that the call does not wait."""
    if unless.instance is not None:
        return isinstance(value, ExternalInstanceV) and value.name == unless.instance
    if not isinstance(value, ConstantV):
        return False
    # To Python 0 and False are equal.
    return value.value == unless.value and isinstance(value.value, bool) == isinstance(unless.value, bool)


def _polls(node: ast.AST) -> bool:
    """`flock(fd, LOCK_EX | LOCK_NB)`: a constant that says not to wait."""
    given = node.args if isinstance(node, ast.Call) else []
    names = (
        part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")
        for arg in given
        for part in ast.walk(arg)
    )
    return any(name in NOT_WAITING for name in names)


def is_next_app(node: ast.AST) -> bool:
    """`await self.app(scope, receive, send)`, `await call_next(request)`: the framework goes on."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Attribute):
        return called.attr in ("app", "_app")
    return isinstance(called, ast.Name) and called.id in ("call_next", "app", "send", "receive")


def written(node: ast.AST) -> str:
    """How a call is written, shortened."""
    target = node.func if isinstance(node, ast.Call) else node
    try:
        text = ast.unparse(target)
    except (ValueError, RecursionError, AttributeError):
        text = type(target).__name__
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
