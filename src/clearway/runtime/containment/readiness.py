"""Waiting for a file descriptor in a portal, by the loop's own selector."""

from __future__ import annotations

import asyncio
import os
import select
from errno import EBADF
from fcntl import F_DUPFD_CLOEXEC, fcntl
from typing import TYPE_CHECKING

from clearway.runtime import portal

if TYPE_CHECKING:
    from collections.abc import Sequence

READ, WRITE = select.POLLIN, select.POLLOUT

_Future = asyncio.Future[bool]

_waiting: dict[int, list[_Future]] = {}
"""By file descriptor: the waits of all loops. Whoever closes one has to wake them."""


def wait_ready(fd: int, event: int, timeout_s: float | None) -> bool:
    """Suspend the request until `fd` can be read or written, True, or the time is over, False.

    Raises OSError (EBADF) when it is closed meanwhile.
    """
    return wait_any([(fd, event)], timeout_s)


def wait_any(wanted: Sequence[tuple[int, int]], timeout_s: float | None) -> bool:
    """Suspend the request until one of the file descriptors is ready, as `wait_ready`.

    The loop watches duplicates. So two waits for one descriptor do not know of each other, a transport or a reader
    of the user's on the same one stays what it is, and one that is closed meanwhile takes nothing of the loop with it.
    """
    loop = asyncio.get_running_loop()
    future: _Future = loop.create_future()
    watched: list[tuple[int, int]] = []
    timer = None if timeout_s is None else loop.call_later(max(0.0, timeout_s), _wake, future, False)
    try:
        for fd, event in wanted:
            _waiting.setdefault(fd, []).append(future)
            copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)
            watched.append((copy, event))
            if event & READ:
                loop.add_reader(copy, _wake, future, True)
            if event & WRITE:
                loop.add_writer(copy, _wake, future, True)
        return portal.wait(future)
    finally:
        if timer is not None:
            timer.cancel()
        for copy, event in watched:
            if event & READ:
                loop.remove_reader(copy)
            if event & WRITE:
                loop.remove_writer(copy)
            os.close(copy)
        for fd, _ in wanted:
            _forget(fd, future)


def _wake(future: _Future, is_ready: bool) -> None:
    if not future.done():
        future.set_result(is_ready)


def _forget(fd: int, future: _Future) -> None:
    waits = _waiting.get(fd)
    if waits is not None and future in waits:
        waits.remove(future)
        if not waits:
            del _waiting[fd]


def closing(fd: int) -> None:
    """From any thread, before `fd` is closed: who waits for it must not wait for whatever gets its number next."""
    for future in _waiting.pop(fd, ()):
        try:
            future.get_loop().call_soon_threadsafe(_close, future)
        except RuntimeError:  # that loop is closed, and its waits with it
            continue


def _close(future: _Future) -> None:
    if not future.done():
        future.set_exception(OSError(EBADF, "the file descriptor was closed while a contained call waited for it"))
