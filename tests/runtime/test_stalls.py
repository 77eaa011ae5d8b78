"""The watchdog: what it reports, when it stops, and that it never harms the loop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any

import pytest
import uvloop

from clearway.model import Cause
from clearway.runtime.stalls import ObservedStall, Watchdog
from clearway.runtime.stalls.watch import LoopWatch

Runner = Callable[[Coroutine[Any, Any, Any]], Any]
PATIENCE_S = 60.0


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Runner:
    return uvloop.run if request.param == "uvloop" else asyncio.run


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    yield Watchdog()
    wait_until(lambda: not watchdog_threads())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.001)


def watchdog_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "clearway-watchdog"]


def block() -> None:
    time.sleep(0.06)


async def stall_once(watchdog: Watchdog, **options: Any) -> ObservedStall:
    """A stall by `block`, as observed."""
    stalls: list[ObservedStall] = []
    watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append, **options)
    await asyncio.sleep(0.03)
    stalls.clear()
    block()
    await until(lambda: any(stall.culprit and stall.culprit.function == "block" for stall in stalls))
    watch.stop()
    return next(stall for stall in stalls if stall.culprit and stall.culprit.function == "block")


def test_a_stall_is_told_with_stack_root_and_operation(run: Runner, watchdog: Watchdog) -> None:
    stall = run(stall_once(watchdog))
    assert stall.cause is Cause.BLOCKING_CALL
    assert stall.operation == "time.sleep"
    assert stall.samples > 0
    # uvloop.run puts a coroutine of its own around ours.
    assert [frame.function for frame in stall.stack[-2:]] == ["stall_once", "block"]
    assert stall.culprit == stall.stack[-1]
    assert stall.codes[-2:] == (stall_once.__code__, block.__code__)
    assert stall.root is stall_once.__code__


def test_a_stall_in_the_callback_that_began_the_watch_is_told(run: Runner, watchdog: Watchdog) -> None:
    """As in the first request of a server without lifespan: the heartbeat has not come even once."""

    async def main() -> ObservedStall:
        stalls: list[ObservedStall] = []
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
        block()
        await until(lambda: bool(stalls))
        watch.stop()
        return stalls[0]

    stall = run(main())
    assert stall.duration_s >= 0.05
    assert stall.operation == "time.sleep"
    # Nothing of what started the loop, and uvloop.run puts a coroutine of its own around ours.
    assert [frame.function.rpartition(".")[2] for frame in stall.stack if frame.file == __file__] == ["main", "block"]
    assert stall.root is not None
    assert stall.root.co_name == "main"


def test_a_stall_is_told_on_the_loops_thread(run: Runner, watchdog: Watchdog) -> None:
    async def main() -> None:
        threads: list[int] = []
        watch = watchdog.watch(
            asyncio.get_running_loop(),
            threshold_s=0.02,
            on_stall=lambda _: threads.append(threading.get_ident()),
        )
        await asyncio.sleep(0.03)
        block()
        await until(lambda: bool(threads))
        watch.stop()
        assert set(threads) == {threading.get_ident()}

    run(main())


def test_the_context_is_the_first_that_is_found_from_the_outermost_frame(run: Runner, watchdog: Watchdog) -> None:
    asked: list[str] = []

    def find(frame: FrameType) -> object | None:
        asked.append(frame.f_code.co_name)
        return "request 1" if frame.f_code is block.__code__ else None

    stall = run(stall_once(watchdog, find_context=find))
    assert stall.context == "request 1"
    assert asked.index("stall_once") < asked.index("block")


def test_a_failing_find_context_costs_only_the_context(
    run: Runner, watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    def find(frame: FrameType) -> object | None:
        raise RuntimeError("broken")

    async def main() -> None:
        stalls: list[ObservedStall] = []
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append, find_context=find)
        await asyncio.sleep(0.03)
        block()
        await until(lambda: bool(stalls))
        watch.stop()

    run(main())
    assert watchdog.faults > 0
    assert len(caplog.records) == 1


def test_a_failing_on_stall_is_counted_and_logged_once(
    run: Runner, watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(stall: ObservedStall) -> None:
        raise RuntimeError("broken")

    async def main() -> None:
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=fail)
        await asyncio.sleep(0.03)
        for count in (1, 2):
            block()
            await until(lambda: watchdog.faults >= count)  # noqa: B023
        watch.stop()

    with caplog.at_level(logging.WARNING, logger="clearway"):
        run(main())
    assert len(caplog.records) == 1


def test_stop_ends_the_thread_and_leaves_nothing(run: Runner, watchdog: Watchdog) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        first = watchdog.watch(loop, threshold_s=0.02, on_stall=print)
        second = watchdog.watch(loop, threshold_s=0.02, on_stall=print)
        assert len(watchdog_threads()) == 1
        first.stop()
        first.stop()
        assert len(gc.callbacks) > len(callbacks)
        await asyncio.to_thread(second.stop)
        assert gc.callbacks == callbacks
        await until(lambda: not watchdog_threads())

    callbacks = list(gc.callbacks)
    run(main())
    assert gc.callbacks == callbacks


def test_a_closed_loop_is_forgotten(run: Runner, watchdog: Watchdog) -> None:
    async def main() -> None:
        watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=print)

    callbacks = list(gc.callbacks)
    run(main())
    wait_until(lambda: not watchdog_threads())
    assert gc.callbacks == callbacks


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files")
def test_hundreds_of_short_lived_loops_leak_nothing(run: Runner, watchdog: Watchdog) -> None:
    async def main(stop: bool) -> None:
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=print)
        await asyncio.sleep(0)
        if stop:
            watch.stop()

    run(main(True))
    wait_until(lambda: not watchdog_threads())
    files = len(os.listdir("/proc/self/fd"))
    for index in range(300):
        run(main(index % 2 == 0))
    wait_until(lambda: not watchdog_threads())
    assert len(os.listdir("/proc/self/fd")) == files
    assert watchdog.faults == 0


def test_a_loop_that_does_not_run_does_not_stall(watchdog: Watchdog) -> None:
    stalls: list[ObservedStall] = []
    with asyncio.Runner() as runner:

        async def start() -> None:
            watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
            await asyncio.sleep(0.03)

        runner.run(start())
        stalls.clear()
        block()
        runner.run(asyncio.sleep(0.03))
    assert not [stall for stall in stalls if stall.duration_s > 0.05]


def test_a_loop_that_nobody_needs_does_not_stall_while_the_watchdog_waits_for_a_core(run: Runner) -> None:
    def look_late(watch: LoopWatch) -> None:
        time.sleep(0.05)
        watch.check(time.perf_counter_ns(), 30_000_000)

    async def main() -> list[ObservedStall]:
        stalls: list[ObservedStall] = []
        # A watchdog whose thread never starts: the test looks in its place.
        watch = LoopWatch(Watchdog(), asyncio.get_running_loop(), 0.02, stalls.append, 0.01, None)
        await until(lambda: watch._resting)
        stalls.clear()
        await asyncio.to_thread(look_late, watch)
        await until(lambda: watch._handle is not None)  # the heart beats again
        watch.stop()
        return stalls

    assert run(main()) == []


_SHORT: list[Callable[[], object]] = [
    lambda: sum(range(50_000)),
    lambda: sum(range(50_001)),
    lambda: sum(range(50_002)),
    lambda: sum(range(50_003)),
    lambda: sum(range(50_004)),
    lambda: sum(range(50_005)),
    lambda: sum(range(50_006)),
    lambda: sum(range(50_007)),
]


def test_no_line_is_to_blame_for_a_long_turn_of_many_short_tasks(run: Runner, watchdog: Watchdog) -> None:
    async def work(index: int) -> None:
        _SHORT[index % len(_SHORT)]()

    async def main() -> list[ObservedStall]:
        stalls: list[ObservedStall] = []
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
        await asyncio.sleep(0.05)
        stalls.clear()
        async with asyncio.TaskGroup() as group:
            for index in range(150):
                group.create_task(work(index))
        await until(lambda: bool(stalls))
        watch.stop()
        return stalls

    stall = max(run(main()), key=lambda stall: stall.duration_s)
    assert stall.culprit is None
    assert stall.stack == ()


def test_a_saturated_loop_of_short_turns_is_no_stall(run: Runner, watchdog: Watchdog) -> None:
    longest_s = 0.0

    async def spin(deadline: float) -> None:
        nonlocal longest_s
        last = time.perf_counter()
        while last < deadline:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest_s = max(longest_s, now - last)
            last = now

    async def main() -> list[ObservedStall]:
        stalls: list[ObservedStall] = []
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
        deadline = time.perf_counter() + 0.5
        await asyncio.gather(*(spin(deadline) for _ in range(100)))
        watch.stop()
        return stalls

    stalls = run(main())
    # A turn that the machine made long is a stall indeed.
    assert not stalls or longest_s > 0.015, stalls


def test_ticks_come_on_the_watchdogs_thread_until_they_are_removed(run: Runner, watchdog: Watchdog) -> None:
    ticks: list[tuple[int, str]] = []

    def tick(now_ns: int) -> None:
        ticks.append((now_ns, threading.current_thread().name))

    async def main() -> None:
        watchdog.add_tick(tick)
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=print)
        await until(lambda: len(ticks) >= 3)
        watchdog.remove_tick(tick)
        watchdog.remove_tick(tick)
        watch.stop()

    run(main())
    assert {name for _, name in ticks} == {"clearway-watchdog"}
    assert [at for at, _ in ticks] == sorted(at for at, _ in ticks)
    assert watchdog.late_s >= 0


def test_a_failing_tick_is_switched_off_and_logged_once(
    run: Runner, watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []
    ticks: list[int] = []

    def fail(now_ns: int) -> None:
        calls.append(now_ns)
        raise RuntimeError("broken")

    async def main() -> None:
        watchdog.add_tick(fail)
        watchdog.add_tick(ticks.append)
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=print)
        await until(lambda: len(ticks) >= 3)
        watch.stop()

    run(main())
    assert len(calls) == 1
    assert len(caplog.records) == 1


def test_sleep_and_computing_are_told_apart_without_proc(
    run: Runner, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearway.runtime.stalls.clocks._open", lambda path: None)
    monkeypatch.setattr("clearway.runtime.stalls.clocks._LINUX", False)
    monkeypatch.setattr("clearway.runtime.stalls.watch.own_switches", lambda: None)
    monkeypatch.setattr("clearway.runtime.stalls.watchdog.own_switches", lambda: None)

    def compute() -> float:
        started = time.perf_counter()
        deadline = time.thread_time() + 0.06
        while time.thread_time() < deadline:
            pass
        return time.perf_counter() - started

    async def cause_of(function: str, stalls: list[ObservedStall]) -> Cause:
        await asyncio.sleep(0.03)
        causes = [stall.cause for stall in stalls if stall.culprit and function in stall.culprit.function]
        stalls.clear()
        return causes[-1]

    async def main() -> None:
        stalls: list[ObservedStall] = []
        watch = watchdog.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
        await asyncio.sleep(0.03)
        block()
        assert await cause_of("block", stalls) is Cause.BLOCKING_CALL
        # Without /proc nothing tells that the machine gave our core away, so wait until it did not.
        while compute() > 0.08:
            await asyncio.sleep(0.03)
        assert await cause_of("compute", stalls) is Cause.CPU
        watch.stop()

    run(main())


_FORK = """
import asyncio, os, time
from clearway.runtime.stalls import WATCHDOG

async def main(in_child):
    stalls = []
    WATCHDOG.watch(asyncio.get_running_loop(), threshold_s=0.02, on_stall=stalls.append)
    await asyncio.sleep(0.03)
    if not in_child:
        child = os.fork()
        if not child:
            asyncio.events._set_running_loop(None)
            asyncio.new_event_loop().run_until_complete(main(True))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    else:
        time.sleep(0.06)
        while not stalls:
            await asyncio.sleep(0.001)

asyncio.run(main(False))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_watches_anew() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", _FORK], check=True, timeout=30)
