"""The feed: what happened in the runtime, as frames."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import clearway
from clearway.console.state import State
from clearway.frames import CallPart, Frame, bucket_of, line_of, read_line
from clearway.model import CallKind, Lane
from clearway.runtime.records import feed as feed_module
from clearway.runtime.records.feed import KINDS, LANES, Feed
from clearway.runtime.records.sample import MARKED, Sample
from tests.runtime.serving import AnyApp, Server, ask, client_of, happens, until

Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]


def told(runtime: clearway.Runtime) -> tuple[Feed, State]:
    """A feed, and a state that knows who speaks."""
    feed, state = Feed(runtime, "app"), State()
    state.take(read_line(line_of(feed.header())))
    return feed, state


def test_requests_and_calls_are_told_with_their_times(install: Install) -> None:
    app = FastAPI()

    @app.get("/items/{id}")
    def item(id: int) -> int:
        return id

    feed, state = told(install(app))
    for _ in range(3):
        ask(app, "/items/5")
    frame = feed.frame()
    state.take(frame)
    assert state.workers[frame.worker].routes == ["GET /items/{id}"]
    assert len(frame.requests) == 3
    part = frame.parts[0]
    assert (KINDS[part.kind], LANES[part.lane]) == (CallKind.ENDPOINT, Lane.THREAD)
    request = next(each for each in frame.requests if each.request == part.request)
    times = (request.came_us, part.submitted_us, part.started_us, part.ended_us, part.returned_us, request.left_us)
    assert list(times) == sorted(times)
    assert times[-1] <= frame.at_us
    (counts,) = frame.counts
    assert counts.requests == sum(count for _, count in counts.latencies) == 3
    assert feed.frame().requests == [], "once"


def test_latencies_are_counted_as_the_buckets_are_defined(install: Install) -> None:
    runtime = install(FastAPI())
    feed = Feed(runtime)
    ring = runtime.recorder.ring
    route = ring.routes.number("GET /")
    latencies_us = [0, 1, 2, 3, 999, 1000, 1001, 1024, 1025, 65_535, 65_536, 65_537, 10_000_000]
    for latency in latencies_us:
        ring.put_out(route, 1, 0, latency * 1000 + 999)
    (counts,) = feed.frame().counts
    assert dict(counts.latencies) == Counter(map(bucket_of, latencies_us))
    assert (counts.slowest_us, counts.requests) == (10_000_000, len(latencies_us))


def test_query_strings_headers_and_paths_are_not_recorded(install: Install) -> None:
    app = FastAPI()

    @app.get("/items/{id}")
    def item(id: str) -> str:
        time.sleep(0)
        return id

    runtime = install(app)
    feed = Feed(runtime)
    ask(app, "/items/pathsecret?key=querysecret", headers={"X-Key": "headersecret", "Cookie": "a=cookiesecret"})
    ask(app, "/pathsecret?key=querysecret", "POST", content=b"bodysecret")
    lines = line_of(feed.header()) + line_of(feed.frame())
    assert b"GET /items/{id}" in lines
    assert b"(no route)" in lines
    assert b"secret" not in lines


@pytest.mark.anyio
async def test_calls_on_their_way_are_told(install: Install, release: threading.Event) -> None:
    app = FastAPI()

    @app.get("/slow")
    def slow() -> None:
        release.wait()

    runtime = install(app, threads=1)
    feed, state = told(runtime)
    async with client_of(app) as client:
        asking = [asyncio.create_task(client.get("/slow")) for _ in range(3)]
        await happens(lambda: runtime.thread_lane.limiter.queued == 2)
        frame = feed.frame()
        state.take(frame)
        release.set()
        await asyncio.gather(*asking)
    assert frame.in_flight == len(frame.here) == 3
    assert {part.request for part in frame.going} == {request.request for request in frame.here}
    assert sorted(part.started_us > 0 for part in frame.going) == [False, False, True]
    assert frame.pool is not None
    assert (frame.pool.busy, frame.pool.queued) == (1, 2)
    assert not feed.frame().going


def test_a_stall_is_told_while_it_lasts_and_when_it_is_over(
    install: Install, serve: Serve, release: threading.Event
) -> None:
    app = FastAPI()

    entered = threading.Event()

    @app.get("/bad")
    async def bad() -> None:
        entered.set()
        release.wait()

    runtime = install(app)
    feed, _ = told(runtime)
    server = serve(app)
    stalls: list[dict[str, Any]] = []

    def is_told() -> bool:
        """Again where it is not: the watch of a loop that has only just begun may miss one."""
        entered.clear()
        release.clear()
        asking = threading.Thread(target=server.ask, args=("/bad",))
        asking.start()
        entered.wait()
        until(lambda: feed.frame().overdue_us > 100_000, "the loop is overdue")
        release.set()
        asking.join()
        stalls.extend(feed.frame().stalls)
        return any(stall["duration_s"] > 0.05 for stall in stalls)  # whom it is blamed on is another test's

    until(is_told, "the stall")


def test_stalls_of_before_are_not_told_and_many_at_once_all_are(install: Install) -> None:
    runtime = install(FastAPI())
    recorder = runtime.recorder
    recorder.stalled(_stall(1.0))
    feed = Feed(runtime)
    assert feed.frame().stalls == []
    for number in range(5):
        recorder.stalled(_stall(2.0 + number))
    assert len(feed.frame().stalls) == 5
    for number in range(300):  # more than the recorder keeps
        recorder.stalled(_stall(10.0 + number))
    assert len(feed.frame().stalls) == 256


def _stall(started_s: float) -> clearway.model.Stall:
    return clearway.model.Stall(started_s, 0.1, clearway.model.Cause.CPU, None, None, None, None)


def test_what_was_overwritten_is_counted(install: Install) -> None:
    runtime = install(FastAPI(), events=1000)
    feed = Feed(runtime)
    ring = runtime.recorder.ring
    route = ring.routes.number("GET /")
    for request in range(2500):
        ring.put_out(route, request, 0, 1000)
    frame = feed.frame()
    assert frame.dropped == 1500
    assert frame.counts[0].requests == 1000
    ring.put_out(route, 2500, 0, 1000)
    assert [each.request for each in feed.frame().requests] == [2500]


@pytest.mark.parametrize("watched", [True, False])
def test_a_frame_is_bounded_and_its_counts_are_complete(install: Install, watched: bool) -> None:
    runtime = install(FastAPI())
    feed = Feed(runtime)
    ring = runtime.recorder.ring
    routes = [ring.routes.number(f"GET /{number}") for number in range(3)]
    call = ring.calls.number("app:call")
    for request in range(9000):
        ring.put_call(routes[request % 3], request, call, CallKind.ENDPOINT, Lane.LOOP, (0, 10, 20, 30))
        ring.put_out(routes[request % 3], request, 0, 1_000_000)
    frame = feed.frame(watched=watched)
    most = Frame.MOST if watched else feed_module.MOST_UNWATCHED
    assert 0 < len(frame.requests) <= most
    assert 0 < len(frame.parts) <= most
    assert frame.left_out == 18000 - len(frame.requests) - len(frame.parts)
    assert sum(counts.requests for counts in frame.counts) == 9000
    shares = Counter(each.route for each in frame.requests)
    assert len(shares) == 3, "every route has its share"


def entries(runtime: clearway.Runtime, requests: range, route: str = "GET /", latency: int = 1000) -> None:
    ring = runtime.recorder.ring
    number, call = ring.routes.number(route), ring.calls.number("app:call")
    for request in requests:
        ring.put_call(number, request, call, CallKind.ENDPOINT, Lane.LOOP, (0, 0, latency, latency))
        ring.put_out(number, request, 0, latency)


def sampled(runtime: clearway.Runtime, sample: Sample, since: int, most: int) -> tuple[set[int], set[int]]:
    """Requests that are told, and requests of which calls are told."""
    _, packed = runtime.recorder.ring.read(since)
    outs, calls = sample.choose([e for e in packed if e[0] == 1], [e for e in packed if e[0] == 2], most)
    assert len(outs) <= most
    assert len(calls) <= most
    return {out[6] for out in outs}, {call[6] for call in calls}


def test_the_slowest_and_each_routes_slowest_are_told(install: Install) -> None:
    runtime = install(FastAPI())
    entries(runtime, range(5000), latency=10_000)
    entries(runtime, range(5000, 5001), latency=9_000_000)
    entries(runtime, range(5001, 5003), "GET /rare", latency=50)
    outs, calls = sampled(runtime, Sample(), 0, 400)
    assert 5000 in outs & calls
    assert {5001, 5002} & outs & calls


def test_a_request_is_told_with_its_calls(install: Install) -> None:
    runtime = install(FastAPI())
    entries(runtime, range(5000))
    outs, calls = sampled(runtime, Sample(), 0, 400)
    assert len(outs & calls) > 250


def test_what_a_stall_concerns_is_told_also_when_it_was_in_the_frame_before(install: Install) -> None:
    runtime = install(FastAPI())
    sample = Sample()
    entries(runtime, range(5000))
    first, _ = sampled(runtime, sample, 0, 400)
    victims = set(range(100))
    assert victims - first, "some were left out"
    sample.mark(victims)
    entries(runtime, range(5000, 10_000))
    entries(runtime, range(50))  # further calls of some
    outs, calls = sampled(runtime, sample, 10_000, 400)
    assert victims <= first | outs
    assert victims <= calls | first
    assert set(range(50)) <= outs & calls


def test_marks_are_bounded() -> None:
    sample = Sample()
    for start in range(0, 100_000, 100):
        sample.mark(range(start, start + 100))
    assert len(sample._marked) == MARKED


def test_unwatched_the_table_is_rarer(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr(feed_module, "perf_counter_ns", lambda: now[0])
    feed = Feed(install(FastAPI()))
    tables = []
    for watched in (True, False):
        told_at = 0
        for _ in range(50):
            now[0] += 200_000_000
            told_at += feed.frame(watched=watched).table is not None
        tables.append(told_at)
    assert tables == [10, 2]


def test_the_table_of_a_frame_has_no_victims(install: Install) -> None:
    runtime = install(FastAPI())
    victims = tuple(clearway.model.Victim(number, "GET /", 0.1) for number in range(100))
    stall = clearway.model.Stall(1.0, 0.1, clearway.model.Cause.CPU, None, None, None, None, victims=victims)
    runtime.recorder.stalled(stall)
    runtime.stall_report(stall)
    table = Feed(runtime).frame().table
    assert table is not None
    assert table["stalls"]["latest"][0]["victims"] == table["stalls"]["culprits"][0]["last"]["victims"] == ()
    assert len(runtime.snapshot()["stalls"]["latest"][0]["victims"]) == 100


def test_names_are_numbered_once_by_several_threads(install: Install) -> None:
    names = install(FastAPI()).recorder.ring.calls
    numbers: list[list[int]] = []

    def number() -> None:
        numbers.append([names.number(f"app:{name}") for name in range(2000)])

    threads = [threading.Thread(target=number) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == numbers[0] for each in numbers)
    assert [names[number] for number in numbers[0]] == [f"app:{name}" for name in range(2000)]


@pytest.mark.parametrize("serve", ["asyncio"], indirect=True)
def test_calls_in_processes_are_told_with_their_worker(install: Install, serve: Serve, tmp_path: Path) -> None:
    app = FastAPI()
    gate = tmp_path / "gate"
    os.mkfifo(gate)  # who reads it waits until somebody has written

    @app.get("/work")
    async def work() -> str:
        return await clearway.offload(gate.read_text, lane="process")

    feed = Feed(install(app, processes=2))
    server = serve(app)
    asking = [threading.Thread(target=httpx.get, args=(f"{server.url}/work",), kwargs={"timeout": 60}) for _ in "ab"]
    parts: list[CallPart] = []

    def running(count: int) -> list[CallPart] | None:
        found = [part for part in feed.frame().going if part.started_us]
        return found if len(found) == count else None

    def both_are_back() -> bool:
        parts.extend(feed.frame().parts)
        return len(parts) >= 2

    asking[0].start()
    until(lambda: running(1), "the first call runs")
    asking[1].start()
    going = until(lambda: running(2), "both calls run")
    gate.write_text("")
    for thread in asking:
        thread.join()
    until(both_are_back, "both are back")
    assert {part.track for part in going} == {part.track for part in parts} == {0, 1}
    assert {LANES[part.lane] for part in (*going, *parts)} == {Lane.PROCESS}


def test_where_long_calls_are_is_told_by_line(install: Install, serve: Serve, release: threading.Event) -> None:
    app = FastAPI()
    lock = threading.Lock()
    lock.acquire()

    @app.get("/event")
    def event() -> None:
        release.wait()

    @app.get("/lock")
    def locked() -> None:
        with lock:
            pass

    @app.get("/coroutine")
    async def coroutine() -> None:
        while not release.is_set():
            await asyncio.sleep(0.2)

    runtime = install(app)
    server, feed = serve(app), Feed(runtime)
    paths = ("/event", "/event", "/lock", "/coroutine")
    clients = [threading.Thread(target=server.ask, args=(path,)) for path in paths]
    for client in clients:
        client.start()

    def told() -> dict[str, tuple[str, int, str | None]] | None:
        feed._looked_us -= feed_module.LOOK_EVERY_US
        frame = feed.frame()
        found = {each.function.rpartition(".")[2]: each for each in frame.waiting or ()}
        if sum(each.count for each in found.values()) < len(paths):
            return None
        return {name: (LANES[each.lane], each.count, each.operation) for name, each in found.items()}

    assert until(told) == {
        "event": (Lane.THREAD, 2, "threading.Event.wait"),
        "locked": (Lane.THREAD, 1, "with …"),
        "coroutine": (Lane.LOOP, 1, "asyncio.tasks.sleep"),
    }
    release.set()
    lock.release()
    for client in clients:
        client.join()


def test_refusals_are_told_once(install: Install) -> None:
    runtime = install(FastAPI())
    feed, route = Feed(runtime), runtime.recorder.named("GET /", matched=True)
    route.refused += 3
    assert feed.frame().refused == [(route.number, 3)]
    feed._looked_us -= feed_module.LOOK_EVERY_US
    assert feed.frame().refused == []
