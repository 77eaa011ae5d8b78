"""Samples: what the loop's thread, and a thread that may have the GIL, do at one moment of a stall."""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from clearway.runtime.stalls.allowance import Allowance
from clearway.runtime.stalls.blame import Other, Sample, Seen
from clearway.runtime.stalls.causes import switch_interval_ns
from clearway.runtime.stalls.stack import in_user_code, walk, walk_callback

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import CodeType, FrameType

    from clearway.runtime.stalls.blame import FindContext
    from clearway.runtime.stalls.causes import Reading
    from clearway.runtime.stalls.clocks import ThreadFiles
    from clearway.runtime.stalls.stack import Stack
    from clearway.runtime.stalls.watchdog import Watchdog

_MOST_SAMPLES = 64
_CLOSE_SAMPLES = 5
# Of a processor: for samples while the loop stands, and for looking at other threads from the loop itself.
_PART = 0.05
_PART_ASIDE = 0.02
# Whoever computes comes first; beyond these, nobody has used the processor.
_MOST_SUSPECTS = 32
_CLOSE_NS = 3_000_000
LATE_NS = 2_000_000
"""A watchdog that is this late had to wait for the GIL or for a core."""


class Sampler:
    """Takes and keeps the samples of one loop's stall."""

    def __init__(
        self,
        watchdog: Watchdog,
        thread: int,
        files: ThreadFiles,
        tick_ns: int,
        find_context: FindContext | None,
    ) -> None:
        self.base: CodeType | None = None
        """The code from which the loop enters callbacks; known from the first beat on."""
        self.next_ns = 0
        """When the next sample is due."""
        self._samples: list[Sample] = []
        self._watchdog = watchdog
        self._thread = thread
        self._files = files
        self._tick_ns = tick_ns
        self._find_context = None if find_context is None else partial(self._found, find_context)
        self._allowance = Allowance(_PART)
        self._allowance_aside = Allowance(_PART_ASIDE)

    def _found(self, find_context: FindContext, frame: FrameType) -> object | None:
        """A stall without its context is better than none."""
        try:
            return find_context(frame)
        except Exception:
            self._watchdog.fault("find_context")
            return None

    def take(self, now_ns: int, since_ns: int, loop: AbstractEventLoop, late_ns: int) -> None:
        """On the watchdog's thread: look at the loop's thread, and beside it where somebody has the GIL."""
        if not self._samples and not self._allowance.grants():
            self.next_ns = self._allowance.rests_until_ns  # the stall goes unseen, unless it lasts until then
            return
        self._allowance.begin()
        seen = self._take(now_ns, since_ns, loop, late_ns)
        self._allowance.end()
        # Once for each line of code: it may read a file.
        for other in seen:
            other.settle()
        self.next_ns = now_ns + self._spacing_ns(now_ns - since_ns)

    def _take(self, now_ns: int, since_ns: int, loop: AbstractEventLoop, late_ns: int) -> list[Seen]:
        frames = sys._current_frames()
        seen = Seen(self._callback(frames.get(self._thread)), self._find_context)
        # While the watchdog queued for a core the loop may have gone on: the sample does not stand for that time.
        span_ns = now_ns - (self._samples[-1].at_ns if self._samples else since_ns)
        seen.weight_ns = max(1, span_ns - self._watchdog.queued_ns)
        task = asyncio.current_task(loop)
        sample = Sample(now_ns, since_ns, seen, 0 if task is None else id(task))
        del task
        if late_ns > LATE_NS:
            sample.other = self._suspect(frames, since_ns)
            if sample.other is not None:
                sample.other.seen.weight_ns = seen.weight_ns
        # Kept before anything reads a file, which gives the GIL away: the loop may turn meanwhile.
        self._samples.append(sample)
        del frames
        if late_ns > LATE_NS:
            sample.switches = self._files.switches()
        self._watchdog.may_block = True
        return [seen] if sample.other is None else [seen, sample.other.seen]

    def collect(self, since_ns: int) -> list[Sample]:
        """The samples taken since that turn of the loop; all are forgotten."""
        if not self._samples:
            return []
        samples, self._samples = self._samples, []
        return [sample for sample in samples if sample.since_ns == since_ns]

    @property
    def is_full(self) -> bool:
        """Enough samples for one stall."""
        return len(self._samples) >= _MOST_SAMPLES

    def polls(self) -> bool:
        """The loop is outside of any callback."""
        return self._callback(sys._current_frames().get(self._thread)).idle

    def look(self, frame: FrameType, thread: int) -> Seen:
        """The stack of that thread; of the loop's own thread, the callback."""
        stack = self._callback(frame) if thread == self._thread else walk(frame)
        seen = Seen(stack, self._find_context)
        seen.settle()
        return seen

    def suspect(self, since_ns: int) -> Other | None:
        """On any thread, right now: who may have the GIL."""
        if not self._allowance_aside.grants():
            return None
        self._allowance_aside.begin()
        found = self._suspect(sys._current_frames(), since_ns)
        self._allowance_aside.end()
        return found

    def _spacing_ns(self, elapsed_ns: int) -> int:
        """Close together at first, for a short stall to have more than one; then ever wider."""
        if len(self._samples) < _CLOSE_SAMPLES:
            return _CLOSE_NS
        return max(self._tick_ns, elapsed_ns // 12)

    def _suspect(self, frames: dict[int, FrameType], since_ns: int) -> Other | None:
        """The thread that computes; where none does, one that may hold the GIL without computing."""
        watchdog = self._watchdog
        # The readings may be older than the stall, so a little processor time proves nothing.
        least_ns = max(LATE_NS, (time.perf_counter_ns() - since_ns) // 4)
        waiting = None
        for thread, cpu_ns in watchdog.others.spent((self._thread, watchdog.ident))[:_MOST_SUSPECTS]:
            frame = frames.get(thread)
            if frame is None:
                continue
            stack = walk(frame)
            if cpu_ns > least_ns or in_user_code(stack):
                return Other(thread, cpu_ns, Seen(stack, self._find_context))
            if waiting is None and (seen := Seen(stack, self._find_context)).user:
                waiting = Other(thread, cpu_ns, seen)
        return waiting

    def _callback(self, frame: FrameType | None) -> Stack:
        return walk(frame) if self.base is None else walk_callback(frame, self.base)


def waited_share(samples: list[Sample], after: Reading) -> float | None:
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
