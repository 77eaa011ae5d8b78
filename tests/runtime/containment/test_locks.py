"""Locks: a contained request that has to wait for one is suspended, and none gets in beside another."""

from __future__ import annotations

import asyncio
import os
import pickle
import queue
import sys
import threading
import types
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from clearway.runtime.containment import families
from clearway.runtime.containment.families import locks
from clearway.runtime.containment.replacing import Replacements
from tests.runtime.containment.conftest import contained, contained_task
from tests.runtime.serving import PATIENCE_S

OnLoop = Callable[..., Any]
KINDS = ["Lock", "RLock"]


async def let_others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", KINDS)
def test_only_one_of_many_requests_of_a_loop_is_inside(on_loop: OnLoop, kind: str) -> None:
    async def main() -> None:
        lock = getattr(threading, kind)()
        inside: list[int] = []
        most: list[int] = []
        pause = threading.Event()

        def enter(number: int) -> None:
            with lock:
                inside.append(number)
                most.append(len(inside))
                pause.wait(0.001)
                inside.remove(number)

        await asyncio.gather(*(contained_task(enter, number) for number in range(20)))
        assert most == [1] * 20
        assert not lock.locked()

    on_loop(main)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_requests_share_a_lock(on_loop: OnLoop, kind: str) -> None:
    async def main() -> None:
        lock = getattr(threading, kind)()
        counted = 0

        def count() -> None:
            nonlocal counted
            for _ in range(300):
                with lock:
                    before = counted
                    if before % 50 == 0:
                        threading.Event().wait(0.0005)
                    counted = before + 1

        await asyncio.gather(*(contained_task(count) for _ in range(3)), *(asyncio.to_thread(count) for _ in range(3)))
        assert counted == 1800

    on_loop(main)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_waits_for_a_thread_while_the_loop_turns(on_loop: OnLoop, kind: str) -> None:
    async def main() -> None:
        lock = getattr(threading, kind)()
        held, free = threading.Event(), threading.Event()

        def hold() -> None:
            with lock:
                held.set()
                free.wait(PATIENCE_S)

        holding = asyncio.create_task(asyncio.to_thread(hold))
        await contained(held.wait)
        assert await contained(lock.acquire, timeout=0.01) is False
        assert await contained(lock.acquire, False) is False
        waiting = contained_task(lock.acquire)
        await let_others_run()
        assert not waiting.done()
        free.set()
        assert await waiting is True
        await holding

    on_loop(main)


def test_a_reentrant_lock_lets_its_own_request_in_again(on_loop: OnLoop) -> None:
    async def main() -> None:
        lock = threading.RLock()

        def enter() -> bool:
            with lock, lock:
                threading.Event().wait(0.001)
                with lock:
                    return True

        assert await contained(enter)
        with pytest.raises(RuntimeError, match="un-acquired"):
            await contained(lock.release)

    on_loop(main)


def test_another_request_cannot_release_a_reentrant_lock(on_loop: OnLoop) -> None:
    async def main() -> None:
        lock = threading.RLock()
        free = threading.Event()

        def hold() -> None:
            with lock:
                free.wait()

        holding = contained_task(hold)
        await let_others_run()
        with pytest.raises(RuntimeError, match="un-acquired"):
            await contained(lock.release)
        free.set()
        await holding

    on_loop(main)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancelled_request_waits_no_longer_and_the_next_gets_the_lock(on_loop: OnLoop, kind: str) -> None:
    async def main() -> None:
        lock = getattr(threading, kind)()
        free = threading.Event()

        def hold() -> None:
            with lock:
                free.wait()

        def enter() -> str:
            with lock:
                return "inside"

        holding = contained_task(hold)
        await let_others_run()
        first, second = contained_task(enter), contained_task(enter)
        await let_others_run()
        free.set()
        await holding  # the first has been chosen to go on
        first.cancel()
        assert await second == "inside"
        assert not lock.locked()

    on_loop(main)


@pytest.mark.parametrize("kind", KINDS)
def test_plain_code_of_the_loop_is_refused_rather_than_hanging_it(on_loop: OnLoop, kind: str) -> None:
    """Who holds the lock is suspended on this very loop: waiting would be for ever, and for everybody."""

    async def main() -> None:
        lock = getattr(threading, kind)()
        free = threading.Event()

        def hold() -> None:
            with lock:
                free.wait()

        holding = contained_task(hold)
        await let_others_run()
        with pytest.raises(locks.DeadlockAvoided, match="contain this call as well"):
            lock.acquire()
        assert lock.acquire(timeout=0.001) is False
        free.set()
        await holding
        with lock:
            pass

    on_loop(main)


