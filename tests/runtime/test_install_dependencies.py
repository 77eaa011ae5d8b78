"""Dependencies of every shape give what they give without Clearway, each where it belongs."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse

import clearway
from tests.runtime.serving import Fit, ask, calls_of, here


def test_sync_and_async_dependencies_nest_and_are_cached(fit: Fit) -> None:
    app = FastAPI()
    ran: list[tuple[str, str]] = []

    def settings() -> str:
        ran.append(("settings", here()))
        return "settings"

    async def session(settings: str = Depends(settings)) -> str:
        ran.append(("session", here()))
        return f"session of {settings}"

    def user(settings: str = Depends(settings), session: str = Depends(session)) -> str:
        ran.append(("user", here()))
        return f"user with {settings} in {session}"

    @app.get("/")
    def read(user: str = Depends(user), settings: str = Depends(settings)) -> list[str]:
        ran.append(("read", here()))
        return [user, settings]

    fit(app)
    assert ask(app, "/").json() == ["user with settings in session of settings", "settings"]
    assert ran == [("settings", fit.thread), ("session", "loop"), ("user", fit.thread), ("read", fit.thread)]


def test_an_uncached_dependency_runs_each_time(fit: Fit) -> None:
    app = FastAPI()
    ran: list[str] = []

    def count() -> int:
        ran.append(here())
        return len(ran)

    @app.get("/")
    async def read(a: int = Depends(count, use_cache=False), b: int = Depends(count, use_cache=False)) -> list[int]:
        return [a, b]

    fit(app)
    assert ask(app, "/").json() == [1, 2]
    assert ran == [fit.thread] * 2


@pytest.mark.parametrize("scope", ["function", "request"])
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_yield_dependency_is_exited_when_its_scope_ends(fit: Fit, scope: Any, kind: str) -> None:
    app = FastAPI()
    ran: list[tuple[str, str]] = []

    def sync_resource() -> Iterator[str]:
        ran.append(("enter", here()))
        yield "resource"
        ran.append(("exit", here()))

    async def async_resource() -> AsyncIterator[str]:
        ran.append(("enter", here()))
        yield "resource"
        ran.append(("exit", here()))

    def body() -> Iterator[str]:
        ran.append(("body", here()))
        yield "done"

    resource = sync_resource if kind == "def" else async_resource
    where = fit.thread if kind == "def" else "loop"

    @app.get("/")
    def read(resource: str = Depends(resource, scope=scope)) -> StreamingResponse:
        ran.append(("read", here()))
        return StreamingResponse(body())

    fit(app)
    assert ask(app, "/").text == "done"
    entered, read_, streamed, exited = ("enter", where), ("read", fit.thread), ("body", fit.thread), ("exit", where)
    if scope == "function":
        assert ran == [entered, read_, exited, streamed]
    else:
        assert ran == [entered, read_, streamed, exited]


@pytest.mark.parametrize("endpoint_kind", ["def", "async def"])
def test_a_yield_dependency_sees_and_may_replace_the_error(fit: Fit, endpoint_kind: str) -> None:
    app = FastAPI()
    seen: list[str] = []

    def resource() -> Iterator[str]:
        try:
            yield "resource"
        except KeyError as error:
            seen.append(f"{error!r} {here()}")
            raise HTTPException(418, "no such key") from error
        finally:
            seen.append("closed")

    def sync_read(resource: str = Depends(resource)) -> None:
        raise KeyError(resource)

    async def async_read(resource: str = Depends(resource)) -> None:
        raise KeyError(resource)

    app.get("/")(sync_read if endpoint_kind == "def" else async_read)
    fit(app)
    response = ask(app, "/")
    assert (response.status_code, response.json()) == (418, {"detail": "no such key"})
    assert seen == [f"KeyError('resource') {fit.thread}", "closed"]


def test_yield_dependencies_are_exited_in_reverse(fit: Fit) -> None:
    app = FastAPI()
    ran: list[str] = []

    def outer() -> Iterator[str]:
        ran.append("enter outer")
        yield "outer"
        ran.append("exit outer")

    async def middle(outer: str = Depends(outer)) -> AsyncIterator[str]:
        ran.append("enter middle")
        yield f"{outer} middle"
        ran.append("exit middle")

    def inner(middle: str = Depends(middle)) -> Iterator[str]:
        ran.append("enter inner")
        yield f"{middle} inner"
        ran.append("exit inner")

    @app.get("/")
    def read(inner: str = Depends(inner)) -> str:
        return inner

    runtime = fit(app)
    assert ask(app, "/").json() == "outer middle inner"
    assert ran == ["enter outer", "enter middle", "enter inner", "exit inner", "exit middle", "exit outer"]
    if runtime:
        assert {("outer", "dependency", "thread"), ("outer", "dependency_exit", "thread")} <= calls_of(runtime)


def test_a_failed_enter_is_not_exited(fit: Fit) -> None:
    app = FastAPI()
    exited: list[str] = []

    def resource() -> Iterator[str]:
        if not exited:
            raise HTTPException(409, "taken")
        yield "never"
        exited.append("exit")

    @app.get("/")
    def read(resource: str = Depends(resource)) -> str:
        return resource

    fit(app)
    assert ask(app, "/").status_code == 409
    assert exited == []


def test_classes_partials_and_objects_are_dependencies(fit: Fit) -> None:
    class Page:
        def __init__(self, number: int = 1) -> None:
            self.said = f"page {number} {here()}"

    class Checker:
        def __init__(self, word: str) -> None:
            self.word = word

        def __call__(self) -> str:
            return f"{self.word} {here()}"

        def method(self) -> str:
            return f"method of {self.word} {here()}"

        @classmethod
        def made(cls) -> str:
            return f"{cls.__name__} {here()}"

        @staticmethod
        def free() -> str:
            return f"free {here()}"

    def limited(limit: int, q: str = "q") -> str:
        return f"{q} to {limit} {here()}"

    app = FastAPI()
    checker, other = Checker("one"), Checker("two")

    @app.get("/")
    async def read(
        page: Page = Depends(Page),
        called: str = Depends(checker),
        other: str = Depends(other),
        method: str = Depends(checker.method),
        made: str = Depends(Checker.made),
        free: str = Depends(Checker.free),
        partial: str = Depends(functools.partial(limited, 3)),
    ) -> list[str]:
        return [page.said, called, other, method, made, free, partial]

    runtime = fit(app)
    for number in (2, 3):
        assert ask(app, f"/?number={number}").json() == [
            f"page {number} {fit.thread}",
            f"one {fit.thread}",
            f"two {fit.thread}",
            f"method of one {fit.thread}",
            f"Checker {fit.thread}",
            f"free {fit.thread}",
            f"q to 3 {fit.thread}",
        ]
    if runtime:
        calls = calls_of(runtime)
        for name in ("Page", "Checker", "method", "made", "free", "limited"):
            assert (name, "dependency", "thread") in calls


def test_callable_objects_of_the_coroutine_kind_run_on_the_loop(fit: Fit) -> None:
    class Checker:
        async def __call__(self) -> str:
            return here()

    class Source:
        def __call__(self) -> Iterator[str]:
            yield here()

    async def native() -> str:
        return here()

    app = FastAPI()

    @app.get("/")
    async def read(
        checker: str = Depends(Checker()),
        source: str = Depends(Source()),
        partial: str = Depends(functools.partial(native)),
    ) -> list[str]:
        return [checker, source, partial]

    fit(app)
    assert ask(app, "/").json() == ["loop", fit.thread, "loop"]


def test_dependencies_of_the_app_router_and_route(fit: Fit) -> None:
    ran: list[tuple[str, str]] = []

    def of_app() -> None:
        ran.append(("app", here()))

    def of_route() -> None:
        ran.append(("route", here()))

    app = FastAPI(dependencies=[Depends(of_app)])

    @app.get("/", dependencies=[Depends(of_route)])
    async def read() -> None: ...

    fit(app)
    assert ask(app, "/").status_code == 200
    assert ran == [("app", fit.thread), ("route", fit.thread)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_override_takes_the_place_of_a_dependency(fit: Fit, when: str) -> None:
    app = FastAPI()

    def database() -> str:
        return "real"

    def host() -> str:
        return f"host {here()}"

    def fake(host: str = Depends(host)) -> Iterator[str]:
        yield f"fake {here()} on {host}"

    @app.get("/")
    def read(database: str = Depends(database)) -> str:
        return database

    if when == "before":
        app.dependency_overrides[database] = fake
        runtime = fit(app)
    else:
        runtime = fit(app)
        assert ask(app, "/").json() == "real"
        app.dependency_overrides[database] = fake
    assert ask(app, "/").json() == f"fake {fit.thread} on host {fit.thread}"
    if runtime:
        assert {("fake", "dependency", "thread"), ("host", "dependency", "thread")} <= calls_of(runtime)
    app.dependency_overrides.clear()
    assert ask(app, "/").json() == "real"


def test_an_error_of_a_dependency_reaches_the_app(fit: Fit) -> None:
    app = FastAPI()

    def locked() -> None:
        raise HTTPException(403, "locked", headers={"x-where": here()})

    @app.get("/")
    def read(locked: None = Depends(locked)) -> None: ...

    fit(app)
    response = ask(app, "/")
    assert (response.status_code, response.headers["x-where"]) == (403, fit.thread)


def test_a_pinned_dependency_runs_on_the_loop(fit: Fit) -> None:
    app = FastAPI()

    @clearway.loop
    def token(authorization: str = "none") -> str:
        return f"{authorization} {here()}"

    @app.get("/")
    def read(token: str = Depends(token)) -> str:
        return f"{token} {here()}"

    fit(app)
    assert ask(app, "/?authorization=a").json() == f"a {fit.planned('loop')} {fit.thread}"
