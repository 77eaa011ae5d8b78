"""A sleep that another thread can prolong without waking the sleeper."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time

_CLOCK_MONOTONIC = 1  # the clock of `time.perf_counter_ns` on Linux
_TFD_CLOEXEC = 0o2000000
_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 1_000_000_000


class Alarm:
    """For one sleeping thread. Where the system has no timer files, a sleep cannot be prolonged.

    A watchdog that wakes by the clock asks for the GIL a hundred times a second, and a busy loop has to give it
    up each time. One whose alarm every heartbeat puts off sleeps as long as the loop turns.
    """

    def __init__(self) -> None:
        self._timer = -1
        if sys.platform == "linux":
            # PyDLL: the GIL is kept, as the calls are short and one that gave it up would have to ask for it again.
            libc = ctypes.PyDLL(None)
            with contextlib.suppress(AttributeError):
                self._timer = libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_CLOEXEC)
                self._set_time = libc.timerfd_settime
        # struct itimerspec: interval and value, each seconds and nanoseconds
        self._spec = (ctypes.c_long * 4)()

    @property
    def can_be_put_off(self) -> bool:
        """Whether `put_off` does anything."""
        return self._timer >= 0

    def sleep_until(self, at_ns: int) -> None:
        """Sleep until then on `perf_counter_ns`'s clock, or until when it was put off to."""
        if self._timer >= 0 and self._set(at_ns):
            os.read(self._timer, 8)
        else:
            time.sleep(max(0, at_ns - time.perf_counter_ns()) / _SECOND_NS)

    def put_off(self, at_ns: int) -> None:
        """From another thread: let the sleeper sleep until then instead."""
        if self._timer >= 0:
            self._set(at_ns)

    def close(self) -> None:
        """Give the timer back. Not while somebody sleeps on it."""
        timer, self._timer = self._timer, -1
        if timer >= 0:
            os.close(timer)

    def _set(self, at_ns: int) -> bool:
        self._spec[2], self._spec[3] = divmod(max(at_ns, 1), _SECOND_NS)
        return bool(self._set_time(self._timer, _TFD_TIMER_ABSTIME, self._spec, None) == 0)
