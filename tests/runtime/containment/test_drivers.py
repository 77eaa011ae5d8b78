"""Real drivers in an `async def`, a hundred requests at once: all of them wait at the server, and the loop turns."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Any, cast

import httpx
import psycopg
import psycopg2
import pymysql
import pytest
import requests
from fastapi import FastAPI

import clearway
from tests.runtime.serving import PATIENCE_S, AnyApp, Server, happens
from tests.services.mysql import MySQL
from tests.services.postgres import Postgres
from tests.services.redis import Redis
from tests.services.upstream import Upstream

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
Driver = Callable[[Any], Awaitable[str]]
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


def all_at_once(
    install: Install, server: Server, app: FastAPI, waiting: Callable[[], bool], release: Callable[[], object]
) -> list[str]:
    """Ask a hundred times; once all of them wait at the other end, see that the loop turns, and let them go."""
    runtime = install(app, contain=("GET /ask",))

    async def ask() -> list[str]:
        async with server.async_client() as client:
            asking = [asyncio.create_task(client.get("/ask")) for _ in range(MANY)]
            await happens(waiting, f"{MANY} requests wait at the other end at once")
            beat = await client.get("/heartbeat")
            assert beat.json() == "beats"
            assert not any(one.done() for one in asking)
            release()
            return [(await one).json() for one in asking]

    answers = asyncio.run(ask())
    assert runtime.faults == 0
    return answers


def app_with(driver: Callable[[], Awaitable[str]]) -> FastAPI:
    app = FastAPI()

    @app.get("/ask")
    async def ask() -> str:
        return await driver()

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
def test_postgresql(install: Install, serve: Serve, postgres_server: Postgres, driver: Driver) -> None:
    gate = Gate(postgres_server)
    app = app_with(partial(driver, postgres_server.dsn))
    answers = all_at_once(install, serve(app), app, lambda: gate.waiting() == MANY, gate.open)
    assert answers == ["answer"] * MANY


async def ask_requests(server: Upstream) -> str:
    return requests.get(f"{server.url}/gate", verify=server.authority, timeout=PATIENCE_S).text


@cache
def trusting(authority: str | None) -> ssl.SSLContext:
    """Made once: a client would load the system's certificates anew."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is not None:
        context.load_verify_locations(authority)
    return context


async def ask_httpx(server: Upstream) -> str:
    with httpx.Client(
        verify=trusting(server.authority if server.url.startswith("https") else None),
        timeout=PATIENCE_S,
        trust_env=False,
    ) as client:
        return client.get(f"{server.url}/gate").text


@pytest.mark.parametrize("driver", [ask_requests, ask_httpx])
def test_http(install: Install, serve: Serve, upstream: Upstream, driver: Driver) -> None:
    app = app_with(partial(driver, upstream))
    answers = all_at_once(install, serve(app), app, lambda: upstream.holds(MANY), upstream.release)
    assert answers == ["/gate"] * MANY
    assert upstream.peak == MANY


@pytest.mark.parametrize("driver", [ask_requests, ask_httpx])
def test_http_behind_tls(install: Install, serve: Serve, tls_upstream: Upstream, driver: Driver) -> None:
    app = app_with(partial(driver, tls_upstream))
    answers = all_at_once(install, serve(app), app, lambda: tls_upstream.holds(MANY), tls_upstream.release)
    assert answers == ["/gate"] * MANY
    assert tls_upstream.peak == MANY


async def ask_pymysql(server: MySQL) -> str:
    connection = pymysql.connect(host="127.0.0.1", port=server.port, user="me", password="secret", ssl_disabled=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT GATE()")
        row = cursor.fetchone()
        assert row is not None
        return str(row[0])


def test_mysql(install: Install, serve: Serve, mysql_server: MySQL) -> None:
    app = app_with(partial(ask_pymysql, mysql_server))
    answers = all_at_once(install, serve(app), app, lambda: mysql_server.holds(MANY), mysql_server.release)
    assert answers == ["SELECT GATE()"] * MANY
    assert mysql_server.peak == MANY


def test_redis(install: Install, serve: Serve, redis_server: Redis) -> None:
    """One client, as an app has it: it takes a connection of its pool for each request."""
    shared = redis_server.client()

    async def ask() -> str:
        key, value = cast("tuple[bytes, bytes]", shared.blpop(["gate"], timeout=0))
        return f"{key.decode()} {value.decode()}"

    app = app_with(ask)
    with redis_server.client() as own:
        answers = all_at_once(
            install,
            serve(app),
            app,
            lambda: cast("dict[str, int]", own.info("clients"))["blocked_clients"] == MANY,
            lambda: own.rpush("gate", *range(MANY)),
        )
    shared.close()
    assert sorted(answers) == sorted(f"gate {number}" for number in range(MANY))
