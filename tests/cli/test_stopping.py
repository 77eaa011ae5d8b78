"""How `clearway run` ends: in-flight work finishes, the rest is counted, and the exit code is 0."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.served import PATIENCE_S, Served, until

Serve = Callable[..., Served]

APP = """
import asyncio, time
from contextlib import asynccontextmanager
from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse

@asynccontextmanager
async def lifespan(app):
    yield
    print("lifespan ended", flush=True)

app = FastAPI(lifespan=lifespan)

@app.get("/wait/{seconds}")
async def wait(seconds: float):
    print("waiting", flush=True)
    await asyncio.sleep(seconds)
    return "waited"

@app.get("/blocked")
async def blocked():
    print("waiting", flush=True)
    time.sleep(3600)

@app.get("/thread")
def thread():
    print("waiting", flush=True)
    time.sleep(3600)

@app.get("/stream")
async def stream():
    async def pieces():
        while True:
            yield "piece"
            await asyncio.sleep(0.01)
    return StreamingResponse(pieces())

@app.websocket("/talk")
async def talk(socket: WebSocket):
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_server_stops_with_zero(serve: Serve, number: int) -> None:
    served = serve(APP)
    assert served.get("/wait/0").json() == "waited"
    served.signal(number)
    assert served.wait() == 0
    assert "lifespan ended" in served.out
    assert served.out[-1] == "stopped: 0 requests cut off"
    assert served.err == []


def test_request_in_flight_is_finished(serve: Serve) -> None:
    served = serve(APP, "--grace", "20")
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(served.get("/wait/1")))
    asking.start()
    served.line("^waiting$")
    served.signal(signal.SIGTERM)
    served.line("stopping: up to 20 s for 1 request in flight")
    asking.join()
    assert answers[0].json() == "waited"
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 0 requests cut off"


def test_no_connection_is_accepted_while_stopping(serve: Serve) -> None:
    served = serve(APP)
    served.start_get("/wait/3")
    served.line("^waiting$")
    served.signal(signal.SIGTERM)
    served.line("^stopping")
    with pytest.raises(httpx.ConnectError):
        served.get("/wait/0")


def test_requests_longer_than_the_grace_are_cut_off_and_counted(serve: Serve) -> None:
    served = serve(APP, "--grace", "0.2")
    for _ in range(3):
        served.start_get("/wait/3600")
    served.line("^waiting$", count=3)
    assert served.stop() == 0
    assert "lifespan ended" in served.out
    assert served.out[-1] == "stopped: 3 requests cut off"
    assert not any("Traceback" in line for line in served.err)


def test_stream_counts_as_in_flight(serve: Serve) -> None:
    served = serve(APP, "--grace", "0.2")
    with httpx.stream("GET", served.url + "/stream", timeout=PATIENCE_S) as response:
        pieces = response.iter_text()
        assert next(pieces).startswith("piece")
        served.signal(signal.SIGTERM)
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


def test_websocket_goes_on_until_the_grace_ends(serve: Serve) -> None:
    served = serve(APP, "--grace", "1")
    with connect(served.url.replace("http", "ws") + "/talk") as talk:
        talk.send("before")
        assert talk.recv() == "before"
        served.signal(signal.SIGTERM)
        served.line("stopping: up to 1 s for 1 request in flight")
        talk.send("after")
        assert talk.recv() == "after"
        with pytest.raises(ConnectionClosed) as closed:
            talk.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # service restart
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


def test_second_ctrl_c_stops_at_once(serve: Serve) -> None:
    served = serve(APP, "--grace", "3600")
    served.start_get("/wait/3600")
    served.line("^waiting$")
    served.ctrl_c()
    served.line("^stopping")
    served.ctrl_c()
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_blocked_loop_does_not_keep_the_server_alive(serve: Serve, loop: str) -> None:
    served = serve(APP, "--grace", "0.2", "--loop", loop)
    served.start_get("/blocked")
    served.line("^waiting$")
    assert served.stop() == 0
    line = APP.splitlines().index("    time.sleep(3600)") + 1
    assert f"the event loop never came back: app.py:{line} in blocked" in served.out
    assert served.out[-1] == "stopped: 1 request cut off"


def test_second_ctrl_c_ends_a_blocked_loop(serve: Serve) -> None:
    served = serve(APP, "--grace", "3600")
    served.start_get("/blocked")
    served.line("^waiting$")

    # Pressed until it ends: a signal that is still pending swallows another of its kind.
    def pressed_to_the_end() -> bool:
        if served.process.poll() is None:
            served.ctrl_c()
            return False
        return True

    until(pressed_to_the_end, "the end")
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


def test_thread_that_never_returns_does_not_keep_the_server_alive(serve: Serve) -> None:
    served = serve(APP, "--grace", "0.2")
    served.start_get("/thread")
    served.line("^waiting$")
    assert served.stop() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


def test_idle_keep_alive_connection_does_not_count(serve: Serve) -> None:
    served = serve(APP, "--grace", "3600")
    with httpx.Client(base_url=served.url, timeout=PATIENCE_S) as client:
        client.get("/wait/0")
        assert served.stop() == 0
    assert served.out[-1] == "stopped: 0 requests cut off"


def test_answer_that_nobody_reads_is_cut_off(serve: Serve) -> None:
    served = serve(APP + "\n@app.get('/large')\ndef large(): return 'x' * 50_000_000\n", "--grace", "0.2")
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1)
        assert served.stop() == 0
    assert served.out[-1] == "stopped: 1 request cut off"


def test_ctrl_c_while_the_app_is_imported_exits_with_zero(serve: Serve) -> None:
    served = serve("import time\nprint('importing', flush=True)\ntime.sleep(3600)")
    served.line("importing")
    served.ctrl_c()
    assert served.wait() == 0
    assert served.err == []


LIFESPAN = """
import asyncio, time
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    try:
        print("starting", flush=True)
        BEFORE
        yield
        AFTER
    finally:
        print("cleaned up", flush=True)

app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_stop_while_the_app_starts_cancels_its_start(serve: Serve, workers: tuple[str, ...]) -> None:
    source = LIFESPAN.replace("BEFORE", "await asyncio.sleep(3600)").replace("AFTER", "")
    served = serve(source, "--grace", "3600", *workers)
    served.line("starting")
    assert served.stop() == 0
    assert "cleaned up" in served.out
    assert served.out[-1] == "stopped: 0 requests cut off"
    assert served.err == []


def test_start_that_blocks_the_loop_is_named(serve: Serve) -> None:
    served = serve(LIFESPAN.replace("BEFORE", "time.sleep(3600)").replace("AFTER", ""), "--grace", "3600")
    served.line("starting")
    assert served.stop() == 0
    assert "the event loop never came back: app.py:10 in lifespan" in served.out


def test_shutdown_that_does_not_end_is_named(serve: Serve) -> None:
    source = LIFESPAN.replace("BEFORE", "").replace("AFTER", "await asyncio.sleep(3600)")
    served = serve(source, "--grace", "0.2")
    served.line("serving")
    assert served.stop() == 0
    assert "the app's shutdown did not end in time" in served.out
    assert served.out[-1] == "stopped: 0 requests cut off"


@pytest.mark.parametrize("several", [("--workers", "2"), ("--reload",)])
def test_ctrl_c_in_a_terminal_stops_every_process(serve: Serve, several: tuple[str, ...]) -> None:
    served = serve(APP, "--grace", "3600", *several)
    served.line("console", count=2 if "--workers" in several else 1)
    served.ctrl_c()
    assert served.wait() == 0
    assert served.out[-1] == "stopped: 0 requests cut off"
    assert served.err == []
