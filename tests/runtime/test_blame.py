"""A stall is blamed on the call and the line that caused it, and says who waited."""

from __future__ import annotations

import asyncio
import linecache
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from fastapi import Depends, FastAPI
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

import clearway
from clearway.model import Cause, Stall
from tests.runtime.serving import AnyApp, Server, Ticks, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]


def _listen(runtime: clearway.Runtime) -> list[Stall]:
    stalls: list[Stall] = []
    runtime.on_stall.append(stalls.append)
    return stalls


def _blamed_on(stalls: list[Stall], function: str) -> Stall:
    """The stall whose call is this function; a busy machine may bring others."""

    def found() -> Stall | None:
        return next((s for s in list(stalls) if s.call is not None and s.call.endswith(function)), None)

    return until(found, f"a stall blamed on {function}; there are {[(s.call, s.cause) for s in stalls]}")


def _line(stall: Stall) -> str:
    assert stall.culprit is not None
    assert stall.culprit.file == __file__
    return linecache.getline(stall.culprit.file, stall.culprit.line).strip()


def _serve(serve: Serve, app: FastAPI) -> Server:
    """A server whose loop is watched already: the first request begins that."""
    server = serve(app)
    server.ask("/openapi.json")
    server.on_loop(Ticks().pass_by(3))
    return server


@contextmanager
def _asked(server: Server, path: str) -> Iterator[None]:
    """A request in flight, from a thread."""
    thread = threading.Thread(target=server.ask, args=(path,))
    thread.start()
    try:
        yield
    finally:
        thread.join(20)


