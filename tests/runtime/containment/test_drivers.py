"""Real drivers in an `async def`, a hundred requests at once: all of them wait at the server, and the loop turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import psycopg2
import pytest
from fastapi import FastAPI

import clearway
from tests.runtime.serving import AnyApp, Server, happens
from tests.services.postgres import Postgres

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
MANY = 100
GATE = "SELECT pg_advisory_lock_shared(1)"
"""Answered when the test, which holds that lock alone, gives it back."""


class Gate:
    """Held by the test while requests come to wait for it."""

    def __init__(self, server: Postgres) -> None:
        self._connection = psycopg.connect(server.dsn, autocommit=True)
        self._connection.execute("SELECT pg_advisory_lock(1)")

    def waiting(self) -> int:
        """How many of the server's sessions wait for it at once."""
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def open(self) -> None:
        self._connection.close()


async def all_at_once(server: Server, path: str, waiting: Callable[[], bool], release: Callable[[], None]) -> list[str]:
    """Ask a hundred times; once all of them wait at the other end, see that the loop turns, and let them go."""
    async with server.async_client() as client:
        asking = [asyncio.create_task(client.get(path)) for _ in range(MANY)]
        await happens(waiting, f"{MANY} requests wait at the other end at once")
        beat = await client.get("/heartbeat")
        assert beat.json() == "beats"
        assert not any(one.done() for one in asking)
        release()
        return [(await one).json() for one in asking]


def app_with(endpoint: Callable[[], Any]) -> FastAPI:
    app = FastAPI()
    app.get("/ask")(endpoint)

    @app.get("/heartbeat")
    async def heartbeat() -> str:
        return "beats"

    return app


async def ask_psycopg2(dsn: str) -> str:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(GATE)
            cursor.execute("SELECT 'answer'")
            row = cursor.fetchone()
            assert row is not None
            return str(row[0])
    finally:
        connection.close()


async def ask_psycopg(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        connection.execute(GATE)
        row = connection.execute("SELECT 'answer'").fetchone()
        assert row is not None
        return str(row[0])


@pytest.mark.parametrize("driver", [ask_psycopg2, ask_psycopg])
def test_postgresql(install: Install, serve: Serve, postgres_server: Postgres, driver: Callable[[str], Any]) -> None:
    async def ask() -> str:
        return str(await driver(postgres_server.dsn))

    app = app_with(ask)
    runtime = install(app, contain=("GET /ask",))
    gate = Gate(postgres_server)
    answers = asyncio.run(all_at_once(serve(app), "/ask", lambda: gate.waiting() == MANY, gate.open))
    assert answers == ["answer"] * MANY
    assert runtime.faults == 0
