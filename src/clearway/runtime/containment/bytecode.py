"""What the code object of an `async def` says of it: whether it ever awaits, and whether it needs the loop's thread."""

from __future__ import annotations

import dis
import inspect
from contextvars import ContextVar
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AWAITING = frozenset({"GET_AWAITABLE", "GET_AITER", "GET_ANEXT", "BEFORE_ASYNC_WITH", "YIELD_VALUE", "SEND"})
_LOOP_MODULES = ("asyncio", "_asyncio", "anyio", "trio", "uvloop", "sniffio", "greenback", "clearway")
_LOOP_NAMES = frozenset(
    {
        "call_at",
        "call_later",
        "call_soon",
        "create_task",
        "current_task",
        "ensure_future",
        "get_event_loop",
        "get_running_loop",
        "put_nowait",
        "get_nowait",
        "run_in_executor",
        "set_exception",
        "set_result",
        "start_soon",
    }
)
"""Attributes that are the loop's, or those of an object that belongs to it."""
_DEPTH = 4
"""How far the calls of the user's own functions are followed."""


def never_awaits(target: Any) -> bool:
    """Whether this is a plain `async def` whose code has no await, `async for`, `async with` or yield."""
    function = inspect.unwrap(target) if callable(target) else target
    if not isinstance(function, FunctionType) or function is not target or not inspect.iscoroutinefunction(function):
        return False  # what a decorator or an object does around the code, the code does not say
    return not any(step.opname in _AWAITING for step in dis.get_instructions(function.__code__))


def needs_loop(function: Any) -> bool:
    """Whether the code, or a function of the user's own that it names, touches the loop or sets a context variable."""
    return _needs_loop(function, set(), _DEPTH)


def _needs_loop(function: FunctionType, seen: set[CodeType], depth: int) -> bool:
    code = function.__code__
    if code in seen or depth == 0:
        return False
    seen.add(code)
    names = set(_names(code))
    if names & _LOOP_NAMES:
        return True
    values = [value for value in _values(function) if not _is_ours(value)]
    if any(_is_of_loop(value) for value in values):
        return True
    if "set" in names and any(isinstance(value, ContextVar) for value in values):
        return True
    return any(_needs_loop(value, seen, depth - 1) for value in values if isinstance(value, FunctionType))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _globals(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)


def _values(function: FunctionType) -> Iterator[Any]:
    """What the names of its code stand for: globals, and variables of the functions around it."""
    scope: Mapping[str, Any] = function.__globals__
    for name in _globals(function.__code__):
        if name in scope:
            yield scope[name]
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue


def _is_ours(value: Any) -> bool:
    """A blocking operation that containment has replaced already."""
    return str(getattr(value, "__module__", "")).startswith("clearway.runtime.containment.")


def _is_of_loop(value: Any) -> bool:
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    if not isinstance(module, str):
        module = None
    own = type(value).__module__
    return any(name is not None and name.partition(".")[0] in _LOOP_MODULES for name in (module, own))
