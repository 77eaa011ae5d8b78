"""The stage of the labelled set: a loop with 100 concurrent tasks, a watch on it, and the measured truth."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from clearway.model import Cause
from clearway.runtime.stalls import ObservedStall, Watchdog

TICK_S = 0.010
THRESHOLD_S = 0.020
TASKS = 100
DISTURBED_S = 0.008


@dataclass(slots=True)
class Truth:
    """What the code that stalls measured itself.

    The loop may have stood still for longer: other callbacks of the same turn and the machine add to it.
    """

    began_s: float = 0.0
    ended_s: float = 0.0
    turn_began_s: float = 0.0
    turned_s: float = 0.0
    delay_s: float = 0.0
    """How long the thread queued for a core meanwhile."""


class Scene:
    """What a label gets to play with."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.truths: list[Truth] = []
        self.measured: list[Truth] = []
        """Those of the truths that the culprit measured, not the turns of the loop."""
        self.observed: list[ObservedStall] = []
        self.callbacks: list[float] = []
        self.kept: list[object] = []
        """What a label made and must not free while it is measured."""

    def stall(self, delay: bool = True) -> Measure:
        """`with scene.stall():` around what stalls, on the thread that stalls.

        Reading the `delay` gives the GIL away, which matters beside threads that want it.
        """
        return Measure(self, delay)

    @contextmanager
    def turns(self) -> Iterator[None]:
        """Where nobody can measure himself: stamp every turn of the loop, and keep the long ones."""
        last = time.perf_counter()
        over = False
        delay = _queued_s()

        def stamp() -> None:
            nonlocal last
            now = time.perf_counter()
            if now - last > THRESHOLD_S:
                self.truths.append(self._turn_truth(last, now))
            last = now
            self.callbacks.clear()
            if not over:
                self.loop.call_soon(stamp)

        def pulse() -> None:
            self.callbacks.append(time.perf_counter())
            if not over:
                self.loop.call_later(0.001, pulse)

        self.loop.call_soon(stamp)
        self.loop.call_soon(pulse)
        try:
            yield
        finally:
            over = True
            for truth in self.truths:
                truth.delay_s = _queued_s() - delay

    def widen(self, truth: Truth) -> None:
        """Keep only `truth`, and the turn around it among those that were stamped."""

        def shared(turn: Truth) -> float:
            return min(truth.ended_s, turn.turned_s) - max(truth.began_s, turn.turn_began_s)

        turn = max((turn for turn in self.truths if turn is not truth), key=shared)
        truth.turn_began_s = min(truth.began_s, turn.turn_began_s)
        truth.turned_s = max(truth.ended_s, turn.turned_s)
        self.truths[:] = [truth]

    def _turn_truth(self, began: float, ended: float) -> Truth:
        """The stall is at most the turn, and at least the longest time in it that no callback ran."""
        stamps = [began, *(stamp for stamp in self.callbacks if began < stamp < ended), ended]
        start, end = max(pairwise(stamps), key=lambda pair: pair[1] - pair[0])
        return Truth(start, end, began, ended)


class Measure:
    """Adds no frame to the stack of what it measures."""

    def __init__(self, scene: Scene, delay: bool) -> None:
        self._scene = scene
        self._delay = delay
        self._truth = Truth()

    def __enter__(self) -> None:
        if self._delay:
            self._truth.delay_s = -_queued_s()
        self._truth.began_s = self._truth.turn_began_s = time.perf_counter()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        truth = self._truth
        truth.ended_s = truth.turned_s = time.perf_counter()
        if self._delay:
            truth.delay_s += _queued_s()
        self._scene.truths.append(truth)
        self._scene.measured.append(truth)
        self._scene.loop.call_soon_threadsafe(self._turned)

    def _turned(self) -> None:
        self._truth.turned_s = time.perf_counter()


def _queued_s() -> float:
    try:
        text = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(text.split()[1]) / 1e9


@dataclass(frozen=True, slots=True)
class Label:
    """One known stall."""

    name: str
    run: Callable[[Scene], Awaitable[None]]
    cause: Cause
    function: str | None
    """Qualified name of the culprit; None where no line is to blame."""


