"""`select.select`, `select.poll` and `selectors`: waits for several descriptors at once.

The loop's own selector is asked outside of any portal, and so is not concerned.
"""

from __future__ import annotations

import select
import selectors
from time import monotonic
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from clearway.runtime import portal
from clearway.runtime.containment.everywhere import Everywhere
from clearway.runtime.containment.families.sleep import sleep_for
from clearway.runtime.containment.readiness import READ, WRITE, wait_any
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOOK_S = 0.005
"""Exceptional conditions, and what a loop cannot watch, are looked at so often."""


def _wait(wanted: Sequence[tuple[int, int]], timeout_s: float | None, only_these: bool) -> None:
    """Suspend the request until it is worth to look again, at most so long."""
    if not only_these:
        timeout_s = _LOOK_S if timeout_s is None else min(_LOOK_S, timeout_s)
    if not wanted:
        sleep_for(3600 if timeout_s is None else timeout_s)
        return
    try:
        wait_any(wanted, timeout_s)
    except PermissionError:  # a regular file: the system's poll takes it, epoll does not
        sleep_for(_LOOK_S if timeout_s is None else min(_LOOK_S, timeout_s))


def until_ready(
    look: Callable[[], Any], wanted: Sequence[tuple[int, int]], timeout_s: float | None, only_these: bool = True
) -> Any:
    """What `look()` returns when it is true, or when the time is over."""
    deadline = None if timeout_s is None else monotonic() + timeout_s
    while True:
        found = look()
        left_s = None if deadline is None else deadline - monotonic()
        if found or (left_s is not None and left_s <= 0):
            return found
        _wait(wanted, left_s, only_these)


def _select(original: Callable[..., Any]) -> Callable[..., Any]:
    def select(rlist: Any, wlist: Any, xlist: Any, timeout: float | None = None, /) -> Any:
        if not portal.is_open() or (timeout is not None and timeout <= 0):
            return original(rlist, wlist, xlist, timeout)
        reads, writes, others = list(rlist), list(wlist), list(xlist)
        found: Any = ([], [], [])

        def look() -> bool:
            nonlocal found
            found = original(reads, writes, others, 0)
            return any(found)

        wanted = [(_number(one), READ) for one in reads] + [(_number(one), WRITE) for one in writes]
        until_ready(look, wanted, timeout, only_these=not set(map(_number, others)) - {fd for fd, _ in wanted})
        return found

    return select


def _number(file: Any) -> int:
    return file if isinstance(file, int) else int(file.fileno())


class Poll:
    """A `select.poll` object that suspends a contained request."""

    def __init__(self, poll: Any) -> None:
        self._poll = poll
        self._events: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = READ | WRITE | select.POLLPRI, /) -> None:
        self._poll.register(fd, eventmask)
        self._events[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int, /) -> None:
        self._poll.modify(fd, eventmask)
        self._events[_number(fd)] = eventmask

    def unregister(self, fd: Any, /) -> None:
        self._poll.unregister(fd)
        self._events.pop(_number(fd), None)

    def poll(self, timeout: float | None = None, /) -> Any:
        """`timeout` is in milliseconds; None and negative numbers are for ever."""
        if not portal.is_open() or timeout == 0:
            return self._poll.poll(timeout)
        wanted = [(fd, events) for fd, events in self._events.items() if events & (READ | WRITE)]
        only_these = len(wanted) == len(self._events)
        timeout_s = None if timeout is None or timeout < 0 else timeout / 1000
        return until_ready(lambda: self._poll.poll(0), wanted, timeout_s, only_these)


def _poll(original: Callable[[], Any]) -> Callable[[], Any]:
    def poll() -> Any:
        return Poll(original()) if portal.is_open() else original()

    return poll


def _selector(original: Callable[..., Any]) -> Callable[..., Any]:
    def select(self: Any, timeout: float | None = None) -> Any:
        # asyncio's own loop comes by here with every turn.
        if getcurrent().parent is None or not portal.is_open() or (timeout is not None and timeout <= 0):
            return original(self, timeout)
        if isinstance(self, _WITH_DESCRIPTOR):  # the system's own set of descriptors is one that can be waited for
            wanted = [(self.fileno(), READ)]
        else:
            wanted = [(key.fd, _events(key.events)) for key in self.get_map().values()]
        return until_ready(lambda: original(self, 0), wanted, timeout)

    return select


def _events(events: int) -> int:
    return (READ if events & selectors.EVENT_READ else 0) | (WRITE if events & selectors.EVENT_WRITE else 0)


_CLASSES = [
    found
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector", "DevpollSelector")
    if (found := getattr(selectors, name, None)) is not None
]
_WITH_DESCRIPTOR = tuple(cls for cls in _CLASSES if hasattr(cls, "fileno"))

REPLACEMENTS = (
    Everywhere(select, "select", _select),
    *([Everywhere(select, "poll", _poll)] if hasattr(select, "poll") else []),
    *(Replacement(cls, "select", _selector) for cls in _CLASSES),
)
