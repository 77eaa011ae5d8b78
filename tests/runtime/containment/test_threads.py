"""Conditions and what waits in them, threads: a contained wait suspends its own request only."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.containment.conftest import contained, contained_task
from tests.runtime.serving import happens

OnLoop = Callable[..., Any]


def test_an_event_set_by_the_loop_itself_ends_the_wait(on_loop: OnLoop) -> None:
    """Waiting for the loop on the loop's thread would hang for ever."""

    async def main() -> None:
        event = threading.Event()
        asyncio.get_running_loop().call_soon(event.set)
        assert await contained(event.wait) is True

    on_loop(main)


def test_an_event_set_by_a_thread_ends_the_wait(on_loop: OnLoop) -> None:
    async def main() -> None:
        event = threading.Event()
        waiting = contained_task(event.wait)
        await asyncio.sleep(0)
        await asyncio.to_thread(event.set)
        assert await waiting is True

    on_loop(main)


def test_a_wait_that_is_not_answered_ends_after_its_timeout(on_loop: OnLoop) -> None:
    async def main() -> None:
        event, condition, semaphore = threading.Event(), threading.Condition(), threading.Semaphore(0)

        def wait() -> bool:
            with condition:
                return condition.wait(0.01)

        assert await contained(event.wait, 0.01) is False
        assert await contained(wait) is False
        assert await contained(semaphore.acquire, timeout=0.01) is False
        with pytest.raises(queue.Empty):
            await contained(queue.Queue[int]().get, timeout=0.01)
        assert not condition._waiters, "nobody waits any longer"  # type: ignore[attr-defined]

    on_loop(main)


def test_notify_wakes_as_many_as_it_says(on_loop: OnLoop) -> None:
    async def main() -> None:
        condition = threading.Condition()
        woken: list[int] = []

        def wait(number: int) -> None:
            with condition:
                condition.wait()
            woken.append(number)

        def notify(count: int) -> None:
            with condition:
                condition.notify(count)

        tasks = [contained_task(wait, number) for number in range(4)]
        await asyncio.sleep(0)
        await contained(notify, 1)
        await happens(lambda: woken == [0], "the first is woken")
        await asyncio.to_thread(notify, 2)
        await happens(lambda: sorted(woken) == [0, 1, 2], "two more")
        notify(1)
        await asyncio.gather(*tasks)

    on_loop(main)


def test_a_condition_that_was_made_before_is_waited_for_as_well(
    on_loop: OnLoop, made_before: threading.Condition
) -> None:
    async def main() -> None:
        def wait() -> bool:
            with made_before:
                return made_before.wait()

        def notify() -> None:
            with made_before:
                made_before.notify()

        waiting = contained_task(wait)
        await asyncio.sleep(0)
        await asyncio.to_thread(notify)
        assert await waiting

    on_loop(main)


def test_after_its_wait_a_request_has_the_lock_for_itself(on_loop: OnLoop, made_before: threading.Condition) -> None:
    """Another request of the same thread is inside: to the interpreter's own lock, that is the same owner."""

    async def main() -> None:
        free = threading.Event()
        seen: list[str] = []

        def wait() -> None:
            with made_before, made_before:
                made_before.wait()
                seen.append("woken")

        def notify() -> None:
            with made_before:
                made_before.notify()
                free.wait()
                seen.append("leaves")

        waiting = contained_task(wait)
        await asyncio.sleep(0)
        notifying = contained_task(notify)
        for _ in range(20):
            await asyncio.sleep(0)
        free.set()
        await asyncio.gather(waiting, notifying)
        assert seen == ["leaves", "woken"]

    on_loop(main)


def test_what_a_cancelled_request_was_told_of_is_passed_on(on_loop: OnLoop) -> None:
    async def main() -> None:
        items: queue.Queue[str] = queue.Queue()
        first, second = contained_task(items.get), contained_task(items.get)
        await asyncio.sleep(0)
        items.put("only one")  # chooses the first
        first.cancel()
        assert await second == "only one"
        with pytest.raises(asyncio.CancelledError):
            await first

    on_loop(main)


def test_a_cancelled_request_leaves_the_lock_as_it_found_it(on_loop: OnLoop) -> None:
    async def main() -> None:
        condition = threading.Condition()

        def wait() -> None:
            with condition:
                condition.wait()

        waiting = contained_task(wait)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not condition._waiters  # type: ignore[attr-defined]
        assert await asyncio.to_thread(condition.acquire, timeout=1)

    on_loop(main)


