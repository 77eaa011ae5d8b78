"""What `Depends` names: the dependencies of a root, and the routes that each of them serves."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.values import Frame, ModelV, Values
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearway.check.program.program import Program
    from clearway.check.roots.entries import Entries, Entry


class Dependencies:
    """Finds them; each becomes a root itself."""

    def __init__(self, program: Program, entries: Entries) -> None:
        self._program = program
        self._entries = entries
        self._noting: set[Function] = set()

    def note(self, entry: Entry) -> None:
        """The dependencies that its parameters, and the fields of its class, name."""
        if entry.function in self._noting:
            return  # a container that makes things in a circle
        self._noting.add(entry.function)
        try:
            for frame in entry.frames:
                for function in self._of_frame(frame):
                    entry.dependencies[function] = None
        finally:
            self._noting.discard(entry.function)

    def _of_frame(self, frame: Frame) -> list[Function]:
        function = frame.code
        if not isinstance(function, Function):
            return []
        found: dict[Function, None] = {}
        for parameter in function.parameters:
            for depends in self._program.injection.dependencies(parameter, frame):
                found.update(dict.fromkeys(self._dependency(depends, frame)))
        owner = function.owner
        if owner is not None and function.receiver is not None:
            for values in self._class_fields(owner):
                for value in values:
                    if isinstance(value, ModelV) and value.name == "depends":
                        found.update(dict.fromkeys(self._dependency(value, frame)))
        return list(found)

    def _class_fields(self, owner: Class) -> Iterator[Values]:
        """What a class-based view injects into its fields."""
        frame = self._program.frames.of_class(owner, self._program.frames.parent(owner))
        for statement in owner.node.body:
            if isinstance(statement, ast.AnnAssign | ast.Assign) and isinstance(statement.value, ast.Call):
                yield self._program.evaluate(statement.value, frame)

    def _dependency(self, depends: ModelV, frame: Frame) -> list[Function]:
        found: list[Function] = []
        for value in depends.item("function"):
            entries = self._entries.of(value, RootKind.DEPENDENCY, ast.Pass(), frame)
            if depends.item("container"):
                for entry in entries:
                    entry.by_container = True
                    entry.on_loop = not self._program.containers.inject_in_threads
            found.extend(entry.function for entry in entries)
        return found

    def listed(self, values: Values, frame: Frame) -> list[Function]:
        """Those of `dependencies=[Depends(f)]`."""
        found: list[Function] = []
        for value in self._program.iterated(values):
            if isinstance(value, ModelV) and value.name == "depends":
                found.extend(self._dependency(value, frame))
        return found

    def spread_routes(self, middleware: Sequence[Entry]) -> None:
        """Dependencies, and middleware, serve the routes of those that they stand before."""
        by_function = {
            function: entry for (function, kind), entry in self._entries.table.items() if kind is RootKind.DEPENDENCY
        }
        served = [
            entry for (_, kind), entry in self._entries.table.items() if kind in (RootKind.ENDPOINT, RootKind.WEBSOCKET)
        ]
        for entry in served:
            waiting = list(entry.dependencies)
            seen: set[Function] = set()
            while waiting:
                function = waiting.pop()
                if function in seen:
                    continue
                seen.add(function)
                dependency = by_function.get(function)
                if dependency is not None:
                    dependency.routes.update(entry.routes)
                    waiting.extend(dependency.dependencies)
            entry.dependencies.update(dict.fromkeys(sorted(seen, key=lambda one: one.id)))
        for entry in by_function.values():
            entry.dependencies.update(dict.fromkeys(self._behind(entry, by_function)))
        everything = [route for entry in served for route in entry.routes if not route.startswith("WS ")]
        for entry in middleware:
            entry.routes.update(dict.fromkeys(everything))

    def _behind(self, entry: Entry, by_function: dict[Function, Entry]) -> list[Function]:
        """All dependencies of a dependency."""
        found: dict[Function, None] = {}
        waiting = list(entry.dependencies)
        while waiting:
            function = waiting.pop()
            if function not in found and function is not entry.function:
                found[function] = None
                waiting.extend(by_function[function].dependencies if function in by_function else ())
        return sorted(found, key=lambda one: one.id)
