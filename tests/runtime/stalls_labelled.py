"""The labelled set: stalls of all five causes, each with its culprit marked in the source.

`python -m tests.runtime.stalls_labelled [asyncio|uvloop] [NAME…]` plays it and prints what was seen.
"""

from __future__ import annotations

import asyncio
import copy
import ctypes
import fcntl
import gc
import hashlib
import http.client
import json
import os
import queue
import re
import select
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any

import uvloop

from clearway.model import Cause
from tests.runtime.stalls_elsewhere import nap_elsewhere
from tests.runtime.stalls_scene import Label, Scene, Truth, play

NAP_S = 0.06
LABELS: list[Label] = []
Run = Callable[[Scene], Awaitable[None]]

_python = ctypes.PyDLL(None)


def labelled(name: str, cause: Cause, function: str | None = None) -> Callable[[Run], Run]:
    def add(run: Run) -> Run:
        LABELS.append(Label(name, run, cause, run.__qualname__ if function is None else function or None))
        return run

    return add


async def later(action: Callable[[], Any]) -> None:
    """Starting a thread may take a while, which is not to be part of the stall."""
    threading.Timer(NAP_S, action).start()
    await asyncio.sleep(0.005)


# -- blocking calls ---------------------------------------------------------------------------------------


@labelled("sleep", Cause.BLOCKING_CALL)
async def sleep(scene: Scene) -> None:
    with scene.stall():
        time.sleep(NAP_S)  # culprit: sleep


@labelled("sleep-short", Cause.BLOCKING_CALL)
async def sleep_short(scene: Scene) -> None:
    with scene.stall():
        time.sleep(0.03)  # culprit: sleep-short


def nap() -> None:
    time.sleep(NAP_S)  # culprit: sleep-depth-2


@labelled("sleep-depth-2", Cause.BLOCKING_CALL, "nap")
async def sleep_depth_2(scene: Scene) -> None:
    with scene.stall():
        nap()


def nap_inner() -> None:
    time.sleep(NAP_S)  # culprit: sleep-depth-3


def nap_outer() -> None:
    nap_inner()


@labelled("sleep-depth-3", Cause.BLOCKING_CALL, "nap_inner")
async def sleep_depth_3(scene: Scene) -> None:
    with scene.stall():
        nap_outer()


@labelled("elsewhere", Cause.BLOCKING_CALL, "nap_elsewhere")
async def other_module(scene: Scene) -> None:
    with scene.stall():
        nap_elsewhere(NAP_S)


class Slow:
    def __init__(self) -> None:
        time.sleep(NAP_S)  # culprit: init

    @property
    def value(self) -> int:
        time.sleep(NAP_S)  # culprit: property
        return 1


@labelled("init", Cause.BLOCKING_CALL, "Slow.__init__")
async def init(scene: Scene) -> None:
    with scene.stall():
        Slow()


@labelled("property", Cause.BLOCKING_CALL, "Slow.value")
async def slow_property(scene: Scene) -> None:
    slow = object.__new__(Slow)
    with scene.stall():
        assert slow.value


def slow_numbers() -> Iterator[int]:
    yield 1
    time.sleep(NAP_S)  # culprit: generator
    yield 2


@labelled("generator", Cause.BLOCKING_CALL, "slow_numbers")
async def generator(scene: Scene) -> None:
    with scene.stall():
        list(slow_numbers())


@labelled("call-soon", Cause.BLOCKING_CALL, "call_soon.<locals>.callback")
async def call_soon(scene: Scene) -> None:
    done = asyncio.Event()

    def callback() -> None:
        with scene.stall():
            time.sleep(NAP_S)  # culprit: call-soon
        done.set()

    scene.loop.call_soon(callback)
    await done.wait()


@labelled("task", Cause.BLOCKING_CALL, "task.<locals>.work")
async def task(scene: Scene) -> None:
    async def work() -> None:
        with scene.stall():
            time.sleep(NAP_S)  # culprit: task

    await asyncio.create_task(work())


@labelled("after-await", Cause.BLOCKING_CALL, "after_await.<locals>.work")
async def after_await(scene: Scene) -> None:
    async def work() -> None:
        await asyncio.sleep(0.005)
        with scene.stall():
            time.sleep(NAP_S)  # culprit: after-await

    await work()


@labelled("recv", Cause.BLOCKING_CALL)
async def recv(scene: Scene) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        await later(lambda: theirs.send(b"x"))
        with scene.stall():
            ours.recv(1)  # culprit: recv


