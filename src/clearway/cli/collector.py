"""The garbage collector of a process that serves."""

from __future__ import annotations

import gc

PYTHONS_OWN = frozenset({700, 2000})
"""The thresholds of the youngest generation that CPython 3.11 to 3.13 start with."""
YOUNGEST = 50_000


def tune_collector() -> None:
    """Call once start-up is over.

    What start-up made lives as long as the process: frozen, it need not be walked again and again. And requests
    in flight are many small objects that live for a while. With Python's own threshold they are looked at, moved to
    an older generation and looked at again, and full collections stop the loop. A threshold that the app has set
    itself is kept.
    """
    gc.collect()
    gc.freeze()
    youngest, middle, oldest = gc.get_threshold()
    if youngest in PYTHONS_OWN:
        gc.set_threshold(YOUNGEST, middle * 2, oldest * 2)
