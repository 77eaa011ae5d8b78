"""COPY with psycopg2, which refuses it while a wait callback is set.

So the callback is taken away until the first piece of data is read or written, which is after the moment when psycopg2
looks for it, and in a contained call all of that happens in a thread. A contained query that begins in that short
time holds the loop up. This is for connections made since containment began, and for psycopg2's own cursors.
"""

from __future__ import annotations

from _thread import allocate_lock
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.aside import run_aside
from clearway.runtime.containment.everywhere import Everywhere
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from clearway.runtime.containment.replacing import Change

METHODS = ("copy_from", "copy_to", "copy_expert")


class CallbackAway:
    """How many COPYs need psycopg2 without its callback; the last of them puts it back."""

    def __init__(self, extensions: Any) -> None:
        self._extensions = extensions
        self._lock = allocate_lock()
        self._count = 0
        self._callback: Any = None

    def leave(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._callback = self._extensions.get_wait_callback()
                self._extensions.set_wait_callback(None)

    def back(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0 and self._extensions.get_wait_callback() is None:
                self._extensions.set_wait_callback(self._callback)

    def forget(self) -> None:
        """There is no callback to put back any longer."""
        with self._lock:
            self._callback = None

    @contextmanager
    def until_data(self, file: Any) -> Iterator[Data]:
        """The file, of which the first read or write brings the callback back; else the end does."""
        self.leave()
        data = Data(file, self.back)
        try:
            yield data
        finally:
            data.begun()


class Data:
    """A file as psycopg2 uses it. It passes for what it is: psycopg2 asks whether it is one of text."""

    def __init__(self, file: Any, begun: Callable[[], None]) -> None:
        self._file = file
        self._begun: Callable[[], None] | None = begun

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._file)

    def begun(self) -> None:
        begun, self._begun = self._begun, None
        if begun is not None:
            begun()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        if name not in ("read", "readline", "write"):
            return found

        def method(*args: Any) -> Any:
            self.begun()
            return found(*args)

        return method


_AWAY: dict[int, CallbackAway] = {}


def callback_away(extensions: Any) -> CallbackAway:
    """One for all cursors of psycopg2."""
    return _AWAY.setdefault(id(extensions), CallbackAway(extensions))


def changes(psycopg2: ModuleType) -> Iterator[Change]:
    """Cursors that can COPY, for connections that have none of their own."""
    extensions: Any = psycopg2.extensions
    away = callback_away(extensions)
    made = {name: _copying(getattr(extensions.cursor, name), name, away) for name in METHODS}
    cursor: Any = type("cursor", (extensions.cursor,), {"__module__": extensions.cursor.__module__, **made})

    def connect(original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(*args: Any, **kwargs: Any) -> Any:
            connection = original(*args, **kwargs)
            if connection.cursor_factory is None:
                connection.cursor_factory = cursor
            return connection

        connect.__doc__ = original.__doc__
        return connect

    yield Everywhere(psycopg2, "connect", connect)


def extras(module: Any) -> Iterator[Change]:
    """psycopg2's cursors that give rows as dictionaries, named tuples, or log."""
    import psycopg2.extensions

    away = callback_away(psycopg2.extensions)
    for owner in (module.DictCursorBase, module.NamedTupleCursor, module.LoggingCursor):
        for name in METHODS:
            yield Replacement(owner, name, partial(_copying, name=name, away=away))


def _copying(original: Callable[..., Any], name: str, away: CallbackAway) -> Callable[..., Any]:
    position = 1 if name == "copy_expert" else 0

    def copy(self: Any, *args: Any, **kwargs: Any) -> Any:
        file = args[position] if len(args) > position else kwargs.get("file")
        if file is None or self.connection.async_:
            return original(self, *args, **kwargs)  # which says what is wrong
        with away.until_data(file) as data:
            if len(args) > position:
                args = (*args[:position], data, *args[position + 1 :])
            else:
                kwargs["file"] = data
            if portal.is_open():
                return run_aside(original, self, *args, **kwargs)
            return original(self, *args, **kwargs)

    copy.__name__ = name
    return copy