def test_a_queue_joins_producers_and_consumers_of_one_loop(on_loop: OnLoop) -> None:
    async def main() -> None:
        items: queue.Queue[int] = queue.Queue(maxsize=1)
        taken: list[int] = []

        def produce() -> None:
            for number in range(20):
                items.put(number)
            items.join()

        def consume() -> None:
            for _ in range(20):
                taken.append(items.get())
                items.task_done()

        await asyncio.gather(contained_task(produce), contained_task(consume))
        assert taken == list(range(20))

    on_loop(main)


def test_a_barrier_lets_requests_and_a_thread_through_together(on_loop: OnLoop) -> None:
    async def main() -> None:
        barrier = threading.Barrier(3)
        passed = await asyncio.gather(
            contained_task(barrier.wait), contained_task(barrier.wait), asyncio.to_thread(barrier.wait)
        )
        assert sorted(passed) == [0, 1, 2]

    on_loop(main)


def test_a_coroutine_of_the_same_loop_can_be_waited_for(on_loop: OnLoop) -> None:
    """`run_coroutine_threadsafe(...).result()` on the loop's own thread: uncontained, a deadlock."""

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def answer() -> int:
            await asyncio.sleep(0.001)
            return 42

        def ask() -> int:
            return asyncio.run_coroutine_threadsafe(answer(), loop).result()

        assert await contained(ask) == 42

    on_loop(main)


def test_futures_of_an_executor_can_be_waited_for_in_every_way(on_loop: OnLoop) -> None:
    async def main() -> None:
        gate = threading.Event()

        def work(number: int) -> int:
            assert gate.wait(20)
            return number

        def fail() -> None:
            assert gate.wait(20)
            raise LookupError("no such thing")

        def use() -> tuple[Any, ...]:
            with concurrent.futures.ThreadPoolExecutor(4) as executor:
                futures: list[concurrent.futures.Future[Any]] = [executor.submit(work, number) for number in range(3)]
                failing: concurrent.futures.Future[Any] = executor.submit(fail)
                done, pending = concurrent.futures.wait([*futures, failing], timeout=0.01)
                with pytest.raises(TimeoutError):
                    futures[0].result(timeout=0.01)
                loop.call_soon(gate.set)
                completed = sorted(future.result() for future in concurrent.futures.as_completed(futures))
                return len(done), len(pending), completed, failing.exception(), list(executor.map(work, range(3)))

        loop = asyncio.get_running_loop()
        none, all_four, completed, error, mapped = await contained(use)
        assert (none, all_four, completed, mapped) == (0, 4, [0, 1, 2], [0, 1, 2])
        assert isinstance(error, LookupError)

    on_loop(main)


def test_joining_a_thread_lets_the_loop_turn(on_loop: OnLoop) -> None:
    async def main() -> None:
        gate = threading.Event()
        thread = threading.Thread(target=gate.wait, args=(20,))

        def use() -> bool:
            with pytest.raises(RuntimeError, match="before it is started"):
                thread.join()
            thread.start()
            thread.join(0.01)
            assert thread.is_alive()
            loop.call_soon(gate.set)
            thread.join()
            return thread.is_alive()

        loop = asyncio.get_running_loop()
        assert await contained(use) is False

    on_loop(main)


def test_starting_a_thread_suspends_nobody(on_loop: OnLoop) -> None:
    """Callers hold locks of the interpreter's own meanwhile: `ThreadPoolExecutor.submit` does."""

    async def main() -> None:
        turned: list[bool] = []

        def use() -> None:
            asyncio.get_running_loop().call_soon(turned.append, True)
            thread = threading.Thread(target=lambda: None)
            thread.start()
            assert not turned
            thread.join()

        await contained(use)

    on_loop(main)


def test_outside_of_a_portal_a_wait_is_as_it_was(on_loop: OnLoop) -> None:
    async def main() -> None:
        turned: list[bool] = []
        event = threading.Event()
        asyncio.get_running_loop().call_soon(turned.append, True)
        assert event.wait(0.001) is False
        assert not turned
        with contextlib.suppress(queue.Empty):
            queue.SimpleQueue[int]().get(timeout=0.001)
        assert not turned

    on_loop(main)
