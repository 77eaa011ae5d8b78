"""What a suspended request waits for, and any thread can release."""

from __future__ import annotations

import asyncio
from threading import get_ident

from clearway.runtime.containment import portal


class Waiter:
    """One wait of one request. Made and waited for in a portal; `release` may be called from any thread.

    It has the one method that `threading.Condition` asks of the locks that it keeps for those who wait.
    """

    __slots__ = ("_future", "_loop", "_thread", "released")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        self._future: asyncio.Future[None] = self._loop.create_future()
        self.released = False

    def release(self) -> None:
        """End the wait. Raises RuntimeError where the loop is closed."""
        self.released = True
        if get_ident() == self._thread:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Suspend the request until it is released, True, or the time is over, False."""
        timer = None if timeout_s is None else self._loop.call_later(max(0.0, timeout_s), self._wake)
        try:
            portal.wait(self._future)
        finally:
            if timer is not None:
                timer.cancel()
        return self.released
