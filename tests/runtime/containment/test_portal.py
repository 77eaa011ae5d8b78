"""The portal: plain functions wait, and the task, its context, its cancellation and its errors stay what they are."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextvars import ContextVar
from typing import Any

import greenlet
import pytest
import uvloop

from clearway.runtime import portal

Run = Callable[[Coroutine[Any, Any, Any]], Any]
FACTORIES = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
color: ContextVar[str] = ContextVar("color", default="none")


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Run a coroutine on a loop of its own, asyncio's and uvloop's."""
    with asyncio.Runner(loop_factory=FACTORIES[request.param]) as runner:
        yield runner.run


def pause(seconds: float = 0.0) -> None:
    """A plain function that waits."""
    portal.wait(asyncio.sleep(seconds))


def test_a_plain_function_waits_and_the_loop_turns(run: Run) -> None:
    order: list[str] = []

    async def call(name: str) -> None:
        order.append(f"{name} begins")
        pause()
        order.append(f"{name} ends")

    async def main() -> None:
        await asyncio.gather(portal.run(call, "a"), portal.run(call, "b"))

    run(main())
    assert order == ["a begins", "b begins", "a ends", "b ends"]


def test_arguments_go_in_and_the_result_comes_out(run: Run) -> None:
    async def call(*args: int, **kwargs: int) -> tuple[Any, Any]:
        pause()
        return args, kwargs

    assert run(portal.run(call, 1, two=2)) == ((1,), {"two": 2})


def test_the_task_and_its_context_stay_what_they_are(run: Run) -> None:
    async def call(task: asyncio.Task[Any] | None) -> None:
        assert asyncio.current_task() is task
        assert color.get() == "red"
        color.set("blue")
        pause()
        await asyncio.sleep(0)
        assert asyncio.current_task() is task
        assert color.get() == "blue"

    async def main() -> None:
        color.set("red")
        await portal.run(call, asyncio.current_task())
        assert color.get() == "blue"  # as after any awaited coroutine

    run(main())


def test_a_used_portal_brings_nothing_along(run: Run) -> None:
    async def paint() -> None:
        color.set("green")
        pause()

    async def look() -> str:
        pause()
        return color.get()

    async def main() -> str:
        await asyncio.create_task(portal.run(paint))
        return await asyncio.create_task(portal.run(look))

    assert run(main()) == "none"


def test_it_is_open_only_inside(run: Run) -> None:
    seen: dict[str, bool] = {}

    async def call() -> None:
        asyncio.get_running_loop().call_soon(lambda: seen.update(callback=portal.is_open()))
        thread = threading.Thread(target=lambda: seen.update(thread=portal.is_open()))
        thread.start()
        thread.join()
        pause()
        seen["inside"] = portal.is_open()

    async def main() -> None:
        await portal.run(call)
        seen["afterwards"] = portal.is_open()

    seen["without a loop"] = portal.is_open()
    run(main())
    assert seen == {
        "without a loop": False, "callback": False, "thread": False, "inside": True, "afterwards": False
    }  # fmt: skip


def test_outside_there_is_nothing_to_wait_in(run: Run) -> None:
    async def main() -> None:
        waiting = asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="no portal"):
            portal.wait(waiting)
        await waiting

    run(main())


def test_a_portal_in_a_portal_is_the_same(run: Run) -> None:
    async def inner() -> Any:
        pause()
        return portal.current_portal()

    async def outer() -> bool:
        return await portal.run(inner) is portal.current_portal() is not None

    assert run(portal.run(outer))


def test_errors_show_the_user_s_lines_one_after_the_other(run: Run) -> None:
    def fail() -> None:
        pause()
        raise LookupError("no such thing")

    async def call() -> None:
        fail()

    with pytest.raises(LookupError) as caught:
        run(portal.run(call))
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-2:] == ["call", "fail"]
    assert not {"_step", "switch"} & set(names)


def test_what_an_awaitable_raises_is_raised_at_the_call(run: Run) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("no such thing")

    async def call() -> str:
        try:
            portal.wait(fail())
        except LookupError:
            return "caught"
        return "not raised"

    assert run(portal.run(call)) == "caught"


