"""The planner's names, its keys, and the errors for names that do not exist."""

from __future__ import annotations

import asyncio
import functools
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import clearway
from clearway.model import CallKind, Lane, Plan, PlanError, PlannedCall, SettingsError
from clearway.runtime.plan.planner import call_id, describe
from clearway.settings import RouteLimits
from tests.runtime.serving import ask, calls_of, client_of, happens, here

Install = Callable[..., clearway.Runtime]
THREAD = "clearway thread lane"


class Checker:
    """A dependency that is an object."""

    def __call__(self) -> str:
        return here()

    def method(self) -> str:
        return here()


def read_item(number: int = 1) -> str:
    return here()


def check_token() -> str:
    return here()


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/dependent/{name}")
    def dependent(name: str, token: str = Depends(check_token), checked: str = Depends(Checker())) -> list[str]:
        return [token, checked]

    app.get("/items/{number}")(read_item)
    return app


def test_ids_name_the_function_class_or_method() -> None:
    assert call_id(read_item) == f"{__name__}:read_item"
    assert call_id(functools.partial(functools.partial(read_item, 1), 2)) == f"{__name__}:read_item"
    assert call_id(Checker) == f"{__name__}:Checker"
    assert call_id(Checker()) == f"{__name__}:Checker"
    assert call_id(Checker().method) == f"{__name__}:Checker.method"


def test_a_call_knows_its_file_and_line() -> None:
    call = describe(functools.partial(read_item, 3), CallKind.ENDPOINT)
    assert (call.file, call.line) == (__file__, read_item.__code__.co_firstlineno)
    assert not call.is_async
    assert describe(Checker(), CallKind.DEPENDENCY).line == Checker.__call__.__code__.co_firstlineno


def test_the_table_has_a_row_for_each_route_and_dependency(install: Install) -> None:
    runtime = install(_app())
    rows = [(row.route, row.call.partition(":")[2], row.kind, row.lane) for row in runtime.plan_table()]
    of_app = [row for row in rows if not row[0].startswith(("GET /docs", "GET /redoc", "GET /openapi"))]
    assert of_app == [
        ("GET /dependent/{name}", "_app.<locals>.dependent", CallKind.ENDPOINT, Lane.THREAD),
        ("GET /dependent/{name}", "check_token", CallKind.DEPENDENCY, Lane.THREAD),
        ("GET /dependent/{name}", "Checker", CallKind.DEPENDENCY, Lane.THREAD),
        ("GET /items/{number}", "read_item", CallKind.ENDPOINT, Lane.THREAD),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "GET /items/{number}",
        f"{__name__}:read_item",
        f"{__name__}.read_item",
        f"{__name__}:Checker",
        f"{__name__}:check_token",
        f"{__name__}:call_later",
    ],
)
def test_a_pin_may_name_a_route_or_a_call(install: Install, name: str) -> None:
    install(_app(), pins={name: Lane.LOOP}).check()


def call_later() -> None:
    """No call of the app, but one that a background task could name."""


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GET /item/{number}", "GET /items/{number}"),
        ("GET /items/{id}", "GET /items/{number}"),
        (f"{__name__}:read_itm", f"{__name__}:read_item"),
        (f"{__name__}.chek_token", f"{__name__}:check_token"),
    ],
)
def test_a_pin_for_nothing_names_the_nearest(install: Install, name: str, nearest: str) -> None:
    with pytest.raises(SettingsError) as caught:
        install(_app(), pins={name: Lane.LOOP}).check()
    message = str(caught.value)
    assert message == f"pin for {name!r}: the app has no such route or call; did you mean {nearest!r}?"


def test_limits_for_nothing_name_the_nearest(install: Install) -> None:
    with pytest.raises(SettingsError) as caught:
        install(_app(), routes={"GET /item/{number}": RouteLimits(limit=3)}).check()
    assert str(caught.value).endswith("the app has no such route; did you mean 'GET /items/{number}'?")


def test_a_plan_for_nothing_names_the_nearest(install: Install) -> None:
    name = f"{__name__}:read_items"
    with pytest.raises(PlanError) as caught:
        install(_app(), plan=Plan.of([PlannedCall(name, Lane.LOOP, "why")])).check()
    message = str(caught.value)
    assert name in message
    assert f"did you mean '{__name__}:read_item'?" in message
    assert "\n" not in message


def test_a_name_like_no_other_gets_no_guess(install: Install) -> None:
    with pytest.raises(SettingsError) as caught:
        install(_app(), pins={"zzz": Lane.LOOP}).check()
    assert "did you mean" not in str(caught.value)
    assert "None" not in str(caught.value)


def test_functions_of_one_factory_keep_their_own_pins(install: Install) -> None:
    def make() -> Callable[[], str]:
        def made() -> str:
            return here()

        return made

    app = FastAPI()

    @app.get("/")
    async def read(free: str = Depends(make()), pinned: str = Depends(clearway.loop(make()))) -> list[str]:
        return [free, pinned]

    install(app)
    assert ask(app, "/").json() == [THREAD, "loop"]


def test_objects_of_one_class_and_cached_functions_are_told_apart(install: Install) -> None:
    class Child(Checker): ...

    app = FastAPI()
    one, other = functools.lru_cache(lambda: "one"), functools.lru_cache(lambda: "other")

    @app.get("/")
    async def read(
        checker: str = Depends(Checker()),
        child: str = Depends(Child()),
        pinned: str = Depends(clearway.loop(Checker())),
        one: str = Depends(one),
        other: str = Depends(other),
    ) -> list[str]:
        return [checker, child, pinned, one, other]

    runtime = install(app)
    assert ask(app, "/").json() == [THREAD, THREAD, "loop", "one", "other"]
    assert {("Checker", "dependency", "thread"), ("Child", "dependency", "thread")} <= calls_of(runtime)


def test_nothing_of_a_request_is_kept_alive(install: Install) -> None:
    class Rows(list[Any]): ...

    class Job:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self) -> None: ...

        def method(self) -> None: ...

    app = FastAPI()
    made: list[weakref.ref[Any]] = []

    @app.get("/")
    def read(tasks: BackgroundTasks) -> None:
        rows, job, other = Rows(), Job(), Job()
        made.extend(weakref.ref(thing) for thing in (rows, job, other))
        tasks.add_task(rows.append, 1)
        tasks.add_task(job)
        tasks.add_task(other.method)
        tasks.add_task(functools.partial(rows.extend, [2]))

    install(app)

    async def scenario() -> None:
        async with client_of(app) as client:
            await client.get("/")
            made.clear()  # FastAPI itself remembers the first of a class
            for _ in range(3):
                await client.get("/")
            await happens(lambda: gc.collect() >= 0 and all(ref() is None for ref in made))

    asyncio.run(scenario())
    assert len(made) == 9


def test_a_starlette_function_on_two_routes_has_each_one_s_pin(install: Install) -> None:
    def read(request: Request) -> Response:
        return Response(here())

    app = FastAPI(routes=[Route("/a", read), Route("/b", read)])
    install(app, pins={"GET /b": Lane.LOOP})
    for _ in range(2):
        assert ask(app, "/a").text == THREAD
        assert ask(app, "/b").text == "loop"
