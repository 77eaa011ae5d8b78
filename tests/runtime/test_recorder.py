"""The ring of events: bounded, typed, in order; and the names of routes, which no client can invent."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

import clearway
from clearway.model import CallKind, Cause, Event, EventType, Lane, Stall, Victim
from clearway.runtime.records.ring import Ring
from tests.runtime.serving import ask, client_of

Install = Callable[..., clearway.Runtime]


def _names(runtime: clearway.Runtime) -> set[str]:
    return set(runtime.recorder.routes)


def test_the_events_of_a_request_in_their_order(install: Install) -> None:
    app = FastAPI()

    def resource() -> Iterator[int]:
        yield 1

    @clearway.loop
    def pinned() -> int:
        return 2

    @app.get("/items", response_model=int)
    def read(resource: int = Depends(resource), pinned: int = Depends(pinned)) -> int:
        return resource + pinned

    runtime = install(app)
    ask(app, "/items")
    # A busy machine may stop the loop meanwhile, which is an event of its own.
    events = [event for event in runtime.recorder.events() if event.type is not EventType.STALL]
    assert all(isinstance(event, Event) for event in events)
    steps = [(event.type, event.kind, event.lane) for event in events]

    def hop(kind: CallKind, lane: Lane) -> list[tuple[EventType, CallKind, Lane]]:
        return [(type_, kind, lane) for type_ in (EventType.WAIT, EventType.RUN, EventType.RETURN)]

    assert steps == [
        *hop(CallKind.DEPENDENCY, Lane.THREAD),
        *hop(CallKind.DEPENDENCY, Lane.LOOP),
        *hop(CallKind.ENDPOINT, Lane.THREAD),
        *hop(CallKind.VALIDATION, Lane.THREAD),
        *hop(CallKind.DEPENDENCY_EXIT, Lane.THREAD),
        (EventType.REQUEST, None, None),
        (EventType.OUT, None, None),
    ]
    assert len({event.request for event in events}) == 1
    assert {event.route for event in events} == {"GET /items"}
    *parts, came, went = events
    assert came.at_s <= parts[0].at_s
    assert parts[-1].at_s + parts[-1].duration_s <= went.at_s
    for before, after in pairwise(parts):
        assert before.at_s <= after.at_s
        assert before.duration_s >= 0
    for _, group in groupby(parts, key=lambda event: (event.call, event.kind)):
        wait, run, back = group
        assert run.at_s == pytest.approx(wait.at_s + wait.duration_s, abs=1e-6)
        assert back.at_s == pytest.approx(run.at_s + run.duration_s, abs=1e-6)


def test_the_ring_is_bounded_and_counts_what_it_drops(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> None: ...

    runtime = install(app, events=10)

    async def scenario() -> None:
        async with client_of(app) as client:
            for _ in range(25):
                await client.get("/")

    asyncio.run(scenario())
    recorder = runtime.recorder
    assert len(recorder.ring) == 10
    assert recorder.ring.dropped == recorder.ring.written - 10 > 0
    assert runtime.snapshot()["recorder"] == {"capacity": 10, "held": 10, "dropped": recorder.ring.dropped}
    assert recorder.routes["GET /"].requests == 25
    list(recorder.events())


def test_of_a_stall_the_ring_keeps_only_what_its_event_says() -> None:
    ring = Ring(100)
    gc.collect()  # of what other tests have left
    before = sum(type(thing) in (Stall, Victim) for thing in gc.get_objects())
    for number in range(100):
        victims = tuple(Victim(request, "GET /other", 0.5) for request in range(100))
        route, call = ("GET /slow", "app:slow") if number % 2 else (None, None)
        ring.put_stall(Stall(number + 0.25, 0.5, Cause.CPU, route, call, None, None, request=number, victims=victims))
    del victims
    gc.collect()
    assert sum(type(thing) in (Stall, Victim) for thing in gc.get_objects()) == before
    assert list(ring.events())[-2:] == [
        Event(EventType.STALL, 98.25, 0.5, 98, "", None),
        Event(EventType.STALL, 99.25, 0.5, 99, "GET /slow", "app:slow"),
    ]


def test_reading_while_others_write(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> int:
        return len(list(runtime.recorder.events()))

    runtime = install(app, events=50)

    async def scenario() -> None:
        async with client_of(app) as client:
            responses = await asyncio.gather(*(client.get("/") for _ in range(60)))
            assert {response.status_code for response in responses} == {200}

    asyncio.run(scenario())
    assert runtime.faults == 0


def test_a_route_is_known_by_its_pattern(install: Install) -> None:
    app = FastAPI()
    inner = FastAPI()
    router = APIRouter(prefix="/router")
    nested = APIRouter(prefix="/nested")

    def read() -> str:
        return "read"

    def bare(request: Request) -> Response:
        return PlainTextResponse("bare")

    nested.get("/{number}")(read)
    nested.add_route("/bare/{number}", bare)
    router.include_router(nested)
    app.include_router(router, prefix="/api")
    inner.get("/items/{number}")(read)
    app.mount("/sub", inner)
    app.mount("/{tenant}/starlette", Starlette(routes=[Mount("/deep", routes=[Route("/{name}", bare)])]))
    app.post("/items")(read)
    runtime = install(app)
    for path in ("/api/router/nested/1", "/api/router/bare/2", "/sub/items/3", "/sub/items/4"):
        assert ask(app, path).status_code == 200
    for tenant in ("a", "b"):
        assert ask(app, f"/{tenant}/starlette/deep/x").status_code == 200
    assert ask(app, "/items", "POST").status_code == 200
    names = _names(runtime)
    assert {
        "GET /api/router/nested/{number}",
        "GET /api/router/bare/{number}",
        "GET /sub/items/{number}",
        "POST /items",
    } <= names
    assert runtime.recorder.routes["GET /sub/items/{number}"].requests == 2
    assert runtime.recorder.routes["GET /{tenant}/starlette/deep/{name}"].requests == 2
    assert names <= {row.route for row in runtime.plan_table()}


def test_what_no_route_serves_has_one_name(install: Install) -> None:
    app = FastAPI()
    app.get("/items/{number}")(lambda number: number)
    runtime = install(app)
    before = _names(runtime)
    for number in range(50):
        assert ask(app, f"/nowhere/{number}").status_code == 404
    for method in ("DELETE", "BREW", "X" * 1000):
        assert ask(app, "/items/1", method).status_code == 405
    assert ask(app, "/items/%00%ff/../..").status_code == 404
    assert _names(runtime) - before <= {"(no route)"}
    assert runtime.recorder.routes["(no route)"].requests == 54


@pytest.mark.parametrize("kind", ["function", "class"])
def test_a_client_cannot_invent_methods_of_a_starlette_route(install: Install, kind: str) -> None:
    class Classy(HTTPEndpoint):
        def get(self, request: Request) -> Response:
            return PlainTextResponse("get")

    def read(request: Request) -> Response:
        return PlainTextResponse("read")

    route = Route("/", Classy) if kind == "class" else Route("/", read)
    app = Starlette(routes=[route])
    runtime = install(app)
    assert ask(app, "/").status_code == 200
    for method in ("BREW", "PUT", "X" * 1000):
        assert ask(app, "/", method).status_code == 405
    assert _names(runtime) == {"GET /", "(no route)"}


def test_head_is_a_method_of_its_own_where_it_is_served(install: Install) -> None:
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("read"))])
    runtime = install(app)
    assert ask(app, "/", "HEAD").status_code == 200
    assert _names(runtime) == {"HEAD /"}


def test_a_client_that_invents_mounted_paths_fills_no_memory(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway.runtime.records.recorder.ROUTES", 20)
    app = FastAPI()
    inner = FastAPI()
    inner.get("/items")(lambda: None)
    app.mount("/{rest:path}/end", inner)
    runtime = install(app)
    for number in range(60):
        assert ask(app, f"/a/{number}/end/items").status_code == 200
    assert len(_names(runtime)) <= 21
    assert sum(record.requests for record in runtime.recorder.routes.values()) == 60


def test_a_proxy_that_invents_prefixes_fills_no_memory(install: Install) -> None:
    app = FastAPI()
    app.get("/items")(lambda: None)
    runtime = install(app)

    async def scenario() -> None:
        for number in range(20):
            transport = httpx.ASGITransport(app, root_path=f"/proxy{number}")
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                assert (await client.get(f"/proxy{number}/items")).status_code == 200

    asyncio.run(scenario())
    assert _names(runtime) == {"GET /items"}


def test_an_error_is_recorded_as_any_other_request(install: Install) -> None:
    app = FastAPI()

    @app.get("/")
    def read() -> None:
        raise ValueError

    runtime = install(app)
    assert ask(app, "/").status_code == 500
    assert [event.type for event in runtime.recorder.events()][-1] is EventType.OUT
    assert runtime.recorder.routes["GET /"].requests == 1