def test_a_blocking_endpoint_and_those_that_waited(install: Install, serve: Serve, release: threading.Event) -> None:
    app = FastAPI()
    blocks, waits = threading.Event(), threading.Event()
    over = asyncio.Event()

    @app.get("/bad")
    async def bad() -> None:
        blocks.set()
        release.wait(20)  # in the way of everybody
        over.set()

    @app.get("/waiting")
    async def waiting() -> None:
        waits.set()
        await over.wait()

    @app.get("/late")
    async def late() -> None: ...

    runtime = install(app)
    stalls = _listen(runtime)
    server = _serve(serve, app)
    with server.connect() as connection, _asked(server, "/waiting"):
        connection.sendall(b"GET /late HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(65536)  # the server knows this connection
        assert waits.wait(20)
        with _asked(server, "/bad"):
            assert blocks.wait(20)
            connection.sendall(b"GET /late HTTP/1.1\r\nhost: x\r\n\r\n")
            time.sleep(0.1)  # for so long, at least
            release.set()
        stall = _blamed_on(stalls, "bad")
    assert stall.route == "GET /bad"
    assert stall.call == f"{__name__}:{bad.__qualname__}"
    assert stall.cause is Cause.BLOCKING_CALL
    assert stall.duration_s >= 0.09
    assert _line(stall).startswith("release.wait(20)")
    assert stall.request > 0
    assert {(victim.route, victim.arrived_during) for victim in stall.victims} == {
        ("GET /waiting", False),
        ("GET /late", True),
    }
    assert stall.victim_count == 2
    for victim in stall.victims:
        assert 0 < victim.waited_s <= stall.duration_s


def test_a_blocking_dependency(install: Install, serve: Serve) -> None:
    app = FastAPI()

    async def session() -> None:
        time.sleep(0.06)

    @app.get("/")
    async def read(session: None = Depends(session)) -> None: ...

    runtime = install(app)
    stalls = _listen(runtime)
    _serve(serve, app).ask("/")
    stall = _blamed_on(stalls, "session")
    assert (stall.route, _line(stall)) == ("GET /", "time.sleep(0.06)")


def test_a_sync_dependency_pinned_to_the_loop(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @clearway.loop
    def session() -> None:
        time.sleep(0.06)

    @app.get("/")
    async def read(session: None = Depends(session)) -> None: ...

    runtime = install(app)
    stalls = _listen(runtime)
    _serve(serve, app).ask("/")
    stall = _blamed_on(stalls, "session")
    assert (stall.route, _line(stall)) == ("GET /", "time.sleep(0.06)")


def test_what_an_endpoint_calls_is_the_endpoint_s(install: Install, serve: Serve) -> None:
    app = FastAPI()

    def deep() -> None:
        time.sleep(0.06)

    async def between() -> None:
        deep()

    @app.get("/")
    async def read() -> None:
        await between()

    runtime = install(app)
    stalls = _listen(runtime)
    _serve(serve, app).ask("/")
    stall = _blamed_on(stalls, "read")
    assert _line(stall) == "time.sleep(0.06)"
    functions = [frame.function.rpartition(".")[2] for frame in stall.stack]
    assert functions[functions.index("read") :][:3] == ["read", "between", "deep"]


def test_blocking_middleware(install: Install, serve: Serve) -> None:
    app = FastAPI()

    class Slow(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            time.sleep(0.06)
            return response

    app.add_middleware(Slow)

    @app.get("/")
    async def read() -> None: ...

    runtime = install(app)
    stalls = _listen(runtime)
    _serve(serve, app).ask("/")
    stall = _blamed_on(stalls, "Slow.dispatch")
    assert _line(stall) == "time.sleep(0.06)"


def test_a_blocking_task_of_nobody(install: Install, serve: Serve) -> None:
    app = FastAPI()
    tasks: list[Awaitable[None]] = []

    async def in_background() -> None:
        time.sleep(0.06)

    @app.get("/")
    async def read() -> None:
        tasks.append(asyncio.create_task(in_background()))

    runtime = install(app)
    stalls = _listen(runtime)
    _serve(serve, app).ask("/")
    stall = _blamed_on(stalls, "in_background")
    assert (stall.route, stall.request, _line(stall)) == (None, 0, "time.sleep(0.06)")


def test_a_call_in_a_thread_that_keeps_the_interpreter(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @app.get("/")
    def compute() -> int:
        return sum(range(10_000_000))  # one operation to the interpreter, which nobody else has meanwhile

    runtime = install(app)
    stalls = _listen(runtime)
    server = serve(app)

    def found() -> Stall | None:
        server.ask("/")
        return next((s for s in stalls if s.cause is Cause.GIL and s.call and s.call.endswith("compute")), None)

    stall = until(found)
    assert stall.route == "GET /"
    assert _line(stall).startswith("return sum(range")


def test_no_stall_no_blame(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> None:
        await asyncio.sleep(0.05)

    runtime = install(app)
    stalls = _listen(runtime)
    server = _serve(serve, app)
    for _ in range(3):
        server.ask("/")
    assert [stall for stall in stalls if stall.call is not None and stall.call.endswith("read")] == []


def test_the_threshold_is_the_user_s(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @app.get("/short")
    async def short() -> None:
        time.sleep(0.05)

    @app.get("/long")
    async def long() -> None:
        time.sleep(0.4)

    runtime = install(app, stall_threshold_ms=300.0)
    stalls = _listen(runtime)
    server = _serve(serve, app)
    server.ask("/short")
    server.ask("/long")
    _blamed_on(stalls, "long")
    assert all(stall.duration_s >= 0.3 for stall in stalls)


def test_a_listener_that_raises_hears_no_more(install: Install, serve: Serve) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> None:
        time.sleep(0.06)

    runtime = install(app)
    calls: list[Stall] = []

    def broken(stall: Stall) -> None:
        calls.append(stall)
        raise ValueError("broken listener")

    runtime.on_stall.append(broken)
    stalls = _listen(runtime)
    server = _serve(serve, app)
    server.ask("/")
    _blamed_on(stalls, "read")
    stalls.clear()
    server.ask("/")
    _blamed_on(stalls, "read")
    assert len(calls) == 1
    assert runtime.faults == 1
