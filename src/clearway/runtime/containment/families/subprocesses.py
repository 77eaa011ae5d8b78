"""`subprocess`, `os.waitpid`, `os.system` and `multiprocessing.Process.join`: the end of another process.

Starting a process stays as it is: some milliseconds, in which nobody else runs.
"""

from __future__ import annotations

import asyncio
import multiprocessing.process
import os
import selectors
import subprocess
from time import monotonic
from typing import TYPE_CHECKING, Any

from clearway.runtime.containment import portal
from clearway.runtime.containment.families.listed import in_thread
from clearway.runtime.containment.families.threads import FIRST_LOOK_S, LAST_LOOK_S
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOR_EVER_S = 10.0**9


async def exited(pid: int, timeout_s: float | None = None) -> bool:
    """Come back when this child has ended, or the time is over. It is left for its parent's own code to reap."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or none that knows it; or the child is gone already
        return await _looks(pid, timeout_s)
    try:
        return await readable(descriptor, timeout_s)
    finally:
        os.close(descriptor)


async def _looks(pid: int, timeout_s: float | None) -> bool:
    deadline = None if timeout_s is None else monotonic() + timeout_s
    pause_s = FIRST_LOOK_S
    while True:
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return True
        except ChildProcessError:
            return True
        remaining = pause_s if deadline is None else min(pause_s, deadline - monotonic())
        if remaining <= 0:
            return False
        await asyncio.sleep(remaining)
        pause_s = min(pause_s * 2, LAST_LOOK_S)


async def readable(descriptor: int, timeout_s: float | None = None) -> bool:
    """Come back when a file descriptor can be read, or the time is over."""
    return bool(await ready({descriptor: selectors.EVENT_READ}, timeout_s))


async def ready(wanted: dict[int, int], timeout_s: float | None) -> dict[int, int]:
    """Come back when one of the descriptors is ready, or the time is over: descriptor to `selectors` events."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    found: dict[int, int] = {}

    def note(descriptor: int, event: int) -> None:
        found[descriptor] = found.get(descriptor, 0) | event
        wake()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    timer = None if timeout_s is None or timeout_s >= FOR_EVER_S else loop.call_later(max(0.0, timeout_s), wake)
    for descriptor, events in wanted.items():
        if events & selectors.EVENT_READ:
            loop.add_reader(descriptor, note, descriptor, selectors.EVENT_READ)
        if events & selectors.EVENT_WRITE:
            loop.add_writer(descriptor, note, descriptor, selectors.EVENT_WRITE)
    try:
        await future
    finally:
        if timer is not None:
            timer.cancel()
        for descriptor, events in wanted.items():
            if events & selectors.EVENT_READ:
                loop.remove_reader(descriptor)
            if events & selectors.EVENT_WRITE:
                loop.remove_writer(descriptor)
    return found


def selector(original: Any) -> Any:
    """The selector with which `Popen.communicate` waits for the pipes."""

    class Selector(original):  # type: ignore[misc]
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            found = list(super().select(0 if portal.is_open() else timeout))
            if found or not portal.is_open() or (timeout is not None and timeout <= 0) or not self.get_map():
                return found
            portal.wait(ready({key.fd: key.events for key in self.get_map().values()}, timeout))
            return list(super().select(0))

    return Selector


def popen_wait(original: Callable[..., int]) -> Callable[..., int]:
    """`Popen.wait`. Cancelled, it leaves the process to run; `subprocess.run` kills it, as it always has."""

    def wait(self: subprocess.Popen[Any], timeout: float | None = None) -> int:
        if not portal.is_open() or self.poll() is not None or (timeout is not None and timeout <= 0):
            return original(self, timeout)
        if not portal.wait(exited(self.pid, timeout)):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return original(self)

    return wait


def popen_communicate(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Popen.communicate`. Without a timeout it would take a shortcut past the selector."""

    def communicate(self: subprocess.Popen[Any], input: Any = None, timeout: float | None = None) -> Any:
        if timeout is None and portal.is_open():
            timeout = FOR_EVER_S
        return original(self, input, timeout)

    return communicate


def waitpid(original: Callable[[int, int], tuple[int, int]]) -> Callable[[int, int], tuple[int, int]]:
    """`os.waitpid`, and with it `os.waitstatus_to_exitcode`'s usual source."""

    def cooperative(pid: int, options: int, /) -> tuple[int, int]:
        if options & os.WNOHANG or not portal.is_open():
            return original(pid, options)
        pause_s = FIRST_LOOK_S
        while True:
            ended = original(pid, options | os.WNOHANG)
            if ended[0]:
                return ended
            if pid > 0 and not options:
                portal.wait(exited(pid))
            else:
                portal.wait(asyncio.sleep(pause_s))
                pause_s = min(pause_s * 2, LAST_LOOK_S)

    return cooperative


def process_join(original: Callable[..., None]) -> Callable[..., None]:
    """`multiprocessing.Process.join`."""

    def join(self: multiprocessing.process.BaseProcess, timeout: float | None = None) -> None:
        runs = portal.is_open() and self.pid not in (None, os.getpid()) and self.exitcode is None
        if not runs or portal.wait(readable(self.sentinel, timeout)):
            original(self, timeout)

    return join


def replacements() -> Iterator[Replacement]:
    """What waits for another process."""
    yield Replacement(subprocess.Popen, "wait", popen_wait)
    yield Replacement(subprocess.Popen, "communicate", popen_communicate)
    yield Replacement(subprocess, "_PopenSelector", selector)
    yield Replacement(os, "waitpid", waitpid)
    yield Replacement(os, "system", in_thread)
    yield Replacement(multiprocessing.process.BaseProcess, "join", process_join)
