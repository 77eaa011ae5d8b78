"""What can be wrong, a module a condition. Each says what it costs: how many requests it keeps waiting on average.

They stand in the order in which the first of two that cost the same is told: what somebody can change in the code
before what comes from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions.blocking_call import blocking_call
from clearway.console.doctor.conditions.cpu_in_threads import cpu_in_threads
from clearway.console.doctor.conditions.cpu_on_loop import cpu_on_loop
from clearway.console.doctor.conditions.database_pool import database_pool
from clearway.console.doctor.conditions.garbage_collection import garbage_collection
from clearway.console.doctor.conditions.gil import gil
from clearway.console.doctor.conditions.lock import lock
from clearway.console.doctor.conditions.loop_full import loop_full
from clearway.console.doctor.conditions.machine import machine
from clearway.console.doctor.conditions.pool_exhausted import pool_exhausted
from clearway.console.doctor.conditions.refused import refused
from clearway.console.doctor.conditions.standing_still import standing_still
from clearway.console.doctor.conditions.upstream import upstream
from clearway.console.doctor.conditions.worker_lost import worker_lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.console.doctor.diagnosis import Finding
    from clearway.console.doctor.window import Window

CONDITIONS: tuple[Callable[[Window], Finding | None], ...] = (
    worker_lost,
    refused,
    standing_still,
    blocking_call,
    cpu_on_loop,
    database_pool,
    lock,
    cpu_in_threads,
    pool_exhausted,
    garbage_collection,
    gil,
    loop_full,
    upstream,
    machine,
)
