"""Functions that the setting `cooperative` names: run in a thread while their request is suspended."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sqlite3
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import clearway
from clearway.model import SettingsError
from clearway.runtime.containment.families import listed
from clearway.runtime.containment.imports import FINDER
from tests.runtime.serving import PATIENCE_S, AnyApp, Server, calls_of, client_of, happens, here

SOURCE = """
import threading

def where(wanted=None):
    return threading.current_thread().name

async def waits_by_itself(): ...

def yields():
    yield 1

class Thing:
    def __init__(self, name):
        self.name = name

    def method(self):
        return self.name, where()

    @classmethod
    def of_class(cls):
        return cls.__name__, where()

    @staticmethod
    def static():
        return "static", where()
"""
Install = Callable[..., clearway.Runtime]
Serve = Callable[[AnyApp], Server]
LANE = "clearway thread lane"
variable: ContextVar[str] = ContextVar("variable", default="unset")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], types.ModuleType]]:
    """`driver.blocking`, which nobody has imported yet; called, it is."""
    folder = tmp_path / "driver"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "blocking.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda: importlib.import_module("driver.blocking")
    for name in ("driver.blocking", "driver"):
        sys.modules.pop(name, None)


def ask(app: FastAPI) -> Any:
    async def once() -> Any:
        async with client_of(app) as client:
            response = await client.get("/ask")
            assert response.status_code == 200, response.text
            return response.json()

    return asyncio.run(once())


@pytest.mark.parametrize("imported", ["before", "after", "within"])
def test_functions_and_methods_run_in_the_thread_lane(
    install: Install, package: Callable[[], types.ModuleType], imported: str
) -> None:
    app = FastAPI()

    @app.get("/ask")
    async def endpoint() -> list[Any]:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        module = package()
        thing = module.Thing("its own")
        return [here(), module.where(), thing.method(), module.Thing.of_class(), thing.static()]

    names = [f"driver.blocking.{name}" for name in ("where", "Thing.method", "Thing.of_class", "Thing.static")]
    if imported == "before":
        package()
    runtime = install(app, contain=("GET /ask",), cooperative=tuple(names))
    runtime.check()
    if imported == "after":
        package()
    assert ask(app) == ["loop", LANE, ["its own", LANE], ["Thing", LANE], ["static", LANE]]
    assert ("where", "offload", "thread") in calls_of(runtime)
    assert package().where() == threading.current_thread().name, "outside of a contained call, where it is called"
    runtime.uninstall()
    assert not hasattr(package().where, "__wrapped__")
    assert FINDER not in sys.meta_path


def test_a_name_that_another_module_has_taken_is_replaced_as_well(
    install: Install, package: Callable[[], types.ModuleType]
) -> None:
    app = FastAPI()
    user: Any = types.ModuleType("user_of_driver")
    user.taken = original = package().where
    sys.modules[user.__name__] = user

    @app.get("/ask")
    async def endpoint() -> str:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        return str(user.taken())

    try:
        runtime = install(app, contain=("GET /ask",), cooperative=("driver.blocking.where",))
        assert ask(app) == LANE
        runtime.uninstall()
        assert user.taken is original
    finally:
        del sys.modules[user.__name__]


def test_two_apps_may_list_the_same_name(install: Install, package: Callable[[], types.ModuleType]) -> None:
    apps = FastAPI(), FastAPI()
    original = package().where
    runtimes = [install(app, contain=True, cooperative=("driver.blocking.where",)) for app in apps]
    runtimes[0].uninstall()
    assert package().where is not original
    runtimes[1].uninstall()
    assert package().where is original


def test_context_variables_arguments_and_errors_are_its_callers(
    install: Install, package: Callable[[], types.ModuleType]
) -> None:
    app = FastAPI()
    module: Any = package()

    def look(*args: Any, **kwargs: Any) -> Any:
        if args == ("fail",):
            raise LookupError("no such thing")
        return [variable.get(), args, kwargs, here()]

    module.look = look

    @app.get("/ask")
    async def endpoint() -> Any:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        variable.set("set by the request")
        with pytest.raises(LookupError, match="no such thing"):
            module.look("fail")
        return module.look(1, two=2)

    install(app, contain=("GET /ask",), cooperative=("driver.blocking.look",))
    assert ask(app) == ["set by the request", [1], {"two": 2}, LANE]


def test_the_loop_turns_and_a_cancelled_request_leaves_its_thread_behind(
    install: Install, serve: Serve, package: Callable[[], types.ModuleType], release: threading.Event
) -> None:
    app = FastAPI()
    module: Any = package()
    ended: list[str] = []

    def block() -> None:
        release.wait(PATIENCE_S)
        ended.append("in its thread")

    module.block = block

    @app.get("/ask")
    async def endpoint() -> str:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        try:
            async with asyncio.timeout(0.05):
                module.block()
        except TimeoutError:
            return "went on"
        return "waited"

    runtime = install(app, contain=("GET /ask",), cooperative=("driver.blocking.block",))
    server = serve(app)
    assert server.ask("/ask").json() == "went on"
    assert not ended
    threads = runtime.snapshot()["threads"]
    assert (threads["abandoned"], threads["busy"]) == (1, 1)
    release.set()

    async def is_over() -> None:
        await happens(lambda: ended and runtime.snapshot()["threads"]["busy"] == 0, "the thread has ended")

    asyncio.run(is_over())
    assert runtime.faults == 0


def test_a_cancelled_request_that_waits_for_a_thread_never_gets_one(
    install: Install, serve: Serve, package: Callable[[], types.ModuleType], release: threading.Event
) -> None:
    app = FastAPI()
    module: Any = package()
    begun: list[int] = []

    def block() -> None:
        begun.append(1)
        release.wait(PATIENCE_S)

    module.block = block

    @app.get("/ask")
    async def endpoint(patience_s: float) -> str:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        try:
            async with asyncio.timeout(patience_s):
                module.block()
        except TimeoutError:
            return "went on"
        return "waited"

    runtime = install(app, threads=1, contain=("GET /ask",), cooperative=("driver.blocking.block",))
    server = serve(app)

    async def go() -> None:
        async with server.async_client() as client:
            holding = asyncio.create_task(client.get("/ask", params={"patience_s": PATIENCE_S}))
            await happens(lambda: begun, "the only thread is taken")
            assert (await client.get("/ask", params={"patience_s": 0.05})).json() == "went on"
            release.set()
            assert (await holding).json() == "waited"

    asyncio.run(go())
    assert begun == [1]
    assert runtime.snapshot()["threads"]["abandoned"] == 0


def test_a_function_that_uses_sqlite_is_for_connections_without_a_thread_check(
    install: Install, package: Callable[[], types.ModuleType]
) -> None:
    app = FastAPI()
    module: Any = package()
    module.query = lambda connection: connection.execute("SELECT 42").fetchone()

    @app.get("/ask")
    async def endpoint() -> Any:
        await asyncio.sleep(0)  # one that never awaits runs in a thread as a whole
        with contextlib.closing(sqlite3.connect(":memory:")) as bound, pytest.raises(sqlite3.ProgrammingError):
            module.query(bound)
        with contextlib.closing(sqlite3.connect(":memory:", check_same_thread=False)) as free:
            return module.query(free)

    install(app, contain=("GET /ask",), cooperative=("driver.blocking.query",))
    assert ask(app) == [42]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("drivr.blocking.where", "no module 'drivr'; did you mean 'driver'"),
        ("driver.blocking.wher", "module driver.blocking has no 'wher'; did you mean 'where'"),
        ("driver.blocking.Thing.metod", "class Thing has no 'metod'; did you mean 'method'"),
        ("driver.blokcing.where", "module driver has no 'blokcing'; did you mean 'blocking'"),
        ("driver.blocking.Thing", "is no function"),
        ("driver.blocking.waits_by_itself", "is an async def, which waits by itself"),
        ("driver.blocking.yields", "is a generator"),
        ("sqlite3.Cursor.execute", "written in C and cannot be replaced"),
        ("driver", "no function; write package.module.function"),
    ],
)
def test_a_name_that_cannot_be_made_cooperative_is_refused(
    install: Install, package: Callable[[], types.ModuleType], name: str, message: str
) -> None:
    package()
    app = FastAPI()
    with pytest.raises(SettingsError, match=message):
        install(app, contain=True, cooperative=("driver.blocking.where", name))
    assert not hasattr(package().where, "__wrapped__"), "nothing of it stays"
    with pytest.raises(SettingsError, match=message):
        install(app, cooperative=(name,)).check()


def test_a_name_in_a_module_that_is_not_imported_is_believed(package: Callable[[], types.ModuleType]) -> None:
    listed.check(["driver.blocking.whatever"])
    assert "driver" not in sys.modules, "looking imports nothing"


def test_what_is_missing_when_its_module_comes_is_said_and_breaks_no_import(
    cooperative: Callable[..., None], package: Callable[[], types.ModuleType], caplog: pytest.LogCaptureFixture
) -> None:
    cooperative("driver.blocking.wher")
    assert package().where()
    assert "has no 'wher'; did you mean 'where'" in caplog.text
    spec = package().__spec__
    assert spec is not None
    assert type(spec.loader).__module__.startswith("_frozen_importlib"), "the module's loader is its own"
