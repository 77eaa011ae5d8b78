"""What is made cooperative, a family of blocking operations a module. Each has its `REPLACEMENTS`.

A replacement asks `portal.is_open()` first and calls the original where that is false: in other threads, on other
loops, and in requests that are not contained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.runtime.containment.everywhere import Everywhere, Together
from clearway.runtime.containment.families import (
    locks,
    names,
    polls,
    psycopg2,
    psycopg3,
    queues,
    sleep,
    sockets,
    subprocesses,
    threads,
    tls,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.runtime.containment.replacing import Change

FAMILIES = (sleep, sockets, tls, names, polls, locks, queues, threads, subprocesses, psycopg2, psycopg3)


def replacements() -> Iterator[Change]:
    """Those of all families, in the order in which they are put in place."""
    changes = [change for family in FAMILIES for change in family.REPLACEMENTS]
    yield from (change for change in changes if not isinstance(change, Everywhere))
    yield Together([change for change in changes if isinstance(change, Everywhere)])
