"""What must stay on the loop's thread: code and objects that another thread may not touch."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import (
    CoroutineV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    GeneratorV,
    ModelV,
    ShapeV,
    TaskV,
)
from clearway.check.reach import reach
from clearway.check.rules.places import own_nodes
from clearway.check.source.syntax import last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearway.check.program.program import Program
    from clearway.check.program.values import Value
    from clearway.check.reach import Hit, Reach

_LIBRARIES = (
    *("asyncio.", "anyio.", "trio.", "sqlalchemy.ext.asyncio.", "sqlmodel.ext.asyncio.", "aiohttp.", "redis.asyncio."),
    *("asyncpg.", "motor.", "aiosqlite.", "aiofiles.", "httpx.AsyncClient", "playwright."),
)
"""Their objects and functions belong to the loop, or to the task, that they are used on."""
_ONLY_ON_LOOP = frozenset(
    {"create_task", "ensure_future", "get_running_loop", "get_event_loop", "current_task", "all_tasks", "start_soon"}
    | {"call_soon", "call_later", "call_at", "run_in_executor", "add_reader", "add_writer", "add_signal_handler"}
    | {"ClientSession", "TCPConnector", "get_event_loop_policy"}
)
"""Calls that mean the running loop, whatever object they are made on."""
_PERHAPS_ON_LOOP = frozenset(
    {"set", "reset", "clear", "put_nowait", "get_nowait", "set_result", "set_exception", "cancel", "release", "gather"}
    | {"send_nowait", "receive_nowait", "wait_for", "shield", "Future", "TaskGroup", "bind_contextvars"}
    | {"clear_contextvars", "unbind_contextvars", "attach", "detach", "signal", "setitimer"}
)
"""Calls that do so on some objects. A context variable that a thread sets is not set for those who called it, and
signals are the main thread's.
"""
_NOT_IN_THREADS = ("contextvars.", "signal.")
_CONTEXT = frozenset({"bind_contextvars", "clear_contextvars", "unbind_contextvars"})
_OWN_THREAD = "sqlite3."
"""Its objects work in the thread alone that made them."""
_SCOPED = re.compile(r"\bscoped_session\b")
_CONNECTS = re.compile(r"\bsqlite3\b")
_CACHES = frozenset({"cache", "lru_cache", "cached", "cached_property"})

LONGEST_CHAIN = 100
"""Attributes and calls behind each other; only code that other code wrote has more."""


class LoopBound:
    """Tells what may not be handed to a thread. Answers are kept: many chains go through the same functions."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._functions: dict[Frame, bool] = {}
        self._below: dict[Frame, Reach] = {}
        self._any_thread: bool | None = None
        self._sessions_by_thread: bool | None = None

    def below(self, frame: Frame) -> Reach:
        """All that a function runs when a thread runs it."""
        if frame not in self._below:
            self._below[frame] = reach(self._program, frame, on_loop=False)
        return self._below[frame]

    def binds(self, found: Reach) -> bool:
        """Whether something of what is reached uses the loop, objects of its thread, or that nobody comes between."""
        if any(spawn.kind != "background_task" for spawn, _ in found.spawned):
            return True
        return any(self._uses_loop(frame) for frame in found.counted) or self.needs_own_thread(found.hits)

    def is_bound(self, value: Value) -> bool:
        """Whether this object is used on the loop only."""
        match value:
            case CoroutineV() | TaskV() | ShapeV(shape="await"):
                return True
            case GeneratorV(frame=frame):
                return isinstance(frame.code, Function) and frame.code.is_async
            case ExternalInstanceV(name=name) | ExternalV(name=name):
                return name.startswith(_LIBRARIES)
            case _:
                return False

    def takes_bound(self, call: ast.Call, frame: Frame) -> bool:
        """Whether the call's object, or one of its arguments, is."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return self.is_method_of_bound(call, frame) or self._any_bound(given, frame)

    def is_method_of_bound(self, call: ast.Call, frame: Frame) -> bool:
        """Whether what is called, or the object that it is taken from, is."""
        function = call.func
        parts = [function]
        while isinstance(function, ast.Attribute | ast.Call | ast.Subscript | ast.Await) and len(parts) < LONGEST_CHAIN:
            function = function.func if isinstance(function, ast.Call) else function.value
            parts.append(function)
        return self._any_bound(parts, frame)

    def _any_bound(self, parts: Iterable[ast.expr], frame: Frame) -> bool:
        return any(self.is_bound(value) for part in parts for value in self._program.evaluate(part, frame))

    def needs_own_thread(self, hits: Iterable[Hit]) -> bool:
        """Whether these operations are done to objects of another thread than the one that reaches them."""
        ours = [hit for hit in hits if hit.entry.name.startswith(_OWN_THREAD)]
        if any(hit.entry.name.startswith("playwright.") for hit in hits):
            return True
        if not ours or self._connects_for_any_thread():
            return False
        opened = [hit for hit in ours if hit.entry.name == "sqlite3.connect"]
        return not opened or not all(_is_kept_local(hit) for hit in opened)

    def has_session_of_thread(self, hits: Iterable[Hit]) -> bool:
        """Whether they go through a `scoped_session`, which gives each thread a session of its own."""
        if self._sessions_by_thread is None:
            self._sessions_by_thread = any(
                len(call.args) + len(call.keywords) < 2 for call in self._calls(_SCOPED, "scoped_session")
            )
        return self._sessions_by_thread and any("sqlalchemy" in hit.entry.name for hit in hits)

    def gives_bound(self, call: ast.Call, frame: Frame) -> bool:
        """Whether what the call gives does its work later, or belongs to the thread that made it."""
        return self.are_bound(self._program.calls.outcome(call, frame).values)

    def are_bound(self, values: Iterable[Value]) -> bool:
        """Whether one of these values does."""
        for value in values:
            if self.is_bound(value) or isinstance(value, GeneratorV):
                return True
            match value:
                case ModelV(name="context") | ShapeV(shape="enter"):
                    return True
                case _:
                    pass
            is_of_thread = isinstance(value, ExternalInstanceV) and value.name.startswith(_OWN_THREAD)
            if is_of_thread and not self._connects_for_any_thread():
                return True
        return False

    def _uses_loop(self, frame: Frame) -> bool:
        if frame not in self._functions:
            code = frame.code
            self._functions[frame] = (
                isinstance(code, Function)
                and code.module.is_project
                and any(
                    (isinstance(node, ast.Call) and self._is_on_loop(node, frame)) or _changes_shared(node, code)
                    for node in own_nodes(code.node)
                )
            )
        return self._functions[frame]

    def _is_on_loop(self, call: ast.Call, frame: Frame) -> bool:
        name = last_name(call.func)
        if isinstance(call.func, ast.Call):
            return False
        if name in _ONLY_ON_LOOP or name in _CONTEXT:
            return True
        if name not in _PERHAPS_ON_LOOP:
            return False
        parts = [call.func, *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
        values = [value for part in parts for value in self._program.evaluate(part, frame)]
        return any(self.is_bound(value) or getattr(value, "name", "").startswith(_NOT_IN_THREADS) for value in values)

    def _connects_for_any_thread(self) -> bool:
        if self._any_thread is None:
            calls = self._calls(_CONNECTS, "connect")
            self._any_thread = bool(calls) and all(_for_any_thread(call) for call in calls)
        return self._any_thread

    def _calls(self, text: re.Pattern[str], name: str) -> Sequence[ast.Call]:
        return [
            node
            for module in self._program.modules.project
            if text.search(module.source.text)
            for node in walk(module.source.tree)
            if isinstance(node, ast.Call) and last_name(node.func) == name and not isinstance(node.func, ast.Call)
        ]


def _changes_shared(node: ast.AST, function: Function) -> bool:
    """Whether this sets an attribute of an object of the module, or counts in a global: on the loop nobody comes
    between, in threads somebody may. What is only made once (`if client is None: client = …`) does not count.
    """
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return node.target.id in function.scope.elsewhere
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return False
    for target in targets:
        if isinstance(target, ast.Attribute):
            holder: ast.expr = target
            while isinstance(holder, ast.Attribute):
                holder = holder.value
            if isinstance(holder, ast.Name) and _is_of_module(holder.id, function):
                return True
    return False


def _is_of_module(name: str, function: Function) -> bool:
    scope: Function | None = function
    while scope is not None:
        if name in scope.scope.bindings:
            return False
        scope = scope.parent
    return name in function.module.scope.bindings


def _for_any_thread(call: ast.Call) -> bool:
    return any(
        keyword.arg == "check_same_thread" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


def _is_kept_local(hit: Hit) -> bool:
    """Whether the connection stays in the functions that this one call runs: no cache, global or attribute has it."""
    for hop in hit.hops:
        code = hop.frame.code
        if not isinstance(code, Function) or _CACHES & set(code.decorators):
            return False
        for node in own_nodes(code.node):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _holds(node.value, hop.node):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if not all(isinstance(each, ast.Name) and each.id not in code.scope.elsewhere for each in targets):
                    return False
    return True


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(node is inner for node in walk(outer))
