"""A database pool as drivers make them: few connections, taken at first use, a timeout for taking one."""

from __future__ import annotations

import threading
import time


class PoolTimeout(Exception):
    """No connection became free in time."""


class Pool:
    """So many connections; `timeout_s` is the longest wait for one."""

    def __init__(self, size: int, timeout_s: float) -> None:
        self._free = threading.BoundedSemaphore(size)
        self._timeout_s = timeout_s

    def acquire(self) -> None:
        if not self._free.acquire(timeout=self._timeout_s):
            raise PoolTimeout(f"no connection within {self._timeout_s} s")

    def release(self) -> None:
        self._free.release()


class Session:
    """Takes a connection at its first query and keeps it until it is closed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connected = False

    def query(self, seconds: float) -> int:
        if not self._connected:
            self._pool.acquire()
            self._connected = True
        time.sleep(seconds)
        return 1

    def close(self) -> None:
        if self._connected:
            self._connected = False
            self._pool.release()