def test_cancellation_is_raised_at_the_call_and_the_call_may_clean_up(run: Run) -> None:
    steps: list[str] = []

    def work() -> None:
        try:
            steps.append("waits")
            pause(60)
        except asyncio.CancelledError:
            pause()
            steps.append("cleaned up")
            raise

    async def call() -> None:
        work()

    async def main() -> None:
        task = asyncio.create_task(portal.run(call))
        while not steps:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert steps == ["waits", "cleaned up"]


def test_a_timeout_ends_the_wait(run: Run) -> None:
    async def call() -> str:
        try:
            async with asyncio.timeout(0.01):
                pause(60)
        except TimeoutError:
            pause()
            return "on time"
        return "late"

    assert run(portal.run(call)) == "on time"


def test_generators_and_async_generators_wait_too(run: Run) -> None:
    def numbers() -> Iterator[int]:
        for number in range(3):
            pause()
            yield number

    async def more() -> AsyncIterator[int]:
        for number in numbers():
            await asyncio.sleep(0)
            yield number
            pause()

    async def call() -> list[int]:
        return [number async for number in more()]

    assert run(portal.run(call)) == [0, 1, 2]


def test_tasks_made_inside_have_portals(run: Run) -> None:
    async def child(number: int) -> int:
        pause()
        return number

    async def call() -> list[int]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(number), name=f"child {number}") for number in range(3)]
        assert [task.get_name() for task in tasks] == ["child 0", "child 1", "child 2"]
        assert await asyncio.wait_for(child(3), 10) == 3
        assert list(await asyncio.gather(child(4), child(5))) == [4, 5]
        return [task.result() for task in tasks]

    async def main() -> None:
        assert await portal.run(call) == [0, 1, 2]
        assert asyncio.get_running_loop().get_task_factory() is None

    run(main())


def test_a_task_factory_of_the_user_s_goes_on_making_tasks(run: Run) -> None:
    made: list[str] = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coroutine.__name__)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def child() -> bool:
        pause()
        return portal.is_open()

    async def call() -> bool:
        return await asyncio.create_task(child())

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        assert await portal.run(call)
        assert asyncio.get_running_loop().get_task_factory() is factory

    run(main())
    assert made == ["child"]


def test_a_task_cancelled_before_its_first_step_is_closed(run: Run) -> None:
    """Else the interpreter would warn of a coroutine that was never awaited, and warnings are errors here."""

    async def child() -> None:
        raise AssertionError("it ran")

    async def call() -> None:
        task = asyncio.create_task(child())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(portal.run(call))
    gc.collect()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_an_eager_task_does_not_wait_in_the_portal_of_another() -> None:
    """On asyncio's loop only: uvloop and some 3.13 releases do not agree on how such a factory is called."""

    async def child() -> bool:
        return portal.is_open()

    async def call() -> bool:
        pause()
        return await asyncio.create_task(child())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        assert await portal.run(call) is False
        assert loop.get_task_factory() is asyncio.eager_task_factory  # type: ignore[attr-defined]

    asyncio.run(main())


def test_code_that_has_greenlets_of_its_own_can_wait(run: Run) -> None:
    """SQLAlchemy's asyncio support runs its sync core in such a greenlet."""

    async def call() -> str:
        def inside() -> str:
            pause()
            return "waited"

        own = greenlet.greenlet(inside)
        found = own.switch()
        assert own.dead
        return str(found)

    assert run(portal.run(call)) == "waited"


def test_a_task_that_is_thrown_away_leaves_nothing(run: Run) -> None:
    class Thing:
        pass

    cleaned: list[str] = []

    async def call(thing: Thing) -> None:
        try:
            pause(60)
        finally:
            cleaned.append("up")

    async def main() -> weakref.ref[Thing]:
        thing = Thing()
        coroutine = portal.run(call, thing)
        coroutine.send(None)
        assert portal.suspended()
        coroutine.close()
        return weakref.ref(thing)

    known = run(main())
    gc.collect()
    assert cleaned == ["up"]
    assert known() is None
    assert not portal.suspended()