def serve_slowly(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1_000)
        time.sleep(NAP_S)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@labelled("http", Cause.BLOCKING_CALL)
async def http_client(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve_slowly, args=(listener,))
        server.start()
        client = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1])
        client.connect()
        await asyncio.sleep(0.02)
        client.request("GET", "/")
        with scene.stall():
            response = client.getresponse()  # culprit: http
        assert response.read() == b"ok"
        client.close()
        await asyncio.to_thread(server.join)


@labelled("sqlite-busy", Cause.BLOCKING_CALL)
async def sqlite_busy(scene: Scene) -> None:
    with tempfile.TemporaryDirectory() as folder:
        holder = sqlite3.connect(f"{folder}/db", isolation_level=None, check_same_thread=False)
        waiter = sqlite3.connect(f"{folder}/db", isolation_level=None, timeout=5)
        holder.execute("create table t (x)")
        holder.execute("begin exclusive")
        await asyncio.sleep(0.02)
        await later(lambda: holder.execute("commit"))
        with scene.stall():
            waiter.execute("insert into t values (1)")  # culprit: sqlite-busy
        holder.close()
        waiter.close()


@labelled("subprocess", Cause.BLOCKING_CALL)
async def run_process(scene: Scene) -> None:
    with scene.stall():
        subprocess.run(["sleep", "0.06"], check=True)  # culprit: subprocess


@labelled("lock", Cause.BLOCKING_CALL)
async def lock(scene: Scene) -> None:
    held = threading.Lock()
    held.acquire()
    await later(held.release)
    with scene.stall():
        held.acquire()  # culprit: lock


@labelled("with-lock", Cause.BLOCKING_CALL)
async def with_lock(scene: Scene) -> None:
    held = threading.Lock()
    held.acquire()
    await later(held.release)
    with scene.stall(), held:  # culprit: with-lock
        pass


@labelled("event", Cause.BLOCKING_CALL)
async def event(scene: Scene) -> None:
    happened = threading.Event()
    await later(happened.set)
    with scene.stall():
        happened.wait()  # culprit: event


@labelled("condition", Cause.BLOCKING_CALL)
async def condition(scene: Scene) -> None:
    changed = threading.Condition()
    with changed, scene.stall():
        changed.wait(NAP_S)  # culprit: condition


@labelled("queue", Cause.BLOCKING_CALL)
async def queue_get(scene: Scene) -> None:
    waiting: queue.Queue[int] = queue.Queue()
    await later(lambda: waiting.put(1))
    with scene.stall():
        waiting.get()  # culprit: queue


@labelled("future", Cause.BLOCKING_CALL)
async def future_result(scene: Scene) -> None:
    future: Future[int] = Future()
    await later(lambda: future.set_result(1))
    with scene.stall():
        future.result()  # culprit: future


@labelled("join", Cause.BLOCKING_CALL)
async def join(scene: Scene) -> None:
    thread = threading.Timer(NAP_S, bool)
    thread.start()
    await asyncio.sleep(0.005)
    with scene.stall():
        thread.join()  # culprit: join


@labelled("select", Cause.BLOCKING_CALL)
async def select_call(scene: Scene) -> None:
    with scene.stall():
        select.select([], [], [], NAP_S)  # culprit: select


@labelled("pipe", Cause.BLOCKING_CALL)
async def pipe(scene: Scene) -> None:
    reader, writer = os.pipe()
    await later(lambda: os.write(writer, b"x"))
    with scene.stall():
        os.read(reader, 1)  # culprit: pipe
    os.close(reader)
    os.close(writer)


@labelled("flock", Cause.BLOCKING_CALL)
async def flock(scene: Scene) -> None:
    with tempfile.NamedTemporaryFile() as held, open(held.name) as wanted:
        fcntl.flock(held, fcntl.LOCK_EX)
        await later(lambda: fcntl.flock(held, fcntl.LOCK_UN))
        with scene.stall():
            fcntl.flock(wanted, fcntl.LOCK_EX)  # culprit: flock


@labelled("many-short-waits", Cause.BLOCKING_CALL)
async def many_short_waits(scene: Scene) -> None:
    with scene.stall():
        for _ in range(40):
            time.sleep(0.002)  # culprit: many-short-waits


@labelled("holding-gil", Cause.BLOCKING_CALL)
async def sleep_with_gil(scene: Scene) -> None:
    with scene.stall():
        _python.usleep(60_000)  # culprit: holding-gil


# -- computing on the loop --------------------------------------------------------------------------------


