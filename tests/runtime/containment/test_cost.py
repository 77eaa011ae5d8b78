"""What a request pays that is not contained, in an app that contains: counted, not timed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from fastapi import FastAPI

import clearway
from clearway.runtime import containment, portal
from tests.runtime.serving import AnyApp, Server

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]

REQUESTS = 50
CONTAINMENT = (str(Path(containment.__file__).parent), portal.__file__)
LOOKS = {"transfer.<locals>.make.<locals>.method", "_selector.<locals>.select"}
"""asyncio's own loop sends, receives and selects by Python's classes, whose methods are replaced: they look at the
greenlet that they run in, and call the original."""


def _served(serve: Serve, count: Counter[str]) -> FastAPI:
    """`/begin` and `/end` say when the functions that the loop's thread calls are counted."""
    app = FastAPI()

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(CONTAINMENT):
            count[frame.f_code.co_qualname] += 1

    @app.get("/trivial")
    async def trivial() -> str:
        return "answer"

    @app.get("/bad")
    async def bad() -> str:
        await asyncio.sleep(0)
        time.sleep(0.001)
        return "answer"

    @app.get("/begin")
    async def begin() -> str:
        sys.setprofile(counted)
        return "answer"

    @app.get("/end")
    async def end() -> str:
        sys.setprofile(None)
        return "answer"

    return app


def _ask(server: Server, *paths: str) -> None:
    """One after the other on one connection."""
    with server.connect() as connection:
        for path in paths:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            received = b""
            while not received.endswith(b'"answer"'):
                piece = connection.recv(65_536)
                assert piece, "the server closed the connection"
                received += piece


def test_a_request_that_does_not_block_calls_nothing_of_containment(install: Install, serve: Serve) -> None:
    count: Counter[str] = Counter()
    app = _served(serve, count)
    install(app, contain=("GET /bad",), stall_threshold_ms=60_000)  # what a stall of this machine calls is not meant
    server = serve(app)
    _ask(server, "/bad", "/trivial", "/begin", *["/trivial"] * REQUESTS, "/end")
    assert not count.keys() - LOOKS
    # One receives, two send; what wakes the loop from other threads comes through a socket, too.
    assert count["transfer.<locals>.make.<locals>.method"] <= 6 * (REQUESTS + 2)


def test_one_that_blocks_does(install: Install, serve: Serve) -> None:
    """So the counting counts."""
    count: Counter[str] = Counter()
    app = _served(serve, count)
    install(app, contain=("GET /bad",), stall_threshold_ms=60_000)  # what a stall of this machine calls is not meant
    _ask(serve(app), "/begin", "/bad", "/end")
    assert count["wait"]
