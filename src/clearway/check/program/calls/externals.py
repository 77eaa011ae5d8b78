"""Calls of what lies outside the program: operations that block, work handed to threads, tasks handed to the loop."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from clearway.check.program.calls import waits
from clearway.check.program.calls.finished import is_finished
from clearway.check.program.code import Function
from clearway.check.program.models.python import IN_MEMORY
from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    ConstantV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    ListV,
    OffloadedV,
    PartialV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.arguments import Arguments
from clearway.check.program.values.effects import Block, Effect, Outcome, Reenter, Run, Unresolved
from clearway.check.source.syntax import written
from clearway.model import SinkKind

if TYPE_CHECKING:
    from clearway.check.program.program import Program
    from clearway.check.sinks import SinkEntry


ROUTERS = frozenset(
    {"fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette", "starlette.routing.Router"}
)
RUNS_TEXT = frozenset({"builtins.eval", "builtins.exec", "builtins.__import__"})
"""They run, or find, what only the running program knows."""
MOST_STEPS = 20
MAKING = frozenset({"parse", "from", "of", "new", "make", "build", "construct"})
"""What a class method's name begins with that makes an object: `RecordID.parse(text)`, `Point.from_dict(data)`."""
OF_ANY_KIND = frozenset(
    {"pickle.load", "pickle.loads", "pickle.Unpickler.load", "importlib.util.module_from_spec", "pkgutil.resolve_name"}
    | {"pydoc.locate", "runpy.run_path", "runpy.run_module", "builtins.vars", "weakref.ref.__call__"}
    | {"weakref.proxy", "weakref.WeakValueDictionary.get", "weakref.WeakValueDictionary.values", "queue.Queue.get"}
    | {"queue.Queue.get_nowait", "queue.LifoQueue.get", "queue.PriorityQueue.get", "queue.SimpleQueue.get"}
    | {"multiprocessing.Queue.get", "importlib.metadata.EntryPoint.load", "gc.get_objects", "inspect.getmembers"}
)
"""Functions of Python's own that give objects of any kind: of what is done with them nothing is known."""
OF_DATA = frozenset(
    {"to_dict", "to_json", "to_list", "to_tuple", "to_string", "as_dict", "asdict", "model_dump", "model_dump_json"}
    | {"isoformat", "hex", "hexdigest", "debug", "info", "warn", "warning", "error", "exception", "critical"}
)
"""Methods that turn data into other data, or write a log, in whatever library they are."""

_METHODS_OF_TEXT = frozenset(name for name in dir(str) if not name.startswith("_")) - {
    "join",
    "format",
    "index",
    "find",
    "count",
}
"""Nothing that blocks is called so."""


