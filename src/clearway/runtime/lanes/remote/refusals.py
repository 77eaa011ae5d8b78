"""What can never run in another process, told when the app starts."""

from __future__ import annotations

import asyncio
import functools
import inspect
import io
import queue
import socket
import ssl
import threading
import types
import typing
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Annotated, Any

from starlette.responses import Response

from clearway.model import SettingsError
from clearway.runtime import framework
from clearway.runtime.lanes.remote import functions, travel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clearway.model import Lane
    from clearway.runtime.plan.planner import PlanRow

STAY_HERE: tuple[type, ...] = (
    *travel.BOUND_HERE,
    Response,
    Generator,
    AsyncGenerator,
    io.IOBase,
    socket.socket,
    ssl.SSLContext,
    asyncio.Future,
    asyncio.AbstractEventLoop,
    queue.Queue,
    threading.Thread,
    threading.Event,
    threading.Condition,
    threading.Semaphore,
    type(threading.Lock()),
    type(threading.RLock()),
)
"""Types whose values cannot be pickled, or are of no use as a copy."""
COPIES = (io.BytesIO, io.StringIO)
CONNECTED = frozenset(
    {
        "botocore.client.BaseClient",
        "httpx.AsyncClient",
        "httpx.Client",
        "psycopg.AsyncConnection",
        "psycopg.Connection",
        "psycopg2.extensions.connection",
        "psycopg2.extensions.cursor",
        "pymongo.mongo_client.MongoClient",
        "pymongo.synchronous.mongo_client.MongoClient",
        "pymysql.connections.Connection",
        "redis.asyncio.client.Redis",
        "redis.client.Redis",
        "sqlalchemy.engine.base.Connection",
        "sqlalchemy.engine.base.Engine",
        "sqlalchemy.ext.asyncio.engine.AsyncConnection",
        "sqlalchemy.ext.asyncio.engine.AsyncEngine",
        "sqlalchemy.ext.asyncio.session.AsyncSession",
        "sqlalchemy.orm.scoping.scoped_session",
        "sqlalchemy.orm.session.Session",
        "sqlite3.Connection",
        "sqlite3.Cursor",
    }
)
"""The same by name: sessions and connections of libraries that may not be installed."""


def check(lane: Lane, rows: Sequence[PlanRow], targets: Sequence[Callable[..., Any]]) -> None:
    """Raise SettingsError for the first call that cannot run in this lane; it names the call and the parameter."""
    for row, target in zip(rows, targets, strict=True):
        if (why := why_not(target)) is not None:
            raise SettingsError(f"{row.route}: {row.call} cannot run in the {lane} lane ({row.why}): it {why}")


def why_not(target: Callable[..., Any]) -> str | None:
    """Why a call of this can never run elsewhere, as the end of a sentence about it; None where it may."""
    inner = target
    while isinstance(inner, functools.partial):
        inner = inner.func
    if framework.runs_as_coroutine(inner):
        return "is an async def, which runs on the loop; write it as a def"
    if framework.is_generator(inner) or inspect.isgeneratorfunction(inner):
        return "is a generator (yield), whose steps belong to one process; use the thread lane"
    if (reason := functions.unreachable(inner)) is not None:
        return reason
    owner = _owner(inner)
    if owner is not None and (reason := travel.unpicklable(owner)) is not None:
        return f"belongs to a {type(owner).__name__} that cannot be sent: {reason}"
    for parameter, annotation in _annotations(inner):
        for kind in _types_in(annotation):
            if _stays_here(kind):
                return (
                    f"takes {parameter!r}, a {kind.__name__}, which cannot be sent to another process; "
                    "use the thread lane, or pass what it needs of it"
                )
    return None


def _owner(call: Callable[..., Any]) -> Any:
    """The instance that is sent along: of a bound method, or one that can be called itself."""
    if isinstance(call, types.MethodType):
        return None if isinstance(call.__self__, type) else call.__self__
    return None if hasattr(call, "__qualname__") else call


def _annotations(call: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    function: Any = call
    if isinstance(call, type):
        function = call.__init__  # type: ignore[misc]
    elif not hasattr(call, "__qualname__"):
        function = type(call).__call__
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that cannot be resolved: FastAPI has its own way with these
        return
    for parameter, annotation in hints.items():
        if parameter != "return":
            yield parameter, annotation


def _types_in(annotation: Any) -> Iterator[type]:
    """The classes of an annotation, through Annotated, unions and containers."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        yield from _types_in(typing.get_args(annotation)[0])
        return
    if isinstance(annotation, type) and origin is None:
        yield annotation
        return
    if isinstance(origin, type):
        yield origin
    if origin is not typing.Literal:
        for argument in typing.get_args(annotation):
            yield from _types_in(argument)


def _stays_here(kind: type) -> bool:
    if issubclass(kind, COPIES):
        return False
    names = {f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__}
    return issubclass(kind, STAY_HERE) or not names.isdisjoint(CONNECTED)