@labelled("python-loop", Cause.CPU)
async def python_loop(scene: Scene) -> None:
    total = 0
    with scene.stall():
        for number in range(1_000_000):  # culprit: python-loop
            total += number * number  # culprit: python-loop


_SMALL: list[Callable[[int], int]] = [
    lambda number: number + 1,
    lambda number: number + 2,
    lambda number: number + 3,
    lambda number: number + 4,
    lambda number: number + 5,
    lambda number: number + 6,
    lambda number: number + 7,
    lambda number: number + 8,
]


@labelled("loop-of-calls", Cause.CPU)
async def loop_of_calls(scene: Scene) -> None:
    total = 0
    with scene.stall():
        for _ in range(100_000):  # culprit: loop-of-calls
            for small in _SMALL:  # culprit: loop-of-calls
                total = small(total)  # culprit: loop-of-calls


@labelled("regex", Cause.CPU)
async def regex(scene: Scene) -> None:
    with scene.stall():
        re.match(r"(a+)+b", "a" * 21)  # culprit: regex


_TEXT = json.dumps([{"name": str(number), "values": [1, 2, 3]} for number in range(60_000)])


@labelled("json", Cause.CPU)
async def json_loads(scene: Scene) -> None:
    gc.disable()
    with scene.stall():
        loaded = json.loads(_TEXT)  # culprit: json
    scene.kept.append(loaded)
    gc.enable()


_NUMBERS = [(number * 7_919) % 1_000_003 for number in range(500_000)]


@labelled("sorted", Cause.CPU)
async def sort(scene: Scene) -> None:
    with scene.stall():
        scene.kept += [sorted(_NUMBERS)]  # culprit: sorted


@labelled("pbkdf2", Cause.CPU)
async def pbkdf2(scene: Scene) -> None:
    with scene.stall():
        hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 200_000)  # culprit: pbkdf2


_BYTES = os.urandom(1_000_000) * 3


@labelled("zlib", Cause.CPU)
async def compress(scene: Scene) -> None:
    with scene.stall():
        zlib.compress(_BYTES)  # culprit: zlib


@labelled("deepcopy", Cause.CPU)
async def deepcopy(scene: Scene) -> None:
    rows = [{"name": str(number), "values": [1, 2, 3]} for number in range(15_000)]
    gc.disable()
    await asyncio.sleep(0.02)
    with scene.stall():
        copied = copy.deepcopy(rows)  # culprit: deepcopy
    scene.kept += [rows, copied]
    gc.enable()


# -- garbage collection -----------------------------------------------------------------------------------

_graph: list[Any] = []


def grow_graph() -> None:
    gc.disable()
    _graph[:] = [[index, [index]] for index in range(400_000)]


@labelled("collect", Cause.GARBAGE_COLLECTION)
async def collect(scene: Scene) -> None:
    await asyncio.to_thread(grow_graph)
    await asyncio.sleep(0.05)
    with scene.stall():
        gc.collect()  # culprit: collect
    gc.enable()


@labelled("automatic-collection", Cause.GARBAGE_COLLECTION)
async def automatic_collection(scene: Scene) -> None:
    await asyncio.to_thread(grow_graph)
    await asyncio.sleep(0.05)
    kept: list[Any] = []
    gc.enable()
    with scene.stall():
        for index in range(20_000):  # culprit: automatic-collection
            kept.append({index: [index]})  # noqa: PERF401  # culprit: automatic-collection
    scene.kept.append(kept)


def collect_in_thread(scene: Scene) -> None:
    with scene.stall():
        gc.collect()  # culprit: collection-in-thread


@labelled("collection-in-thread", Cause.GARBAGE_COLLECTION, "collect_in_thread")
async def collection_in_thread(scene: Scene) -> None:
    await asyncio.to_thread(grow_graph)
    await asyncio.sleep(0.05)
    await asyncio.to_thread(collect_in_thread, scene)
    gc.enable()
    await asyncio.to_thread(_graph.clear)


# -- the GIL held by other threads ------------------------------------------------------------------------


def compute(stop: threading.Event) -> None:
    total = 0
    while not stop.is_set():
        for number in range(20_000):  # culprit: one-thread,two-threads,eight-threads
            total += number * number  # culprit: one-thread,two-threads,eight-threads


