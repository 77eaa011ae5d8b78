"""One loop under watch: the heartbeat on the loop, and the samples taken while it does not come."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import weakref
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from clearway.model import Cause
from clearway.runtime.stalls.blame import Other, Sample, Seen, in_one_callback, observe
from clearway.runtime.stalls.causes import Evidence, Reading, judge, switch_interval_ns
from clearway.runtime.stalls.clocks import ThreadFiles, own_switches
from clearway.runtime.stalls.stack import Stack, in_user_code, walk, walk_callback

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle
    from collections.abc import Callable
    from types import CodeType, FrameType

    from clearway.runtime.stalls.blame import FindContext, ObservedStall
    from clearway.runtime.stalls.watchdog import Watchdog

_MOST_SAMPLES = 64
_CLOSE_SAMPLES = 5
_CLOSE_NS = 3_000_000
# A watchdog that is this late had to wait for the GIL or for a core.
_LATE_NS = 2_000_000


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
        self._on_stall = on_stall
        self._find_context = find_context
        self._thread: Final = threading.get_ident()
        self._files = ThreadFiles()
        self._base: CodeType | None = None
        self._samples: list[Sample] = []
        self._usual_switches = 0.0
        self._turns = 0
        self._paused = True  # what lies before the first beat is no stall
        self._stopped = False
        self._handle: TimerHandle | None = None
        self._before = self._read()
        self._due_ns = self._before.at_ns
        self._delay_before_ns: int | None = None
        self._delay_ns: int | None = None
        self._late_since_ns = 0
        self._next_sample_ns = 0
        self._beat_later(loop)

    # -- on the loop's thread -------------------------------------------------------------------------

    def _beat(self) -> None:
        if self._stopped:
            return
        self._base = sys._getframe(1).f_code
        try:
            self._turned()
        except Exception:
            self._watchdog.fault("a heartbeat")
        loop = self._loop()
        if loop is not None and not self._stopped:
            self._beat_later(loop)

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
        # The stall began between the last turn and the moment this one was due.
        started_ns = (before.at_ns + max(before.at_ns, min(self._due_ns, after.at_ns))) // 2
        stall_ns = after.at_ns - started_ns
        if stall_ns <= self._threshold_ns or paused:
            if self._samples:
                self._samples = []
            if before.switches is not None and after.switches is not None:
                self._turns += 1
                weight = max(0.1, 1 / self._turns)
                self._usual_switches += weight * (after.switches - before.switches - self._usual_switches)
            return
        samples = [sample for sample in self._samples if sample.since_ns == before.at_ns]
        self._samples = []
        # A turn of many short callbacks is a stall only if it was too long at the very least.
        surely_ns = after.at_ns - max(before.at_ns, self._due_ns)
        if surely_ns > self._threshold_ns or in_one_callback(samples):
            self._report(before, after, samples, started_ns, stall_ns)

    def _report(self, before: Reading, after: Reading, samples: list[Sample], started_ns: int, stall_ns: int) -> None:
        starved_ns, stopped_ns = self._watchdog.overdue(after.at_ns)
        # Asking may have let the watchdog run and count for itself, so its counters are read afterwards.
        after = after._replace(
            starved_ns=self._watchdog.starved_ns + starved_ns,
            stopped_ns=self._watchdog.stopped_ns + stopped_ns,
        )
        others = [sample.other for sample in samples if sample.other is not None]
        others_ns = after.process_ns - before.process_ns - (after.cpu_ns - before.cpu_ns)
        is_contended = others_ns * 3 >= stall_ns
        if not others and (starved_ns or is_contended):
            # Whoever had the GIL gave it to us instead of the watchdog, and is still where he was.
            found = self._suspect(sys._current_frames())
            others = [] if found is None else [found]
        idle = sum(sample.seen.idle for sample in samples)
        evidence = Evidence(
            stall_ns,
            self._threshold_ns,
            before,
            after,
            self._usual_switches,
            _waited_share(samples, after),
            self._queued_ns(is_contended),
            has_suspect=bool(others),
            idle=idle * 2 > len(samples),
        )
        cause = judge(evidence)
        collector = None
        if cause is Cause.GARBAGE_COLLECTION:
            collector = self._watchdog.garbage.culprit(before.at_ns)
        self._tell(observe(samples, others, collector, cause, started_ns, stall_ns))

    def _queued_ns(self, is_contended: bool) -> int:
        """How long the loop's thread queued for a core: until now, or until the watchdog last looked."""
        if not is_contended:
            self._delay_ns = self._files.delay_ns()
        if self._delay_ns is None or self._delay_before_ns is None:
            return 0
        return self._delay_ns - self._delay_before_ns

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
            watchdog.garbage.total_ns(now_ns),
            watchdog.starved_ns,
            watchdog.stopped_ns,
        )

    # -- on the watchdog's thread ---------------------------------------------------------------------

    def check(self, now_ns: int, late_ns: int) -> int:
        """Look at the heartbeat, sample if it is overdue. Returns when to look again.

        `late_ns` is how much later than planned the watchdog could look.
        """
        since_ns = self._before.at_ns
        overdue_ns = since_ns + self._tick_ns * 3 // 2
        if now_ns < overdue_ns:
            if late_ns < _LATE_NS:
                self._delay_before_ns = self._delay_ns = self._files.delay_ns()
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
        elif now_ns < self._next_sample_ns or len(self._samples) >= _MOST_SAMPLES:
            return max(self._next_sample_ns, now_ns + self._tick_ns // 2)
        self._take_sample(now_ns, since_ns, loop, late_ns)
        if is_first:
            self._ask_for_turn(loop)
        return self._next_sample_ns

    def _take_sample(self, now_ns: int, since_ns: int, loop: AbstractEventLoop, late_ns: int) -> None:
        frames = sys._current_frames()
        seen = Seen(self._callback(frames.get(self._thread)), self._find_context)
        seen.weight_ns = now_ns - (self._samples[-1].at_ns if self._samples else since_ns)
        task = asyncio.current_task(loop)
        sample = Sample(now_ns, since_ns, seen, 0 if task is None else id(task))
        del task
        if late_ns > _LATE_NS:
            sample.other = self._suspect(frames)
            if sample.other is not None:
                sample.other.seen.weight_ns = seen.weight_ns
        # Kept before anything reads a file, which gives the GIL away: the loop may turn meanwhile.
        self._samples.append(sample)
        del frames
        if late_ns > _LATE_NS:
            sample.switches = self._files.switches()
        self._delay_ns = self._files.delay_ns()
        self._watchdog.may_block = True
        seen.settle()
        if sample.other is not None:
            sample.other.seen.settle()
        self._next_sample_ns = now_ns + self._spacing_ns(now_ns - since_ns)

    def _spacing_ns(self, elapsed_ns: int) -> int:
        """Close together at first, for a short stall to have more than one; then ever wider."""
        if len(self._samples) < _CLOSE_SAMPLES:
            return _CLOSE_NS
        return max(self._tick_ns, elapsed_ns // 12)

    def _suspect(self, frames: dict[int, FrameType]) -> Other | None:
        """The thread that computes; where none does, one that may hold the GIL without computing."""
        watchdog = self._watchdog
        waiting = None
        for thread, cpu_ns in watchdog.others.spent((self._thread, watchdog.ident)):
            frame = frames.get(thread)
            if frame is None:
                continue
            stack = walk(frame)
            if cpu_ns > _LATE_NS or in_user_code(stack):
                return Other(thread, cpu_ns, Seen(stack, self._find_context))
            if waiting is None and (seen := Seen(stack, self._find_context)).user:
                waiting = Other(thread, cpu_ns, seen)
        return waiting

    def _callback(self, frame: FrameType | None) -> Stack:
        return walk(frame) if self._base is None else walk_callback(frame, self._base)

    def _ask_for_turn(self, loop: AbstractEventLoop) -> None:
        """The heartbeat's timer may be far back in the queue: ask to hear of the very next turn."""
        try:
            loop.call_soon_threadsafe(self._turn)
        except RuntimeError:  # closed since we looked
            self.stop()

    # -- from any thread ------------------------------------------------------------------------------

    @property
    def is_late(self) -> bool:
        """The heartbeat is overdue."""
        return self._late_since_ns == self._before.at_ns

    @property
    def thread(self) -> int:
        """Ident of the loop's thread."""
        return self._thread

    def look(self, frame: FrameType, thread: int) -> Seen:
        """The stack of that thread; of the loop's own thread, the callback."""
        stack = self._callback(frame) if thread == self._thread else walk(frame)
        seen = Seen(stack, self._find_context)
        seen.settle()
        return seen

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


def _waited_share(samples: list[Sample], after: Reading) -> float | None:
    """Share of the time since the first sample in which the loop's thread kept asking for the GIL."""
    counts = [(sample.at_ns, sample.switches) for sample in samples if sample.switches is not None]
    if not counts or after.switches is None:
        return None
    counts.append((after.at_ns, after.switches))
    span_ns = counts[-1][0] - counts[0][0]
    if span_ns < 2 * switch_interval_ns():
        return None
    # Giving the GIL up makes switches, too: no span can have waited for longer than it lasted.
    waited_ns = sum(
        min(end_ns - start_ns, (last - first) * switch_interval_ns())
        for (start_ns, first), (end_ns, last) in pairwise(counts)
    )
    return waited_ns / span_ns
