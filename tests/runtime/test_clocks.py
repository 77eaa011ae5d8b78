"""What the system tells of threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from clearway.runtime.stalls.clocks import ThreadFiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_time_in_the_queue_for_a_core_is_counted() -> None:
    """Two processes on one core cannot both run."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    rival = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        files = ThreadFiles()
        before_ns = files.queued_ns()
        assert before_ns is not None
        deadline = time.monotonic() + 10
        while (files.queued_ns() or 0) - before_ns < 20_000_000:
            assert time.monotonic() < deadline, "nothing was counted"
    finally:
        os.sched_setaffinity(0, allowed)
        rival.kill()
        rival.wait()
    files.close()
    assert files.queued_ns() is None


def test_reading_it_keeps_the_gil() -> None:
    """Else a loop beside threads that compute would wait for the GIL at each heartbeat."""
    files = ThreadFiles()
    gate = threading.Lock()
    gate.acquire()
    ran: list[bool] = []

    def wants_the_gil() -> None:
        with gate:
            ran.append(True)

    rival = threading.Thread(target=wants_the_gil)
    rival.start()
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody takes the GIL from this thread: it has to be given away
    try:
        gate.release()
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            files.queued_ns()
        assert not ran
    finally:
        sys.setswitchinterval(interval_s)
        rival.join()
    files.close()
