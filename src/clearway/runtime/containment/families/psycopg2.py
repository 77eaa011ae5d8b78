"""psycopg2, by the wait callback that it has for this.

The callback is one for the whole process: in other threads, and outside of a portal, it waits as psycopg2 itself would.
"""

from __future__ import annotations

import math
import select
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.families import psycopg2_copy
from clearway.runtime.containment.imports import WhenImported
from clearway.runtime.containment.readiness import READ, WRITE, wait_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from clearway.runtime.containment.replacing import Change


@dataclass(frozen=True, slots=True)
class WaitCallback:
    """The callback in its place."""

    extensions: ModuleType

    def put(self) -> Callable[[], None]:
        extensions = self.extensions
        if extensions.get_wait_callback() is not None:
            return lambda: None  # another library's
        callback = make_callback(extensions)
        extensions.set_wait_callback(callback)

        def undo() -> None:
            psycopg2_copy.callback_away(extensions).forget()
            if extensions.get_wait_callback() is callback:
                extensions.set_wait_callback(None)

        return undo


def make_callback(extensions: Any) -> Callable[[Any], None]:
    """What psycopg2 calls with a connection whose operation is under way."""
    events = {extensions.POLL_READ: READ, extensions.POLL_WRITE: WRITE}
    done = extensions.POLL_OK

    def wait(connection: Any) -> None:
        deadline = _connect_deadline(extensions, connection)
        while (state := connection.poll()) != done:
            remaining = None if deadline is None else max(0.0, deadline - monotonic())
            if portal.is_open():
                is_ready = wait_ready(connection.fileno(), events[state], remaining)
            else:
                is_ready = _wait_plainly(connection.fileno(), events[state], remaining)
            if not is_ready and deadline is not None and monotonic() >= deadline:
                raise _operational_error("connection to server failed: timeout expired")

    return wait


def _connect_deadline(extensions: Any, connection: Any) -> float | None:
    """libpq leaves `connect_timeout` to who drives the connection."""
    if connection.status != extensions.STATUS_SETUP:
        return None
    try:
        seconds = int(extensions.parse_dsn(connection.dsn).get("connect_timeout", 0))
    except Exception:  # a service file, a name that this version does not know
        return None
    return monotonic() + max(2, seconds) if seconds > 0 else None  # libpq, too, rounds 1 up


def _operational_error(message: str) -> Exception:
    from psycopg2 import OperationalError  # loaded by now: it is psycopg2 that asks

    return OperationalError(message)


def _wait_plainly(descriptor: int, event: int, timeout_s: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(None if timeout_s is None else math.ceil(timeout_s * 1000)))


def _changes(extensions: ModuleType) -> Iterator[Change]:
    yield WaitCallback(extensions)


REPLACEMENTS = (
    WhenImported("psycopg2.extensions", _changes),
    WhenImported("psycopg2", psycopg2_copy.changes),
    WhenImported("psycopg2.extras", psycopg2_copy.extras),
)
