"""What long calls wait for, read from the functions that they are in: a connection, a lock, another service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.model import Lane

if TYPE_CHECKING:
    from clearway.console.doctor.window import Calls, Window

PLUMBING = frozenset({"threading", "queue", "asyncio", "selectors", "socket", "ssl", "concurrent", "anyio", "sniffio"})
"""Modules that others wait with."""
WITH = "with …"
"""A context manager that is written in C is entered: what takes long there is a lock."""
POOLS = {
    "sqlalchemy.pool": "SQLAlchemy",
    "sqlalchemy.util.queue": "SQLAlchemy",
    "psycopg_pool": "psycopg",
    "asyncpg.pool": "asyncpg",
    "aiomysql.pool": "aiomysql",
    "aiopg.pool": "aiopg",
    "pymongo.pool": "PyMongo",
    "pymongo.synchronous.pool": "PyMongo",
    "pymongo.asynchronous.pool": "PyMongo",
    "redis.connection.BlockingConnectionPool": "Redis",
    "redis.asyncio.connection.BlockingConnectionPool": "Redis",
    "dbutils": "DBUtils",
    "playhouse.pool": "peewee",
    "tortoise.backends": "Tortoise",
}
"""Modules that wait for nothing but a free connection, when it is they that wait."""
WAIT_THEMSELVES = ("sqlalchemy.util.queue", "psycopg_pool", "asyncpg.pool")
ASYNC_SQLALCHEMY = ("sqlalchemy.util.concurrency", "sqlalchemy.util._concurrency_py3k")
CLIENTS = {
    "requests": "requests",
    "httpx": "httpx",
    "aiohttp": "aiohttp",
    "urllib3": "urllib3",
    "httpcore": "httpcore",
    "http": "http.client",
    "urllib": "urllib",
    "botocore": "boto",
    "grpc": "gRPC",
    "sqlalchemy": "the database",
    "psycopg": "the database",
    "psycopg2": "the database",
    "asyncpg": "the database",
    "pymysql": "the database",
    "MySQLdb": "the database",
    "aiomysql": "the database",
    "pymongo": "the database",
    "redis": "Redis",
    "smtplib": "the mail server",
}
"""Libraries that ask another service. The first that the user's line calls is named: `requests`, not `urllib3`."""


def pool_of(calls: Calls) -> str | None:
    """Whose connection pool these calls wait at; None where they wait for something else."""
    through = calls.place.through
    waiter = next((name for name in reversed(through) if name.partition(".")[0] not in PLUMBING), None)
    # A pool whose own function is the innermost does something, as connecting, rather than wait with a lock. Those
    # that wait on a lock of C's are an exception.
    if waiter is None or (waiter == through[-1] and not waiter.startswith(WAIT_THEMSELVES)):
        return None
    if waiter.startswith(ASYNC_SQLALCHEMY) and through[-1].startswith("asyncio.queues"):
        return "SQLAlchemy"
    return next((pool for module, pool in POOLS.items() if _is_in(waiter, module)), None)


def client_of(calls: Calls) -> str | None:
    """By which library these calls ask another service; None where they do not."""
    names = [*calls.place.through, calls.place.operation or ""]
    return next((CLIENTS[top] for name in names if (top := name.partition(".")[0]) in CLIENTS), None)


def is_lock(calls: Calls) -> bool:
    """Whether a lock, a semaphore, a queue is waited for from the user's own line."""
    place = calls.place
    if any(name.partition(".")[0] not in PLUMBING for name in place.through):
        return False
    if place.operation is None:
        return False  # who computes may be called nothing, too
    if place.operation == WITH:
        return not place.through
    last = place.operation.rpartition(".")[2]
    if place.operation.startswith(("asyncio.tasks", "asyncio.sleep")):
        return False
    return (last in ("acquire", "wait", "__enter__") and "subprocess" not in place.operation) or (
        last in ("get", "put") and "queue" in place.operation.lower()
    )


def scaled(window: Window, calls: Calls) -> float:
    """How many calls there are at a place: at most fifty threads are looked at."""
    if calls.place.lane is not Lane.THREAD:
        return calls.mean
    seen = sum(each.mean for each in window.calls if each.place.lane is Lane.THREAD)
    return calls.mean * max(1.0, window.threads.busy / seen) if seen >= 40 else calls.mean


def _is_in(name: str, module: str) -> bool:
    return name.startswith(f"{module}.")