async def beside_threads(count: int, part: Callable[[], Awaitable[None]]) -> None:
    """Do `part` while so many threads compute, and wait until they have ended."""
    stop = threading.Event()
    threads = [threading.Thread(target=compute, args=(stop,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        await part()
    finally:
        stop.set()
        for thread in threads:
            while thread.is_alive():
                await asyncio.sleep(0.01)
            thread.join()


async def talk() -> None:
    """Reads that are answered at once, as from a near database: each gives the GIL away."""
    await asyncio.sleep(0.05)
    for _ in range(8):
        select.select([], [], [], 0.0002)
    await asyncio.sleep(0.02)


@labelled("one-thread", Cause.GIL, "compute")
async def one_thread(scene: Scene) -> None:
    with scene.turns():
        await beside_threads(1, talk)


@labelled("two-threads", Cause.GIL, "compute")
async def two_threads(scene: Scene) -> None:
    with scene.turns():
        await beside_threads(2, talk)


@labelled("eight-threads", Cause.GIL, "compute")
async def eight_threads(scene: Scene) -> None:
    with scene.turns():
        await beside_threads(8, partial(asyncio.sleep, 0.3))


@labelled("sleep-beside-threads", Cause.BLOCKING_CALL)
async def sleep_beside_threads(scene: Scene) -> None:
    async def part() -> None:
        await asyncio.sleep(0.02)
        with scene.stall(delay=False):
            time.sleep(0.15)  # culprit: sleep-beside-threads
        await asyncio.sleep(0.02)

    with scene.turns():
        await beside_threads(2, part)
    scene.widen(scene.measured[0])


LABELS[-1] = Label(
    "sleep-beside-threads", sleep_beside_threads, Cause.BLOCKING_CALL, "sleep_beside_threads.<locals>.part"
)


def hold_gil(scene: Scene) -> None:
    with scene.stall(delay=False):
        _python.usleep(80_000)  # culprit: thread-holding-gil


@labelled("thread-holding-gil", Cause.GIL, "hold_gil")
async def thread_holding_gil(scene: Scene) -> None:
    await asyncio.to_thread(hold_gil, scene)


def sort_in_thread(scene: Scene) -> None:
    with scene.stall(delay=False):
        scene.kept += [sorted(_NUMBERS)]  # culprit: thread-sorting


@labelled("thread-sorting", Cause.GIL, "sort_in_thread")
async def thread_sorting(scene: Scene) -> None:
    await asyncio.to_thread(sort_in_thread, scene)


def match_in_thread(scene: Scene) -> None:
    with scene.stall(delay=False):
        re.match(r"(a+)+b", "a" * 21)  # culprit: thread-matching


@labelled("thread-matching", Cause.GIL, "match_in_thread")
async def thread_matching(scene: Scene) -> None:
    await asyncio.to_thread(match_in_thread, scene)


# -- the machine ------------------------------------------------------------------------------------------

_STOPPER = """
import os, signal, sys, time
parent = os.getppid()
sys.stdin.readline()
began = time.perf_counter()
os.kill(parent, signal.SIGSTOP)
time.sleep(float(sys.argv[1]))
ended = time.perf_counter()
os.kill(parent, signal.SIGCONT)
print(began, ended)
"""


async def stop_process(scene: Scene, seconds: float) -> None:
    stopper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _STOPPER, str(seconds), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    await asyncio.sleep(0.2)
    with scene.turns():
        output, _ = await stopper.communicate(b"\n")
    # The clocks are the same: perf_counter counts from the machine's start.
    began, ended = map(float, output.split())
    scene.widen(Truth(began, ended))


@labelled("stopped", Cause.MACHINE, "")
async def stopped(scene: Scene) -> None:
    await stop_process(scene, 0.08)


@labelled("stopped-long", Cause.MACHINE, "")
async def stopped_long(scene: Scene) -> None:
    await stop_process(scene, 0.3)


@labelled("stopped-beside-thread", Cause.MACHINE, "")
async def stopped_beside_thread(scene: Scene) -> None:
    await beside_threads(1, partial(stop_process, scene, 0.15))


def main(arguments: list[str]) -> None:
    """Print a verdict a line, as JSON."""
    names = set(arguments) - {"asyncio", "uvloop"}
    labels = [label for label in LABELS if not names or label.name in names]
    run = uvloop.run if "uvloop" in arguments else asyncio.run
    for verdict in run(play(labels)):
        marks = [verdict.cause_right, verdict.culprit_right, verdict.duration_right]
        print(json.dumps([verdict.label, marks, round(verdict.error_ms, 1), verdict.wanted, verdict.seen]))


if __name__ == "__main__":
    main(sys.argv[1:])