def test_a_lock_that_one_acquires_may_be_released_by_another(on_loop: OnLoop) -> None:
    async def main() -> None:
        lock = threading.Lock()
        lock.acquire()
        waiting = contained_task(lock.acquire)
        await let_others_run()
        await asyncio.to_thread(lock.release)
        assert await waiting

    on_loop(main)


def test_what_a_dependency_of_the_same_task_holds_is_no_obstacle(on_loop: OnLoop) -> None:
    """A reentrant lock, acquired outside of the portal or in an earlier one of the same request."""

    async def main() -> None:
        lock = threading.RLock()
        with lock:
            assert await contained(lock.acquire)
            await contained(lock.release)
        assert await contained(lock.acquire)
        assert lock.acquire()
        lock.release()
        lock.release()
        assert await asyncio.to_thread(lock.acquire, False)

    on_loop(main)


@pytest.mark.parametrize(("kind", "factory"), [("Lock", locks.LOCK), ("RLock", locks.RLOCK)])
@pytest.mark.usefixtures("cooperative")
def test_it_passes_for_a_lock_of_the_interpreter(kind: str, factory: Callable[[], Any]) -> None:
    raw = factory()
    lock = getattr(threading, kind)()
    assert isinstance(lock, type(raw))
    assert lock.__class__ is type(raw)
    assert isinstance(raw, getattr(threading, kind))
    assert not isinstance(lock, getattr(threading, "RLock" if kind == "Lock" else "Lock"))
    assert ("unlocked" in repr(lock), weakref.ref(lock)() is lock, len({lock: 1})) == (True, True, 1)
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(lock)
    lock.acquire()
    with pytest.raises(ValueError, match="timeout"):
        _in_thread(lambda: lock.acquire(False, 1.0))
    with pytest.raises(ValueError, match="timeout"):
        _in_thread(lambda: lock.acquire(True, -2))
    lock.release()
    with pytest.raises(RuntimeError):
        lock.release()


def _in_thread(func: Callable[[], Any]) -> Any:
    done: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()

    def call() -> None:
        try:
            done.put((func(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=call).start()
    result, error = done.get(timeout=PATIENCE_S)
    if error is not None:
        raise error
    return result


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("cooperative")
def test_a_forked_child_gets_the_lock_anew(kind: str) -> None:
    lock = getattr(threading, kind)()
    _in_thread(lock.acquire)
    child = _fork()
    if child == 0:
        lock._at_fork_reinit()
        os._exit(0 if lock.acquire(timeout=1) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads; the child takes no lock
        return os.fork()


@pytest.mark.usefixtures("cooperative")
def test_a_condition_may_stand_on_either_lock() -> None:
    for condition in (threading.Condition(), threading.Condition(threading.Lock())):
        with condition:
            assert condition.wait(0.001) is False
            condition.notify_all()
        with pytest.raises(RuntimeError):
            condition.wait()


def test_names_in_loaded_modules_are_replaced_and_put_back() -> None:
    module: Any = types.ModuleType("module_with_locks")
    exec("from threading import Lock, RLock as Reentrant\nfrom queue import SimpleQueue", module.__dict__)
    sys.modules[module.__name__] = module
    before = dict(vars(module))
    wait, join, allocate = threading.Condition.wait, threading.Thread.join, threading._allocate_lock  # type: ignore[attr-defined]
    replacements = Replacements()
    replacements.hold(families.replacements())
    try:
        assert module.Lock is threading.Lock is not locks.LOCK
        assert module.Reentrant is threading.RLock is not locks.RLOCK
        assert module.SimpleQueue is queue.SimpleQueue is not before["SimpleQueue"]
        assert threading._allocate_lock is allocate, "Python itself rests on it"  # type: ignore[attr-defined]
    finally:
        replacements.release()
        del sys.modules[module.__name__]
    assert vars(module) == before
    assert (threading.Lock, threading.RLock) == (locks.LOCK, locks.RLOCK)
    assert (threading.Condition.wait, threading.Thread.join) == (wait, join)


def test_a_simple_queue_gives_each_item_to_one_request(on_loop: OnLoop) -> None:
    async def main() -> None:
        items: queue.SimpleQueue[int] = queue.SimpleQueue()
        taking = [contained_task(items.get) for _ in range(4)]
        await let_others_run()
        taking[0].cancel()
        items.put(0)
        await asyncio.to_thread(items.put, 1)
        items.put_nowait(2)
        assert sorted(await asyncio.gather(*taking[1:])) == [0, 1, 2]
        with pytest.raises(queue.Empty):
            await contained(items.get, timeout=0.001)
        with pytest.raises(queue.Empty):
            await contained(items.get_nowait)
        items.put(3)
        assert await contained(items.get) == 3

    on_loop(main)
