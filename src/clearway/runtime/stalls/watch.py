"""One loop under watch: the heartbeat on the loop, and what is done when it does not come."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from clearway.model import Cause
from clearway.runtime.portal import steps as steps_of_portals
from clearway.runtime.stalls.blame import in_one_callback, observe
from clearway.runtime.stalls.causes import Evidence, Reading, judge
from clearway.runtime.stalls.clocks import ThreadFiles, own_switches, thread_cpu_ns
from clearway.runtime.stalls.sampler import Sampler, waited_share
from clearway.runtime.stalls.stack import base_of

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle
    from collections.abc import Callable
    from types import FrameType

    from clearway.runtime.stalls.blame import FindContext, ObservedStall, Sample, Seen
    from clearway.runtime.stalls.watchdog import Watchdog

_CALM_BEATS = 10
_FEW_STEPS = 4
_QUEUE_MEMORY_NS = 500_000_000
_CROWDED = 0.15
"""Of its time a loop's thread queues for a core where more threads want to run than there are cores."""


class LoopWatch:
    """Watches one loop until `stop`, or until the loop is closed. Made by `Watchdog.watch`."""

    def __init__(
        self,
        watchdog: Watchdog,
        loop: AbstractEventLoop,
        threshold_s: float,
        on_stall: Callable[[ObservedStall], None],
        tick_s: float,
        find_context: FindContext | None,
    ) -> None:
        self._watchdog = watchdog
        # Weak, so that a loop that nobody closes can still be collected.
        self._loop = weakref.ref(loop)
        self._threshold_ns: Final = int(threshold_s * 1e9)
        self._tick_s: Final = min(tick_s, threshold_s / 2)
        self._tick_ns: Final = int(self._tick_s * 1e9)
        self._rest_ns: Final = 2 * self._tick_ns
        self._on_stall = on_stall
        self._thread: Final = threading.get_ident()
        self._native_id: Final = threading.get_native_id()
        self._files = ThreadFiles()
        self._sampler = Sampler(watchdog, self._thread, self._files, self._tick_ns, find_context)
        self._usual_switches = 0.0
        self._usual_gap_ns = self._tick_ns
        self._patience_ns = self._tick_ns * 3 // 2
        self._turns = 0
        self._sampler.base = base_of(loop)
        # Without it nobody could tell the first callback's code from what started the loop.
        self._paused = self._sampler.base is None
        self._stopped = False
        self._handle: TimerHandle | None = None
        self._before = self._read()
        self._due_ns = self._before.at_ns
        self._steps = steps_of_portals.taken
        self._calm_beats = 0
        self._resting = False
        self._queue_share = 0.0
        self._late_since_ns = 0
        self._beat_later(loop)

    # -- on the loop's thread -------------------------------------------------------------------------

    def _beat(self) -> None:
        if self._stopped:
            return
        self._sampler.base = sys._getframe(1).f_code
        try:
            self._turned()
        except Exception:
            self._watchdog.fault("a heartbeat")
        loop = self._loop()
        if self._calm_beats >= _CALM_BEATS:
            self._handle = None
            self._resting = True
        elif loop is not None and not self._stopped:
            self._beat_later(loop)
            self._watchdog.put_off(self._before.at_ns + self._patience_ns)

    def _learn_patience(self, gap_ns: int) -> None:
        """How long after a beat the next is overdue: longer where the turns of a busy loop are long anyway.

        In any case soon enough for a stall just over the threshold to be seen while it lasts.
        """
        self._usual_gap_ns += (gap_ns - self._usual_gap_ns) // 10
        longest_ns = self._threshold_ns + self._tick_ns // 2
        self._patience_ns = min(max(self._tick_ns * 3 // 2, self._usual_gap_ns * 5 // 4), longest_ns)

    def _learn_queue(self, before: Reading, after: Reading) -> None:
        """The part of the last second or so that the loop's thread spent in the queue for a core."""
        if before.queued_ns is not None and after.queued_ns is not None:
            share = (after.queued_ns - before.queued_ns) / max(1, after.at_ns - before.at_ns)
            weight = min(1.0, (after.at_ns - before.at_ns) / _QUEUE_MEMORY_NS)
            self._queue_share += weight * (share - self._queue_share)

    def _beat_later(self, loop: AbstractEventLoop) -> None:
        self._due_ns = self._before.at_ns + self._tick_ns
        self._handle = loop.call_later(self._tick_s, self._beat)

    def _turn(self) -> None:
        """Asked for by the watchdog in the middle of a stall: comes first in the turn after it."""
        if self._stopped:
            return
        try:
            self._turned()
        except Exception:
            self._watchdog.fault("a heartbeat")

    def _turned(self) -> None:
        """The loop turned: was it late?"""
        before = self._before
        after = self._before = self._read()
        paused, self._paused = self._paused, False
        self._learn_queue(before, after)
        # The stall began between the last turn and the moment this one was due.
        started_ns = (before.at_ns + max(before.at_ns, min(self._due_ns, after.at_ns))) // 2
        stall_ns = after.at_ns - started_ns
        samples = self._sampler.collect(before.at_ns)
        steps, self._steps = steps_of_portals.taken - self._steps, steps_of_portals.taken
        if stall_ns <= self._threshold_ns or paused:
            self._learn_patience(after.at_ns - before.at_ns)
            is_calm = after.process_ns - before.process_ns < self._tick_ns // 10
            self._calm_beats = self._calm_beats + 1 if is_calm else 0
            if before.switches is not None and after.switches is not None:
                self._turns += 1
                weight = max(0.1, 1 / self._turns)
                self._usual_switches += weight * (after.switches - before.switches - self._usual_switches)
            return
        # A turn of many short callbacks is a stall only if it was too long at the very least.
        surely_ns = after.at_ns - max(before.at_ns, self._due_ns)
        # One sample cannot show that many contained calls went on one after the other.
        in_one = in_one_callback(samples) and (steps <= _FEW_STEPS or len(samples) > 1)
        if surely_ns > self._threshold_ns or in_one:
            self._report(before, after, samples, started_ns, stall_ns, in_one)

    def _report(
        self, before: Reading, after: Reading, samples: list[Sample], started_ns: int, stall_ns: int, in_one: bool
    ) -> None:
        watchdog = self._watchdog
        others = [sample.other for sample in samples if sample.other is not None]
        others_ns = after.process_ns - before.process_ns - (after.cpu_ns - before.cpu_ns)
        is_contended = others_ns * 3 >= stall_ns
        if not others and (is_contended or watchdog.is_overdue(after.at_ns)):
            # Whoever had the GIL gave it to us instead of the watchdog, and is still where he was.
            found = self._sampler.suspect(before.at_ns)
            others = [] if found is None else [found]
        starved_ns, stopped_ns = watchdog.overdue(after.at_ns)
        # Asking may have let the watchdog run and count for itself, so its counters are read afterwards.
        after = after._replace(starved_ns=watchdog.starved_ns + starved_ns, stopped_ns=watchdog.stopped_ns + stopped_ns)
        idle = sum(sample.seen.idle for sample in samples)
        evidence = Evidence(
            stall_ns,
            self._threshold_ns,
            before,
            after,
            self._usual_switches,
            waited_share(samples, after),
            has_suspect=bool(others),
            samples=len(samples),
            idle=idle * 2 > len(samples),
            is_crowded=self._queue_share >= _CROWDED,
        )
        cause, starved_ns = judge(evidence)
        collector = None
        if cause is Cause.GARBAGE_COLLECTION:
            collector = self._watchdog.garbage.culprit(before.at_ns)
        self._tell(observe(samples, others, collector, cause, started_ns, stall_ns, starved_ns, in_one))

    def _tell(self, stall: ObservedStall) -> None:
        try:
            self._on_stall(stall)
        except Exception:
            self._watchdog.fault("on_stall")

    def _read(self) -> Reading:
        watchdog = self._watchdog
        now_ns = time.perf_counter_ns()
        return Reading(
            now_ns,
            time.thread_time_ns(),
            time.process_time_ns(),
            own_switches(),
            self._files.queued_ns(),
            watchdog.garbage.total_ns(now_ns),
            watchdog.starved_ns,
            watchdog.stopped_ns,
        )

    # -- on the watchdog's thread ---------------------------------------------------------------------

    def check(self, now_ns: int, late_ns: int) -> int:
        """Look at the heartbeat, sample if it is overdue. Returns when to look again.

        `late_ns` is how much later than planned the watchdog could look.
        """
        if self._resting:
            return self._check_resting(now_ns, late_ns)
        since_ns = self._before.at_ns
        overdue_ns = since_ns + self._patience_ns
        if now_ns < overdue_ns:
            return overdue_ns
        loop = self._loop()
        if loop is None or loop.is_closed():
            self.stop()
            return now_ns + self._tick_ns
        if not loop.is_running():
            self._paused = True
            return now_ns + self._tick_ns
        is_first = self._late_since_ns != since_ns
        if is_first:
            self._late_since_ns = since_ns
        elif now_ns < self._sampler.next_ns or self._sampler.is_full:
            return max(self._sampler.next_ns, now_ns + self._tick_ns // 2)
        self._sampler.take(now_ns, since_ns, loop, late_ns)
        if is_first:
            # The heartbeat's timer may be far back in the queue: ask to hear of the very next turn.
            self._post(loop, self._turn)
        return self._sampler.next_ns

    def _check_resting(self, now_ns: int, late_ns: int) -> int:
        """While the process rests, nothing beats: the watchdog sees for itself that the loop polls.

        The first sign of life sets the heartbeat going again.
        """
        loop = self._loop()
        if loop is None or loop.is_closed():
            self.stop()
            return now_ns + self._tick_ns
        before = self._before
        self._paused = self._paused or not loop.is_running()
        cpu_ns = thread_cpu_ns(self._native_id)
        process_ns = time.process_time_ns()
        watchdog = self._watchdog
        is_calm = late_ns < self._tick_ns and process_ns - before.process_ns < self._rest_ns // 10
        # A watchdog that only had to queue for a core says nothing of a loop that used none and was not stopped.
        kept_ns = watchdog.starved_ns - before.starved_ns + watchdog.stopped_ns - before.stopped_ns
        has_rested = cpu_ns is not None and cpu_ns - before.cpu_ns + kept_ns < self._tick_ns // 2
        if cpu_ns is not None and has_rested and self._sampler.polls():
            self._before = before = Reading(
                now_ns,
                cpu_ns,
                process_ns,
                None,
                self._files.queued_ns(),
                watchdog.garbage.total_ns(now_ns),
                watchdog.starved_ns,
                watchdog.stopped_ns,
            )
            if is_calm:
                return now_ns + self._rest_ns
        self._calm_beats = 0
        self._due_ns = min(now_ns, before.at_ns + self._rest_ns)
        self._resting = False
        self._post(loop, self._beat)
        return before.at_ns + self._tick_ns * 3 // 2

    def _post(self, loop: AbstractEventLoop, callback: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(callback)
        except RuntimeError:  # closed since we looked
            self.stop()

    def excuse(self) -> None:
        """On the loop's own thread: what has kept it since its last turn was meant to, and is no stall."""
        self._paused = True

    # -- from any thread ------------------------------------------------------------------------------

    @property
    def is_late(self) -> bool:
        """The heartbeat is overdue."""
        return self._late_since_ns == self._before.at_ns

    @property
    def turned_ns(self) -> int:
        """When the loop was last known to turn."""
        return self._before.at_ns

    def overdue_ns(self, now_ns: int) -> int:
        """For how long nothing has been heard of a loop whose heartbeat is overdue; 0 while it turns."""
        return now_ns - self._before.at_ns if self.is_late else 0

    @property
    def thread(self) -> int:
        """Ident of the loop's thread."""
        return self._thread

    def look(self, frame: FrameType, thread: int) -> Seen:
        """The stack of that thread; of the loop's own thread, the callback."""
        return self._sampler.look(frame, thread)

    def stop(self) -> None:
        """Watch no longer. May be called from any thread, and again."""
        if self._stopped:
            return
        self._stopped = True
        self._watchdog.forget(self)
        self._files.close()
        handle, self._handle = self._handle, None
        loop = self._loop()
        if handle is None or loop is None or loop.is_closed():
            return
        if threading.get_ident() == self._thread or not loop.is_running():
            handle.cancel()
            return
        try:
            loop.call_soon_threadsafe(handle.cancel)
        except RuntimeError:
            return  # closed since we looked, and its timers with it

    def abandon(self) -> None:
        """In a forked child: the loop goes on elsewhere, without this watch."""
        self._stopped = True
        self._files.close()
