"""How long a thread that computes keeps the interpreter from one that asks for it."""

from __future__ import annotations

import sys
import weakref
from _thread import RLock  # the interpreter's own, also while containment stands in for `threading.RLock`

PYTHONS_OWN_S = 0.005
SHORT_S = 0.001


class SwitchInterval:
    """Shortens the process's switch interval while somebody wants it short.

    The loop asks for the interpreter several times for each request that it serves, and while a call computes in a
    thread, each time costs a switch interval. What is left of that the case `cpu` of the benchmarks shows. An interval
    that somebody else has set is kept.
    """

    def __init__(self) -> None:
        self._lock = RLock()  # a holder may be collected in the middle of anything
        self._holders: dict[int, weakref.finalize[..., object]] = {}

    def shorten(self, holder: object) -> None:
        """From now on, until this holder restores it or is no more."""
        with self._lock:
            if not self._holders and sys.getswitchinterval() == PYTHONS_OWN_S:
                sys.setswitchinterval(SHORT_S)
            if id(holder) not in self._holders:
                self._holders[id(holder)] = weakref.finalize(holder, self._drop, id(holder))

    def restore(self, holder: object) -> None:
        """This holder needs it no longer. May be called without `shorten`."""
        if id(holder) in self._holders:
            self._drop(id(holder))

    def _drop(self, number: int) -> None:
        with self._lock:
            gone = self._holders.pop(number, None)
            if gone is not None:
                gone.detach()
            if not self._holders and sys.getswitchinterval() == SHORT_S:
                sys.setswitchinterval(PYTHONS_OWN_S)


switch_interval = SwitchInterval()


def is_free(waited_s: float) -> bool:
    """Whether a thread that asks for the interpreter gets it at once, judged by how long one had to wait."""
    return waited_s < 0.6 * sys.getswitchinterval()