@dataclass(slots=True)
class Verdict:
    """What was seen of a label."""

    label: str
    wanted: str
    seen: str
    cause_right: bool = False
    culprit_right: bool = False
    duration_right: bool = False
    error_ms: float = field(default=float("nan"))

    @property
    def right(self) -> bool:
        return self.cause_right and self.culprit_right and self.duration_right


async def busy(scene: Scene, delay_s: float) -> None:
    while True:
        await asyncio.sleep(delay_s)
        sum(range(50))
        scene.callbacks.append(time.perf_counter())


async def play(labels: list[Label]) -> list[Verdict]:
    """Each label once under the load of 100 tasks."""
    scene = Scene()
    tasks = [asyncio.create_task(busy(scene, 0.001 + index * 0.0005)) for index in range(TASKS)]
    watchdog = Watchdog()
    watch = watchdog.watch(scene.loop, threshold_s=THRESHOLD_S, on_stall=scene.observed.append, tick_s=TICK_S)
    try:
        verdicts = [await play_one(scene, label) for label in labels]
    finally:
        watch.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert watchdog.faults == 0
    return verdicts


async def play_one(scene: Scene, label: Label) -> Verdict:
    """Once, or again where the machine took the core away meanwhile: then the truth is not what it was."""
    for _ in range(4):
        queued = _queued_s()
        verdict = await _play_undisturbed(scene, label)
        if verdict.right or _queued_s() - queued < DISTURBED_S:
            break
    return verdict


async def _play_undisturbed(scene: Scene, label: Label) -> Verdict:
    await asyncio.to_thread(scene.kept.clear)
    await asyncio.sleep(0.05)
    scene.truths.clear()
    scene.measured.clear()
    scene.callbacks.clear()
    scene.observed.clear()
    await label.run(scene)
    deadline = time.perf_counter() + 1
    while not (scene.truths and _matching(scene)) and time.perf_counter() < deadline:
        await asyncio.sleep(0.005)
    return judge_verdict(scene, label)


def _overlap(truth: Truth, stall: ObservedStall) -> float:
    return min(truth.turned_s, stall.started_s + stall.duration_s) - max(truth.turn_began_s, stall.started_s)


def _matching(scene: Scene) -> tuple[Truth, ObservedStall] | None:
    """The longest true stall and what was observed of it."""
    truth = max(scene.truths, key=lambda truth: truth.ended_s - truth.began_s)
    stall = max(scene.observed, key=lambda stall: _overlap(truth, stall), default=None)
    return (truth, stall) if stall is not None and _overlap(truth, stall) > 0 else None


def judge_verdict(scene: Scene, label: Label) -> Verdict:
    wanted = f"{label.cause} {label.function}"
    found = _matching(scene) if scene.truths else None
    if found is None:
        return Verdict(label.name, wanted, f"nothing ({len(scene.truths)} true stalls)")
    truth, stall = found
    lines = culprit_lines(label.name)
    least, most = truth.ended_s - truth.began_s, truth.turned_s - truth.turn_began_s
    # The machine may keep a core from us for most of a stall; then it is to blame, and no line.
    by_machine = stall.cause is Cause.MACHINE and truth.delay_s > least / 2
    culprit = stall.culprit
    error_s = max(least - stall.duration_s, stall.duration_s - most, 0.0)
    return Verdict(
        label.name,
        wanted,
        f"{stall.cause} {culprit and culprit.function}:{culprit and culprit.line} {stall.operation} "
        f"{stall.duration_s * 1e3:.0f} ms of {least * 1e3:.0f}..{most * 1e3:.0f}, {stall.samples} samples",
        by_machine or stall.cause is label.cause,
        _is_culprit(stall, None if by_machine else label.function, lines),
        error_s <= TICK_S,
        error_s * 1e3,
    )


def _is_culprit(stall: ObservedStall, function: str | None, lines: set[tuple[str, int]]) -> bool:
    culprit = stall.culprit
    if culprit is None or function is None:
        return culprit is None and function is None
    if culprit.function != function:
        return False
    return (os.path.basename(culprit.file), culprit.line) in lines


def culprit_lines(name: str) -> set[tuple[str, int]]:
    """(file, line) of each line marked `# culprit: name`."""
    return {
        (path.name, number)
        for path in Path(__file__).parent.glob("stalls_*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if name in line.rstrip().partition("# culprit: ")[2].split(",")
    }