class Externals:
    """Calls of libraries, by what their data says."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._given_functions: set[str] = set()
        """Packages, none of Python's own, that are given functions of the project."""

    def runs_ours(self, call: ast.Call, frame: Frame) -> bool:
        """Whether what is called belongs to a package that was given functions of the project: a graph that runs them,
        a queue that hands messages to them.
        """
        return bool(self._given_functions & self._packages(call.func, frame))

    def _packages(self, node: ast.expr, frame: Frame, depth: int = 0) -> set[str]:
        """The packages that an object of unknown make may come from, by what was called to get it."""
        values = self._program.evaluate(node, frame)
        if values or depth > MOST_STEPS:
            return {_package(value) for value in values if isinstance(value, ExternalV | ExternalInstanceV)}
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Await):
            return self._packages(node.value, frame, depth + 1)
        if isinstance(node, ast.Call):
            return self._packages(node.func, frame, depth + 1)
        if not isinstance(node, ast.Name):
            return set()
        where = frame if node.id in frame.code.scope.bindings else self._program.frames.of_module(frame.module)
        found: set[str] = set()
        for binding in where.code.scope.bindings.get(node.id, ()):
            if isinstance(binding.node, ast.expr):
                found |= self._packages(binding.node, where, depth + 1)
        return found

    def call(self, callee: ExternalV, arguments: Arguments, node: ast.AST, frame: Frame) -> Outcome:
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
            return program.handing_over.offloaded(functions, given, node, frame, offload.lane, name)
        schedule = library.schedule(name)
        if schedule is not None:
            return program.handing_over.scheduled(callee, schedule, arguments, node, frame)
        if name.startswith("builtins.object."):
            possible = program.guesses.of_models(name.removeprefix("builtins.object."), arguments, node, frame)
            if possible is not None:
                return possible
        values = self.values(callee, arguments, node)
        effects: list[Effect] = []
        if library.reenters(name):
            effects.append(Reenter(name))
            frames = self._program.calls.coroutines(arguments)
            effects.extend(Run(inner) for inner in frames)
            if not values and frames:
                for inner in frames:
                    values = program.union(values, program.returns(inner))
        entry = library.sink(name)
        waits_for_it = entry is not None and self._blocks(entry, arguments) and not self._polls(node, frame)
        if entry is not None and waits_for_it and not is_finished(library.canonical(name), node, frame):
            repeats = isinstance(frame.code, Function) and frame.code.flow.repeats(node)
            # Short waits in a loop add up: `while not done: sleep(0.01)`.
            effects.append(Block(entry if repeats else waits.shortened(entry, arguments), callee.written or name))
        if any(_is_ours(value) for given in arguments.all() for value in given):
            self._given_functions |= {_package(callee)} - sys.stdlib_module_names
        if name in RUNS_TEXT and not all(isinstance(value, ConstantV) for value in arguments.at(0) or [None]):
            effects.append(Unresolved(written(node)))
            values = UNKNOWN
        silent = callee.receiver is not None and library.is_silent(name)
        if entry is None and (silent or (library.returns(name) is None and not library.covers(name))):
            located = program.guesses.located(node, arguments, frame)
            values = program.union(located.values, values)
            effects += [self._unknown(callee, node, hides=not located.values), *located.effects]
        # A coroutine given to a function that we do not know is awaited by it.
        if not library.reenters(name) and not _never_awaits(name):
            effects.extend(Run(inner) for inner in self._program.calls.coroutines(arguments))
        return Outcome(values, tuple(effects))

    def _unknown(self, callee: ExternalV, node: ast.AST, *, hides: bool) -> Unresolved:
        root, _, last = callee.name.rpartition(".")
        owner = root.rpartition(".")[2]
        root = root.partition(".")[0] or last
        if (last in _METHODS_OF_TEXT and callee.name.count(".") > 1) or self._program.guesses.looks_up_a_key(node):
            hides = False
        else:
            # Making an object seldom blocks; what is done with it afterwards is judged by itself.
            makes = _is_class_name(last) or (_is_class_name(owner) and last.partition("_")[0] in MAKING)
            hides = hides and last not in OF_DATA and (callee.receiver is not None or not makes)
        return Unresolved(written(node), module=root, hides=hides)

    def _spread(self, values: Values) -> list[Values]:
        for value in values:
            if isinstance(value, TupleV):
                return list(value.items)
            if isinstance(value, ListV):
                return [value.element]
        return []

    def values(self, callee: ExternalV, arguments: Arguments, node: ast.AST) -> Values:
        """What a call gives, as far as rows, data or the looks of its name say it."""
        library = self._program.library
        name = callee.name
        if (loaded := self._program.rows.of(callee, arguments)) is not None:
            return loaded
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
        return OPAQUE if library.covers(name) and name not in OF_ANY_KIND else UNKNOWN

    def _blocks(self, entry: SinkEntry, arguments: Arguments) -> bool:
        """Whether no argument says that the call does not wait."""
        if entry.kind is SinkKind.FILE and any(
            isinstance(value, ExternalInstanceV) and value.name in IN_MEMORY
            for values in arguments.all()
            for value in values
        ):
            return False
        return not any(waits.is_excused(unless, arguments) for unless in entry.unless)

    def _polls(self, node: ast.AST, frame: Frame) -> bool:
        """`flock(fd, LOCK_EX | LOCK_NB)`: a constant that says not to wait."""
        if not isinstance(node, ast.Call):
            return False
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return any(waits.says_not_to(argument, frame, self._assigned_once) for argument in given)

    def _assigned_once(self, name: str, frame: Frame) -> tuple[ast.expr, Frame] | None:
        """The expression that a name stands for, where it is never assigned anew."""
        found = self._program.modules.assigned(name, frame)
        return found if found is not None and len(found[1].code.scope.bindings.get(name, ())) == 1 else None


def _never_awaits(name: str) -> bool:
    """Python's own functions that are no part of asyncio only keep, compare or write what they are given."""
    root = name.partition(".")[0]
    return root in sys.stdlib_module_names and root not in ("asyncio", "concurrent", "contextlib")


def _package(value: ExternalV | ExternalInstanceV) -> str:
    return value.name.partition(".")[0]


def _is_ours(value: Value) -> bool:
    if isinstance(value, PartialV):
        return _is_ours(value.function)
    return isinstance(value, FunctionV) and value.function.module.is_project


def _is_class_name(name: str) -> bool:
    return name[:1].isupper() and any(letter.islower() for letter in name[1:])
