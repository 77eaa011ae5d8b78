"""Endpoints of every shape answer as without Clearway, each where it belongs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import clearway
from tests.runtime.serving import Fit, ask, calls_of, here, route_in


class Item(BaseModel):
    name: str
    price: float = 1.5


def test_a_def_endpoint_runs_in_a_thread(fit: Fit) -> None:
    app = FastAPI()

    @app.get("/items/{number}")
    def read(number: int, q: str = "none") -> dict[str, Any]:
        return {"number": number, "q": q, "ran": here()}

    fit(app)
    response = ask(app, "/items/3?q=x")
    assert response.status_code == 200
    assert response.json() == {"number": 3, "q": "x", "ran": fit.thread}
    assert ask(app, "/items/three").status_code == 422


def test_an_async_endpoint_runs_on_the_loop(fit: Fit) -> None:
    app = FastAPI()

    @app.post("/items")
    async def create(item: Item) -> dict[str, Any]:
        return {**item.model_dump(), "ran": here()}

    fit(app)
    response = ask(app, "/items", "POST", json={"name": "tea"})
    assert response.json() == {"name": "tea", "price": 1.5, "ran": "loop"}


def test_a_response_model_of_a_def_endpoint_filters_as_ever(fit: Fit) -> None:
    app = FastAPI()

    @app.get("/item", response_model=Item)
    def read() -> dict[str, Any]:
        return {"name": "tea", "secret": True}

    runtime = fit(app)
    assert ask(app, "/item").json() == {"name": "tea", "price": 1.5}
    if runtime:
        assert {(kind, lane) for _, kind, lane in calls_of(runtime)} == {
            ("endpoint", "thread"),
            ("validation", "thread"),
        }


def test_a_partial_is_its_function(fit: Fit) -> None:
    app = FastAPI()

    def read(greeting: str, name: str = "you") -> dict[str, str]:
        return {"said": f"{greeting} {name}", "ran": here()}

    app.get("/")(functools.partial(read, "hello"))
    runtime = fit(app)
    assert ask(app, "/?name=me").json() == {"said": "hello me", "ran": fit.thread}
    if runtime:
        assert runtime.snapshot()["routes"][-1]["call"] == f"{__name__}:test_a_partial_is_its_function.<locals>.read"


def test_a_callable_object_and_a_bound_method_are_endpoints(fit: Fit) -> None:
    class Greeter:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, name: str) -> dict[str, str]:
            return {"called": name, "ran": here()}

        def method(self, name: str) -> dict[str, str]:
            return {"method": name, "ran": here()}

    app = FastAPI()
    greeter = Greeter()
    app.get("/called")(greeter)
    app.get("/method")(greeter.method)
    fit(app)
    assert ask(app, "/called?name=a").json() == {"called": "a", "ran": fit.thread}
    assert ask(app, "/method?name=b").json() == {"method": "b", "ran": fit.thread}


def test_an_async_callable_object_runs_on_the_loop(fit: Fit) -> None:
    class Greeter:
        async def __call__(self) -> str:
            return here()

    app = FastAPI()
    app.get("/")(Greeter())
    fit(app)
    assert ask(app, "/").json() == "loop"


@pytest.mark.parametrize("included", ["before", "after"])
def test_routers_nest_included_before_and_after_the_install(fit: Fit, included: str) -> None:
    inner = APIRouter(prefix="/inner")
    outer = APIRouter(prefix="/outer")
    app = FastAPI()

    @inner.get("/{name}")
    def read(name: str) -> dict[str, str]:
        return {"name": name, "ran": here()}

    if included == "after":
        runtime = fit(app)
    outer.include_router(inner, prefix="/nested")
    app.include_router(outer, prefix="/api")
    if included == "before":
        runtime = fit(app)
    assert ask(app, "/api/outer/nested/inner/me").json() == {"name": "me", "ran": fit.thread}
    if runtime:
        assert "GET /api/outer/nested/inner/{name}" in {row["route"] for row in runtime.snapshot()["routes"]}


def test_a_route_added_after_a_request_is_served(fit: Fit) -> None:
    app = FastAPI()

    @app.get("/first")
    def first() -> str:
        return here()

    fit(app)
    assert ask(app, "/first").json() == fit.thread

    @app.get("/second")
    def second() -> str:
        return here()

    assert ask(app, "/second").json() == fit.thread


def test_starlette_routes_and_endpoint_classes(fit: Fit) -> None:
    def plain(request: Request) -> Response:
        return PlainTextResponse(f"{request.path_params['name']} {here()}")

    async def native(request: Request) -> Response:
        return PlainTextResponse(here())

    class Classy(HTTPEndpoint):
        def get(self, request: Request) -> Response:
            return PlainTextResponse(f"get {here()}")

        async def post(self, request: Request) -> Response:
            return PlainTextResponse(f"post {here()}")

    def partly(word: str, request: Request) -> Response:
        return PlainTextResponse(f"{word} {here()}")

    routes = [
        Route("/plain/{name}", plain),
        Route("/native", native),
        Route("/classy", Classy),
        Route("/partly", functools.partial(partly, "partly")),
    ]
    app = Starlette(routes=routes)
    runtime = fit(app)
    assert ask(app, "/partly").text == f"partly {fit.thread}"
    assert ask(app, "/plain/x").text == f"x {fit.thread}"
    assert ask(app, "/native").text == "loop"
    assert ask(app, "/classy").text == f"get {fit.thread}"
    assert ask(app, "/classy", "POST").text == "post loop"
    assert ask(app, "/classy", "PUT").status_code == 405
    if runtime:
        assert {kind for _, kind, _ in calls_of(runtime)} == {"endpoint"}


def test_starlette_routes_of_a_fastapi_app_have_their_names(install: Callable[..., clearway.Runtime]) -> None:
    def read(request: Request) -> Response:
        return PlainTextResponse(here())

    app = FastAPI(routes=[Route("/one/{name}", read), Route("/two", read)])
    app.add_route("/three", read)
    runtime = install(app)
    for path in ("/one/x", "/two", "/three", "/openapi.json"):
        assert ask(app, path).status_code == 200
    for name in ("GET /one/{name}", "GET /two", "GET /three", "GET /openapi.json"):
        assert route_in(runtime, name)["requests"] == 1


def test_base_http_middleware_around_it(fit: Fit) -> None:
    app = FastAPI()

    class Stamp(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            response.headers["x-stamp"] = here()
            return response

    app.add_middleware(Stamp)

    @app.get("/")
    def read() -> str:
        return here()

    fit(app)
    response = ask(app, "/")
    assert response.json() == fit.thread
    assert response.headers["x-stamp"] == "loop"


def test_middleware_may_be_added_after_the_install(fit: Fit) -> None:
    app = FastAPI()
    fit(app)

    @app.middleware("http")
    async def stamp(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-stamp"] = "late"
        return response

    @app.get("/")
    def read() -> str:
        return here()

    response = ask(app, "/")
    assert (response.json(), response.headers["x-stamp"]) == (fit.thread, "late")


def test_openapi_is_the_same_byte_for_byte() -> None:
    def build() -> FastAPI:
        app = FastAPI()
        router = APIRouter(prefix="/r", tags=["r"])

        @router.post("/items", response_model=Item)
        @clearway.loop
        def create(item: Item, q: int = 1) -> Item:
            """Make an item."""
            return item

        @app.get("/stream")
        def stream() -> list[Item]:
            return []

        app.include_router(router)
        return app

    plain = ask(build(), "/openapi.json").content
    fitted = build()
    runtime = clearway.install(fitted)
    try:
        assert ask(fitted, "/openapi.json").content == plain
    finally:
        runtime.uninstall()
