"""Fixtures for the tests of containment: what is made cooperative, and loops with portals."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvloop

from clearway.runtime import portal
from clearway.runtime.containment import families
from clearway.runtime.containment.families import listed
from clearway.runtime.containment.families.locks import RLOCK
from clearway.runtime.containment.replacing import Replacements
from tests.runtime.serving import PATIENCE_S
from tests.services.fixtures import (  # noqa: F401
    _mysql_server,
    _tls_upstream,
    _upstream,
    mysql_server,
    postgres_server,
    redis_server,
    tls_upstream,
    upstream,
)


@pytest.fixture
def cooperative() -> Iterator[Callable[..., None]]:
    """Everything is replaced during the test. `cooperative("package.function")` adds to it what a user lists."""
    replacements = Replacements()
    replacements.hold(families.replacements())
    added: list[str] = []

    def add(*names: str) -> None:
        listed.HELD.hold(names)
        added.extend(names)

    yield add
    listed.HELD.release(added)
    replacements.release()


@pytest.fixture(params=["asyncio", "uvloop"])
def on_loop(request: pytest.FixtureRequest, cooperative: Callable[..., None]) -> Callable[..., Any]:
    """`on_loop(func)`: run a coroutine function on a loop, once on asyncio's and once on uvloop's."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(func: Callable[[], Awaitable[Any]]) -> Any:
        async def within() -> Any:
            async with asyncio.timeout(PATIENCE_S):
                return await func()

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(within())

    return run


async def contained(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a plain function in a portal of this task."""

    async def call() -> Any:
        return func(*args, **kwargs)

    return await portal.run(call)


def contained_task(func: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
    """The same in a task of its own."""
    return asyncio.get_running_loop().create_task(contained(func, *args, **kwargs))


@pytest.fixture
def made_before() -> threading.Condition:
    """A condition with the interpreter's own lock: named before `on_loop` in no test, but made before it replaces."""
    condition = threading.Condition(RLOCK())
    assert type(condition._lock) is type(RLOCK())  # type: ignore[attr-defined]
    return condition
