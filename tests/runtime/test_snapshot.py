"""The snapshot: JSON, and its parts add up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from fastapi import Depends, FastAPI

import clearway
from clearway.model import Cause, Frame, Lane, Stall, Victim
from clearway.settings import RouteLimits
from tests.runtime.serving import AnyApp, Server, ask, client_of, happens, route_in, until

Install = Callable[..., clearway.Runtime]


def _round_trip(runtime: clearway.Runtime) -> dict[str, Any]:
    snapshot = runtime.snapshot()
    read: dict[str, Any] = json.loads(json.dumps(snapshot, allow_nan=False))
    assert read == _plain(snapshot), "a reader of the JSON sees what Python sees"
    return read


def _plain(value: Any) -> Any:
    """Tuples as lists, as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def test_a_fresh_runtime(install: Install) -> None:
    app = FastAPI()

    def token() -> None: ...

    @app.get("/items")
    @clearway.loop
    def read(token: None = Depends(token)) -> None: ...

    snapshot = _round_trip(install(app, threads=7, max_wait_s=2.0, routes={"GET /items": RouteLimits(limit=3)}))
    assert snapshot["schema"] == "clearway.snapshot/1"
    assert snapshot["requests"] == {"in_flight": 0, "total": 0}
    assert (snapshot["threads"]["limit"], snapshot["threads"]["live"]) == (7, 0)
    assert snapshot["limits"]["max_wait_s"] == 2.0
    assert snapshot["limits"]["routes"] == {"GET /items": {"share": None, "limit": 3}}
    assert snapshot["stalls"]["count"] == 0
    (row,) = [row for row in snapshot["routes"] if row["route"] == "GET /items"]
    assert (row["lane"], row["why"]) == ("loop", "pinned by @clearway.loop")
    assert [dependency["lane"] for dependency in row["dependencies"]] == ["thread"]
    assert row["latency_ms"] is None
    assert row["requests"] == 0


def test_requests_and_their_latencies(install: Install) -> None:
    app = FastAPI()

    def dependency() -> None:
        time.sleep(0.002)

    @app.get("/")
    def read(dependency: None = Depends(dependency)) -> None:
        time.sleep(0.002)

    runtime = install(app)
    for _ in range(5):
        ask(app, "/")
    snapshot = _round_trip(runtime)
    row = route_in(runtime, "GET /")
    assert snapshot["requests"]["total"] == row["requests"] == 5
    for part in ("latency", "wait", "run", "return_wait", "framework"):
        percentiles = row[f"{part}_ms"]
        assert 0 <= percentiles["p50"] <= percentiles["p95"] <= percentiles["p99"] <= percentiles["max"]
    assert row["run_ms"]["p50"] >= 4
    assert row["latency_ms"]["p50"] >= row["run_ms"]["p50"]


@pytest.mark.parametrize("kind", ["def", "pinned", "async def", "dependencies"])
def test_the_parts_of_a_latency_add_up_to_it(install: Install, kind: str) -> None:
    app = FastAPI()

    def work() -> None:
        time.sleep(0.001)

    @clearway.loop
    def pinned() -> None: ...

    async def native() -> None:
        await asyncio.sleep(0.001)

    def dependent(one: None = Depends(work), other: None = Depends(pinned), third: None = Depends(native)) -> None: ...

    app.get("/")({"def": work, "pinned": pinned, "async def": native, "dependencies": dependent}[kind])
    runtime = install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            await asyncio.gather(*(client.get("/") for _ in range(40)))

    asyncio.run(scenario())
    latest = runtime.recorder.routes["GET /"].latest()
    assert len(latest) == 40
    for latency, *parts in latest:
        assert all(part >= 0 for part in parts)
        assert sum(parts) <= latency, "what is left is the framework's own part"
    row = route_in(runtime, "GET /")
    means = [row[f"{part}_ms"]["mean"] for part in ("wait", "run", "return_wait", "framework")]
    assert sum(means) == pytest.approx(row["latency_ms"]["mean"], abs=0.005)


def test_the_server_s_latency_is_no_more_than_the_client_s(install: Install, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> None:
        time.sleep(0.005)

    runtime = install(app)
    server = serve(app)
    began = time.perf_counter()
    server.ask("/")
    until(lambda: runtime.snapshot()["requests"]["total"] == 1)
    elapsed_ms = (time.perf_counter() - began) * 1000
    assert 5 <= route_in(runtime, "GET /")["latency_ms"]["max"] <= elapsed_ms


def test_what_is_in_flight_waiting_and_running(install: Install, release: threading.Event) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> None:
        assert release.wait(20)

    runtime = install(app, threads=2)

    async def scenario() -> None:
        async with client_of(app) as client:
            calls = [asyncio.create_task(client.get("/")) for _ in range(5)]
            await happens(lambda: runtime.snapshot()["threads"]["busy"] == 2)
            snapshot = _round_trip(runtime)
            assert snapshot["requests"]["in_flight"] == 5
            assert snapshot["threads"]["queued"] == 3
            row = route_in(runtime, "GET /")
            assert (row["running"], row["queued"], row["requests"]) == (2, 3, 0)
            release.set()
            await asyncio.gather(*calls)

    asyncio.run(scenario())
    assert runtime.snapshot()["requests"] == {"in_flight": 0, "total": 5}


def test_a_stall_in_the_snapshot(install: Install) -> None:
    app = FastAPI()
    runtime = install(app, pins={})
    stall = Stall(
        started_s=1.0,
        duration_s=0.25,
        cause=Cause.BLOCKING_CALL,
        route="GET /bad/",
        call="app:bad",
        culprit=Frame("app.py", 3, "bad"),
        operation="time.sleep",
        stack=(Frame("app.py", 3, "bad"),),
        request=7,
        victims=(Victim(8, "GET /good/", 0.2),),
        victim_count=1,
    )
    for _ in range(3):
        runtime.recorder.stalled(stall)
        runtime.stall_report(stall)
    stalls = _round_trip(runtime)["stalls"]
    assert stalls["count"] == 3
    assert len(stalls["latest"]) == 3
    assert stalls["latest"][0]["culprit"] == {"file": "app.py", "line": 3, "function": "bad"}
    assert stalls["latest"][0]["cause"] == "blocking_call"
    assert stalls["latest"][0] == json.loads(json.dumps(asdict(stall)))
    (culprit,) = stalls["culprits"]
    assert (culprit["count"], culprit["total_s"]) == (3, 0.75)
    assert [event.call for event in runtime.recorder.events()] == ["app:bad"] * 3


def test_the_rows_say_where_calls_really_run(install: Install) -> None:
    app = FastAPI()

    @app.get("/pinned")
    def pinned() -> str:
        return threading.current_thread().name

    @app.get("/free")
    def free() -> str:
        return threading.current_thread().name

    runtime = install(app, pins={"GET /pinned": Lane.LOOP})
    for path in ("/pinned", "/free"):
        in_thread = ask(app, path).json() == "clearway thread lane"
        assert in_thread == (route_in(runtime, f"GET {path}")["lane"] == "thread")
