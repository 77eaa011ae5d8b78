"""`subprocess`, `os.waitpid`, `os.system` and `multiprocessing.Process.join`: the end of another process.

Starting a process stays as it is: some milliseconds, in which nobody else runs.
"""

from __future__ import annotations

import multiprocessing.process
import os
import subprocess
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.families.listed import in_thread
from clearway.runtime.containment.families.polls import until_ready
from clearway.runtime.containment.families.sleep import sleep_for
from clearway.runtime.containment.families.threads import FIRST_LOOK_S, LAST_LOOK_S
from clearway.runtime.containment.readiness import READ, wait_ready
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable

FOR_EVER_S = 10.0**9


def exited(pid: int, timeout_s: float | None = None) -> bool:
    """In a portal: wait until this child has ended, or the time is over. Its parent's own code is left to reap it."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or none that knows it; or the child is gone already
        return bool(until_ready(lambda: _has_ended(pid), (), timeout_s, only_these=False))
    try:
        return wait_ready(descriptor, READ, timeout_s)
    finally:
        os.close(descriptor)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:
        return True


def popen_wait(original: Callable[..., int]) -> Callable[..., int]:
    """`Popen.wait`. Cancelled, it leaves the process to run; `subprocess.run` kills it, as it always has."""

    def wait(self: subprocess.Popen[Any], timeout: float | None = None) -> int:
        if not portal.is_open() or self.poll() is not None or (timeout is not None and timeout <= 0):
            return original(self, timeout)
        if not exited(self.pid, timeout):
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
                exited(pid)
            else:
                sleep_for(pause_s)
                pause_s = min(pause_s * 2, LAST_LOOK_S)

    return cooperative


def process_join(original: Callable[..., None]) -> Callable[..., None]:
    """`multiprocessing.Process.join`."""

    def join(self: multiprocessing.process.BaseProcess, timeout: float | None = None) -> None:
        runs = portal.is_open() and self.pid not in (None, os.getpid()) and self.exitcode is None
        if not runs or wait_ready(self.sentinel, READ, timeout):
            original(self, timeout)

    return join


REPLACEMENTS = (
    Replacement(subprocess.Popen, "wait", popen_wait),
    Replacement(subprocess.Popen, "communicate", popen_communicate),
    Replacement(os, "waitpid", waitpid),
    Replacement(os, "system", in_thread),
    Replacement(multiprocessing.process.BaseProcess, "join", process_join),
)
