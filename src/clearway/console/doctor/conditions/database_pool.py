"""More calls want a connection of the database than its pool has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.console.doctor.conditions.waits import pool_of, scaled
from clearway.console.doctor.diagnosis import Finding, Problem
from clearway.console.doctor.words import about, at_route, calls, place
from clearway.model import Lane

if TYPE_CHECKING:
    from clearway.console.doctor.window import Calls, Window

MATTERS = 1.0
"""So many calls wait for a connection on average."""
SETTINGS = {
    "SQLAlchemy": "create_engine(…, pool_size={})",
    "psycopg": "ConnectionPool(…, max_size={})",
    "asyncpg": "asyncpg.create_pool(…, max_size={})",
    "PyMongo": "MongoClient(…, maxPoolSize={})",
}


def find(window: Window) -> Finding | None:
    waiting: list[tuple[Calls, str]] = [(each, pool) for each in window.calls if (pool := pool_of(each)) is not None]
    count = sum(scaled(window, each) for each, _ in waiting)
    if count < MATTERS:
        return None
    worst, pool = waiting[0]
    threads = window.threads
    in_threads = worst.place.lane is Lane.THREAD
    # Where most threads wait for a connection, what waits for a thread waits for a connection, too.
    behind = threads.queued_full if in_threads and count * 2 >= threads.busy else 0.0
    route, where = worst.place.route, place(worst.place.file, worst.place.line)
    wanted = max(2, round(threads.busy if in_threads else count) + 1)
    setting = SETTINGS.get(pool, "a pool of {} connections").format(wanted)
    limit = f'give the route a limit, `"{route}" = {{ limit = N }}` in `[tool.clearway.routes]`, N connections'
    has = f"{about(threads.busy)} threads are busy" if in_threads else f"{about(window.in_flight)} requests in flight"
    return Finding(
        Problem.DATABASE_POOL,
        count + behind,
        f"{route} {where}",
        f"{calls(count)} wait for a connection of {pool}'s pool at {where}{at_route(route)}: the pool is smaller than "
        f"what asks for one ({has}).",
        f"Make it as large as what asks at once, `{setting}`, as far as the database allows it; or {limit}.",
        (
            *(
                f"{about(scaled(window, each))} calls wait at {place(each.place.file, each.place.line)}, the first for "
                f"{each.longest_s:.1f} s"
                for each, _ in waiting[:4]
            ),
            f"{about(threads.busy)} of {threads.limit} threads are busy, {about(threads.queued)} calls wait for one",
        ),
    )
