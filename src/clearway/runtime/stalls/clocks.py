"""What the system tells of threads: processor time, context switches, time spent queueing for a core.

Everything beyond processor time is Linux only and optional: None where it cannot be had.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

_LINUX = sys.platform == "linux"

if _LINUX:
    import resource

    def own_switches() -> int | None:
        """Voluntary context switches of the calling thread: each wait for the GIL makes one every 5 ms."""
        return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
else:

    def own_switches() -> int | None:
        """Voluntary context switches of the calling thread, where the system counts them."""
        return None


class ThreadFiles:
    """A thread's files under /proc, kept open because they are read a hundred times a second.

    Made on the thread itself; read from any.
    """

    __slots__ = ("_read", "_schedstat", "_status")

    def __init__(self) -> None:
        self._read = _reader()
        folder = f"/proc/self/task/{threading.get_native_id()}"
        self._schedstat = _open(f"{folder}/schedstat")
        self._status = _open(f"{folder}/status")

    def queued_ns(self) -> int | None:
        """How long the thread has been ready to run while other threads had the cores. Keeps the GIL."""
        if self._schedstat is None:
            return None
        try:
            return int(self._read(self._schedstat, 128).split()[1])
        except (OSError, IndexError, ValueError):
            return None

    def switches(self) -> int | None:
        """What `own_switches` says on that thread; ten times as dear."""
        if self._status is None:
            return None
        try:
            text = os.pread(self._status, 8_192, 0)
            return int(text.split(b"\nvoluntary_ctxt_switches:")[1].split(None, 1)[0])
        except (OSError, IndexError, ValueError):
            return None

    def close(self) -> None:
        """Give the files back; every reading is None afterwards."""
        for opened in (self._schedstat, self._status):
            if opened is not None:
                os.close(opened)
        self._schedstat = self._status = None


def _reader() -> Callable[[int, int], bytes]:
    """Reads the beginning of a file. `os.pread` gives the GIL away, and who gives it away beside threads that compute
    waits for it: the reading would be what delays the loop."""
    try:
        pread = ctypes.PyDLL(None).pread  # PyDLL: the GIL is kept; what the kernel makes up takes no time to read
    except (AttributeError, OSError, TypeError):
        return lambda file, size: os.pread(file, size, 0)
    pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
    pread.restype = ctypes.c_ssize_t

    def read(file: int, size: int) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        length = pread(file, buffer, size, 0)
        return buffer.raw[: max(0, length)]

    return read


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def run_delay_ns(native_id: int | None) -> int:
    """How long a thread of this process has been ready to run without a core; 0 where that cannot be had."""
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", "rb", buffering=0) as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def thread_cpu_ns(native_id: int) -> int | None:
    """Processor time of any thread of this process; None where it has ended or cannot be asked.

    The clock's number is made from the thread's id, as the kernel defines it: `time.pthread_getcpuclockid`
    reads freed memory when the thread has just ended.
    """
    if not _LINUX:
        return None
    try:
        return time.clock_gettime_ns((~native_id << 3) | 6)
    except OSError:
        return None


class OtherThreads:
    """Which thread has used the processor since last asked."""

    # A reading of 500 threads costs about half a millisecond: it may take a thousandth of the time.
    _SHARE = 1_000
    _SOONEST_NS = 200_000_000

    def __init__(self) -> None:
        self._used: dict[int, int] = {}
        self._next_ns = 0

    def refresh(self, now_ns: int) -> None:
        """Keep the readings fresh while nothing stalls, so that a stall has something to compare with."""
        if now_ns < self._next_ns:
            return
        self._used = self._read(threading.enumerate())
        cost_ns = time.perf_counter_ns() - now_ns
        self._next_ns = now_ns + max(self._SOONEST_NS, cost_ns * self._SHARE)

    def spent(self, excluded: Container[int | None]) -> list[tuple[int, int]]:
        """(thread ident, nanoseconds since the last reading) of the others, the busiest first."""
        threads = [thread for thread in threading.enumerate() if thread.ident not in excluded]
        used = self._read(threads)
        spent = [
            (thread.ident, used[thread.native_id] - self._used.get(thread.native_id, 0))
            for thread in threads
            if thread.ident is not None and thread.native_id in used and thread.native_id is not None
        ]
        self._used.update(used)
        return sorted(spent, key=lambda entry: -entry[1])

    @staticmethod
    def _read(threads: Iterable[threading.Thread]) -> dict[int, int]:
        read: dict[int, int] = {}
        for thread in threads:
            if thread.native_id is not None and (cpu_ns := thread_cpu_ns(thread.native_id)) is not None:
                read[thread.native_id] = cpu_ns
        return read
