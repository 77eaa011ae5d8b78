"""What a look at the code says: whether an `async def` awaits, and whether it must stay on the loop's thread."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from clearway.runtime.containment.bytecode import needs_loop, never_awaits

current_user: ContextVar[str] = ContextVar("current_user")
wakes = asyncio.Event()


async def sleeps() -> None:
    time.sleep(1)


async def reads_a_variable() -> str:
    return current_user.get()


async def has_an_inner_coroutine() -> Any:
    async def inner() -> None:
        await asyncio.sleep(0)

    return inner


async def awaits() -> None:
    await anyio.sleep(0)


async def loops() -> list[int]:
    return [number async for number in numbers()]


async def enters() -> None:
    async with asyncio.timeout(1):
        pass


async def numbers() -> AsyncIterator[int]:
    yield 1


def plain() -> None:
    time.sleep(1)


@functools.wraps(sleeps)
async def wraps_another(*args: Any) -> None:
    return await sleeps()


async def makes_a_task() -> None:
    task = asyncio.create_task(sleeps())
    task.cancel()


async def asks_for_the_task() -> Any:
    return asyncio.current_task()


async def sets_a_variable() -> None:
    current_user.set("me")


async def wakes_others() -> None:
    wakes.set()


async def puts_into_its_queue(queue: Any) -> None:
    queue.put_nowait(1)


def helper() -> Any:
    return asyncio.get_running_loop()


async def calls_a_helper() -> Any:
    return helper()


@pytest.mark.parametrize("function", [sleeps, reads_a_variable, has_an_inner_coroutine, makes_a_task])
def test_code_without_an_await_never_awaits(function: Callable[..., Any]) -> None:
    assert never_awaits(function)


@pytest.mark.parametrize("target", [awaits, loops, enters, numbers, plain, wraps_another, functools.partial(sleeps), 3])
def test_everything_else_may_await(target: Any) -> None:
    assert not never_awaits(target)


@pytest.mark.parametrize("function", [sleeps, reads_a_variable])
def test_code_that_only_blocks_may_leave_the_loop(function: Callable[..., Any]) -> None:
    assert not needs_loop(function)


@pytest.mark.parametrize(
    "function",
    [makes_a_task, asks_for_the_task, sets_a_variable, wakes_others, puts_into_its_queue, calls_a_helper],
)
def test_code_that_touches_the_loop_stays(function: Callable[..., Any]) -> None:
    assert needs_loop(function)


def test_a_closure_over_something_of_the_loop_s_stays() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def takes() -> int:
        return queue.qsize()

    assert needs_loop(takes)


def test_a_replaced_operation_is_not_the_loop_s(cooperative: Callable[..., None]) -> None:
    scope: dict[str, Any] = {"sleep": time.sleep}  # as `from time import sleep` gives it
    exec("async def waits():\n    sleep(1)\n", scope)
    assert never_awaits(scope["waits"])
    assert not needs_loop(scope["waits"])
