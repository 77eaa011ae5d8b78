"""What the user hears: no stall where a call is contained, and what would help where it cannot be."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

import clearway
from clearway.model import Cause, Frame, Stall
from clearway.runtime.containment.families.locks import LOCK
from tests.runtime.serving import AnyApp, Server, route_in, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]


def block(seconds: float) -> None:
    """Wait as a driver in C does, which nothing can make cooperative: for a pipe that nobody writes to."""
    reader, writer = os.pipe()
    timer = threading.Timer(seconds, os.write, (writer, b"x"))
    timer.start()
    os.read(reader, 1)
    os.close(reader)
    os.close(writer)


def _said(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in record.getMessage() for record in caplog.records)


def test_a_contained_wait_is_no_stall(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @app.get("/bad/")
    async def bad() -> None:
        await asyncio.sleep(0)
        time.sleep(0.3)

    runtime = install(app, contain=("GET /bad/",))
    server = serve(app)
    server.ask("/bad/")
    assert not [stall for stall in runtime.recorder.stalls if stall.route == "GET /bad/"]
    contained = route_in(runtime, "GET /bad/")["contained"]
    assert contained["is_on"]
    assert contained["waits"] >= 1
    assert contained["seconds"] >= 0.3


def test_what_computes_is_sent_to_the_process_lane(install: Install) -> None:
    """Given the cause: whether it is judged rightly on a busy machine, other tests hold."""
    frame = Frame("app.py", 12, "heavy")
    stall = Stall(0.0, 0.3, Cause.CPU, "GET /heavy/", "app:heavy", frame, "json.loads", (frame,))
    app = FastAPI()
    hint = install(app, contain=True).containment.hint
    assert hint(stall) == "computing cannot be contained: make it a def with @clearway.process"
    assert hint(replace(stall, culprit=None)) is None  # many requests in one turn: no line to change
    assert hint(replace(stall, cause=Cause.GARBAGE_COLLECTION)) is None


def test_without_containment_nothing_is_said_of_it(install: Install) -> None:
    frame = Frame("app.py", 12, "bad")
    stall = Stall(0.0, 0.3, Cause.BLOCKING_CALL, "GET /bad/", "app:bad", frame, "time.sleep", (frame,))
    assert install(FastAPI()).containment.hint(stall) is None


def test_a_call_that_only_waited_for_a_core_is_not_contained_from_then_on(install: Install) -> None:
    app = FastAPI()

    @app.get("/good/")
    async def good() -> None:
        await asyncio.sleep(0)

    def contained() -> bool:
        return bool(route_in(runtime, "GET /good/")["contained"]["is_on"])

    runtime = install(app, contain=True)
    call = next(row.call for row in runtime.plan_table() if row.route == "GET /good/")
    frame = Frame("app.py", 12, "good")
    stall = Stall(0.0, 0.3, Cause.BLOCKING_CALL, "GET /good/", call, frame, None, (frame,), starved_s=0.29)
    runtime.containment.learn(stall)
    assert not contained()
    runtime.containment.learn(replace(stall, starved_s=0.2))
    assert contained()


def test_what_cannot_yield_is_blamed_and_sent_to_the_thread_lane(
    install: Install, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()

    @app.get("/driver/")
    async def driver() -> None:
        await asyncio.sleep(0)
        block(0.3)

    install(app, contain=("GET /driver/",))
    server = serve(app)

    def said() -> bool:
        server.ask("/driver/")
        return _said(caplog, "make the call a def, for the thread lane") and _said(caplog, "in `cooperative`")

    with caplog.at_level(logging.WARNING, "clearway"):
        until(said, "the lane that helps")


def test_what_the_list_does_not_name_is_told_so(
    install: Install, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()

    @app.get("/named/")
    async def named() -> None:
        pass

    @app.get("/other/")
    async def other() -> None:
        await asyncio.sleep(0)
        time.sleep(0.2)

    install(app, contain=("GET /named/",))
    server = serve(app)

    def said() -> bool:
        server.ask("/other/")
        return _said(caplog, "not contained: name 'GET /other/' in `contain`")

    with caplog.at_level(logging.WARNING, "clearway"):
        until(said, "what to write")


def test_a_loop_stuck_in_a_lock_of_a_suspended_call_says_so(
    install: Install, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The lock is the interpreter's own, made before containment: nothing can wake who waits for it."""
    app = FastAPI()
    lock: Any = LOCK()

    @app.get("/holds/")
    async def holds() -> None:
        await asyncio.sleep(0)
        with lock:
            time.sleep(1.0)  # of its own: it is the loop that will not come back to it

    @app.get("/wants/")
    async def wants() -> None:
        await asyncio.sleep(0)
        with lock:
            pass

    install(app, contain=("GET /holds/", "GET /wants/"))
    server = serve(app)

    with caplog.at_level(logging.WARNING, "clearway"):
        connection = server.connect()
        connection.sendall(b"GET /holds/ HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lock.locked, "the first call holds the lock")
        other = server.connect()
        other.sendall(b"GET /wants/ HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: _said(caplog, "the loop is stuck"), "the watchdog says so")
        lock.release()  # so that the test can end
    message = next(r.getMessage() for r in caplog.records if "the loop is stuck" in r.getMessage())
    assert "in test_a_loop_stuck_in_a_lock_of_a_suspended_call_says_so.<locals>.wants waits for a lock" in message
    assert "in test_a_loop_stuck_in_a_lock_of_a_suspended_call_says_so.<locals>.holds" in message
    assert "clearway run --contain" in message
    connection.close()
    other.close()


def test_a_client_that_goes_away_ends_the_wait_of_its_stream(install: Install, serve: Serve) -> None:
    app = FastAPI()
    ended: list[str] = []

    @app.get("/stream/")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            try:
                while True:
                    yield "piece"
                    time.sleep(0.01)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        return StreamingResponse(pieces())

    install(app, contain=("GET /stream/",))
    server = serve(app)
    connection = server.connect()
    connection.sendall(b"GET /stream/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(10)
    connection.close()
    until(lambda: ended == ["cancelled"], "the wait has been cancelled")
