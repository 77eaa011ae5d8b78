"""What can be wrong, a module a condition. Each says what it costs: how many requests it keeps waiting on average.

They stand in the order in which the first of two that cost the same is told: what somebody can change in the code
before what comes from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions import (
    blocking_call,
    cpu_in_threads,
    cpu_on_loop,
    database_pool,
    garbage_collection,
    gil,
    lock,
    loop_full,
    machine,
    pool_exhausted,
    refused,
    standing_still,
    upstream,
    worker_lost,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.console.doctor.diagnosis import Finding
    from clearway.console.doctor.window import Window

CONDITIONS: tuple[Callable[[Window], Finding | None], ...] = (
    worker_lost.find,
    refused.find,
    standing_still.find,
    blocking_call.find,
    cpu_on_loop.find,
    database_pool.find,
    lock.find,
    cpu_in_threads.find,
    pool_exhausted.find,
    garbage_collection.find,
    gil.find,
    loop_full.find,
    upstream.find,
    machine.find,
)
