"""Connections in `yield` dependencies: taken from a pool, held by a request while others run, and given back."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool
import pytest
from fastapi import Depends, FastAPI

import clearway
from clearway.runtime.containment.families.psycopg2 import WaitCallback
from clearway.runtime.containment.families.psycopg2_copy import callback_away
from tests.runtime.containment.conftest import contained, contained_task
from tests.runtime.containment.test_drivers import GATE, Gate
from tests.runtime.serving import AnyApp, Server, happens, here, until
from tests.services.postgres import Postgres

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
OnLoop = Callable[..., Any]
SIZE = 50


@pytest.mark.parametrize("dependency", ["async", "sync"])
@pytest.mark.parametrize("filled", [0, SIZE])
def test_a_pool_serves_as_many_requests_at_once_as_it_has_connections(
    install: Install, serve: Serve, postgres_server: Postgres, dependency: str, filled: int
) -> None:
    """Empty, it makes its connections while it holds its own lock."""
    app = FastAPI()
    runtime = install(app, contain=("GET /ask",))
    pool = psycopg2.pool.ThreadedConnectionPool(filled, SIZE, postgres_server.dsn)
    enough = threading.Semaphore(SIZE)

    async def taken() -> AsyncIterator[Any]:
        with enough:
            connection = pool.getconn()
            try:
                yield connection
            finally:
                connection.rollback()
                pool.putconn(connection)

    def taken_in_a_thread() -> Iterator[Any]:
        connection = pool.getconn()
        try:
            yield connection
        finally:
            connection.rollback()
            pool.putconn(connection)

    @app.get("/ask")
    async def ask(connection: Any = Depends(taken if dependency == "async" else taken_in_a_thread)) -> str:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        with connection.cursor() as cursor:
            cursor.execute(GATE)
            cursor.execute("SELECT 'answer'")
            assert here() == "loop"
            return str(cursor.fetchone()[0])

    gate = Gate(postgres_server)
    server = serve(app)
    asked = SIZE if dependency == "sync" else SIZE + 10  # more wait for a connection, by the semaphore

    async def go() -> list[str]:
        async with server.async_client() as client:
            asking = [asyncio.create_task(client.get("/ask")) for _ in range(asked)]
            await happens(lambda: gate.waiting() == SIZE, "every connection waits at the server")
            gate.open()
            return [(await one).json() for one in asking]

    assert asyncio.run(go()) == ["answer"] * asked
    until(lambda: len(pool._pool) == SIZE or not pool._used, "all connections are back")  # type: ignore[attr-defined]
    pool.closeall()
    assert runtime.faults == 0


def test_a_cancelled_query_closes_its_connection_and_no_other(on_loop: OnLoop, postgres_server: Postgres) -> None:
    async def main() -> None:
        gate = Gate(postgres_server)
        connections = [await contained(psycopg2.connect, postgres_server.dsn) for _ in range(2)]
        asking = [contained_task(connection.cursor().execute, GATE) for connection in connections]
        await happens(lambda: gate.waiting() == 2, "both wait")
        asking[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking[0]
        gate.open()
        await asking[1]
        assert [connection.closed for connection in connections] == [2, 0]
        for connection in connections:
            connection.close()

    on_loop(main)


def test_a_thread_waits_with_psycopg2_as_before(on_loop: OnLoop, postgres_server: Postgres) -> None:
    """The callback is one for the whole process."""

    async def main() -> None:
        def ask() -> Any:
            connection = psycopg2.connect(postgres_server.dsn)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 42")
                row = cursor.fetchone()
            with pytest.raises(psycopg2.errors.UndefinedTable), connection.cursor() as cursor:
                cursor.execute("SELECT * FROM nowhere")
            connection.close()
            return row

        assert await asyncio.to_thread(ask) == (42,)
        assert ask() == (42,), "outside of a portal, on the loop's own thread"

    on_loop(main)


@pytest.mark.parametrize("where", ["contained", "thread", "loop"])
@pytest.mark.parametrize("factory", [None, psycopg2.extras.RealDictCursor])
def test_psycopg2_copies(on_loop: OnLoop, postgres_server: Postgres, where: str, factory: Any) -> None:
    """psycopg2 refuses COPY while there is a callback."""

    async def main() -> None:
        callback = psycopg2.extensions.get_wait_callback()
        seen: list[Any] = []

        def copy() -> str:
            connection = psycopg2.connect(postgres_server.dsn)
            with connection.cursor(cursor_factory=factory) as cursor:
                cursor.execute("CREATE TEMPORARY TABLE words (word text)")
                cursor.copy_from(Lines(b"one\ntwo\n", seen), "words")
                cursor.copy_expert("COPY words FROM STDIN", file=io.StringIO("three\n"))
                written, text = io.BytesIO(), io.StringIO()
                cursor.copy_to(written, "words")
                cursor.copy_expert("COPY words TO STDOUT", text)
                with pytest.raises(psycopg2.errors.UndefinedTable):
                    cursor.copy_to(written, "nowhere")
            connection.close()
            assert written.getvalue() == text.getvalue().encode()
            return text.getvalue()

        if where == "loop":
            copied = copy()
        else:
            copied = await (contained(copy) if where == "contained" else asyncio.to_thread(copy))
        assert copied == "one\ntwo\nthree\n"
        assert callback is not None
        assert {*seen, psycopg2.extensions.get_wait_callback()} == {callback}, "there again while data flows"

    on_loop(main)


class Lines(io.BytesIO):
    """Notes what the callback is when it is read."""

    def __init__(self, text: bytes, seen: list[Any]) -> None:
        super().__init__(text)
        self._seen = seen

    def read(self, size: int | None = -1) -> bytes:
        self._seen.append(psycopg2.extensions.get_wait_callback())
        return super().read(size)


@pytest.mark.usefixtures("cooperative")
def test_psycopg2_still_gives_up_connecting_in_time() -> None:
    """With a callback, libpq leaves the limit to us."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        with pytest.raises(psycopg2.OperationalError, match="timeout expired"):
            psycopg2.connect(host=host, port=port, user="me", connect_timeout=2)


def test_the_callback_of_another_library_stays() -> None:
    def theirs(connection: Any) -> None: ...

    extensions = psycopg2.extensions
    before = extensions.get_wait_callback()
    extensions.set_wait_callback(theirs)
    try:
        undo = WaitCallback(extensions).put()
        assert extensions.get_wait_callback() is theirs
        undo()
        assert extensions.get_wait_callback() is theirs
    finally:
        extensions.set_wait_callback(before)


def test_a_copy_that_outlives_containment_brings_no_callback_back() -> None:
    extensions = psycopg2.extensions
    undo = WaitCallback(extensions).put()
    with callback_away(extensions).until_data(io.BytesIO()):
        undo()
    assert extensions.get_wait_callback() is None
