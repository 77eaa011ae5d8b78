"""Attributes of what libraries give: what data says, and what the project puts on apps, requests and their state."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import UNKNOWN, DictV, ExternalInstanceV, ExternalV, Frame, Value, Values

if TYPE_CHECKING:
    from clearway.check.program.program import Program


STATES = frozenset({"starlette.datastructures.State"})
LONGEST_NAME = 12
"""Parts of a library's dotted name. What a loop or a recursion hangs on it beyond this is not told apart."""
STATEFUL = frozenset(
    {"fastapi.FastAPI", "starlette.applications.Starlette", "starlette.requests.Request", "fastapi.Request"}
    | {"starlette.requests.HTTPConnection", "starlette.websockets.WebSocket", "fastapi.WebSocket"}
)
MOST_STORES = 20


class ExternalAttributes:
    """Reads `x.name` where x is a library's."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._busy: set[tuple[Value, str]] = set()
        self.lifespans: list[Frame] = []
        """Generators whose dictionaries become `request.state`."""

    def of(self, value: ExternalV, name: str) -> Values:
        """An attribute of a library's module, function or class."""
        if value.name.count(".") >= LONGEST_NAME:
            return UNKNOWN
        library = self._program.library
        dotted = library.canonical(f"{value.name}.{name}")
        held = library.attribute(dotted)
        if held is not None:
            return self._program.returned(held, value, ())
        return frozenset({ExternalV(dotted, value.receiver, f"{value.written or value.name}.{name}")})

    def of_instance(self, value: ExternalInstanceV, name: str) -> Values:
        """An attribute of a library's object: what data says it holds, else a method of this name."""
        if value.name in STATES:
            return self._state(name)
        if name == "state" and value.name in STATEFUL:
            return frozenset({ExternalInstanceV("starlette.datastructures.State")})
        if value.name.count(".") >= LONGEST_NAME:
            return UNKNOWN
        library = self._program.library
        dotted = f"{value.name}.{name}"
        held = library.attribute(dotted)
        if held is not None and held.shape != "opaque":
            return self._program.returned(held, value, ())
        if value.name == "threading.local" and not name.startswith("__"):
            return self._put_on(value, name)
        if held is None and value.name in STATEFUL and (put := self._put_on(value, name)):
            return put
        # Text, a number, a method of which nothing more need be known.
        return frozenset({ExternalV(dotted, value)})

    def _put_on(self, value: ExternalInstanceV, name: str) -> Values:
        """What the project sets on an app or request: `app.registry = Registry()`."""
        key = (ExternalInstanceV(value.name), name)
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found: Values = UNKNOWN
            for module, function, target, expression in self._program.stores.of_attribute(name)[:MOST_STORES]:
                frames = self._program.frames
                where = frames.of_module(module) if function is None else frames.generic(function)
                owners = self._program.evaluate(target.value, where)
                if any(isinstance(owner, ExternalInstanceV) and owner.name == value.name for owner in owners):
                    found = self._program.union(found, self._program.stores.put(module, function, expression))
            return found
        finally:
            self._busy.discard(key)

    def _state(self, name: str) -> Values:
        """`app.state.name`, `request.state.name`: whatever the project stores there."""
        key = (ExternalInstanceV("starlette.datastructures.State"), name)
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found: Values = UNKNOWN
            for module, function, target, value in self._program.stores.of_attribute(name):
                if isinstance(target.value, ast.Attribute) and target.value.attr == "state":
                    found = self._program.union(found, self._program.stores.put(module, function, value))
            for frame in self.lifespans:
                for state in self._program.yields(frame):
                    if isinstance(state, DictV):
                        found = self._program.union(found, dict(state.items).get(name, UNKNOWN))
            return found
        finally:
            self._busy.discard(key)
