"""The watchdog: one daemon thread that looks at the heartbeats of all watched loops."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from _thread import RLock  # the interpreter's own, also while containment stands in for `threading.RLock`
from typing import TYPE_CHECKING, ClassVar

from clearway.runtime.stalls.alarm import Alarm
from clearway.runtime.stalls.causes import split_lateness
from clearway.runtime.stalls.clocks import OtherThreads, ThreadFiles, own_switches
from clearway.runtime.stalls.garbage import Garbage
from clearway.runtime.stalls.watch import LoopWatch

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from types import FrameType

    from clearway.runtime.stalls.blame import FindContext, ObservedStall, Seen

_LOG = logging.getLogger("clearway")
_TICK_NS = 10_000_000
_SHORTEST_NS = 1_000_000
# A watch that asks for less, because its tick is long, must not delay the callbacks of `add_tick` much.
_LONGEST_NS = 20_000_000
# While a loop turns and nobody wants ticks: often enough to know what other threads have used.
_LONGEST_SLEEP_NS = 200_000_000
_SMOOTHING = 0.2
# Below this the operating system's own timer slack is all there is.
_IN_TIME_NS = 1_000_000


class Watchdog:
    """One daemon thread a process; started with the first watch, ends when nothing is watched."""

    def __init__(self) -> None:
        self.faults = 0
        """How often Clearway's own watching failed. Each kind is logged once."""
        self._all.add(self)
        self._logged: set[str] = set()
        self._reset()

    _all: ClassVar[weakref.WeakSet[Watchdog]] = weakref.WeakSet()

    def _reset(self) -> None:
        self._lock = RLock()
        self._watches: tuple[LoopWatch, ...] = ()
        self._ticks: tuple[tuple[Callable[[int], None], Callable[[], bool]], ...] = ()
        self._thread: threading.Thread | None = None
        self.ident = 0
        """Of the watchdog's thread."""
        self._files: ThreadFiles | None = None
        self._switches: int | None = None
        self._queued_ns: int | None = None
        self._process_ns = 0
        self.may_block = False
        """The watchdog reads a source file, and may be late for it."""
        self._planned_ns = 0
        self._alarm: Alarm | None = None
        self._is_asleep = False
        self._woke_ns = 0
        self._next_ns = 0
        self._ticked_ns = 0
        self._late_ns = 0.0
        self.garbage = Garbage(self._look)
        self.others = OtherThreads()
        self.starved_ns = 0
        self.stopped_ns = 0
        self.queued_ns = 0
        """How much later it last woke for want of a core."""

    def watch(
        self,
        loop: AbstractEventLoop,
        *,
        threshold_s: float,
        on_stall: Callable[[ObservedStall], None],
        tick_s: float = 0.01,
        find_context: FindContext | None = None,
    ) -> LoopWatch:
        """Watch `loop` from now on. Call it on the loop's own thread.

        `on_stall` is called on that thread in the first turn after a stall longer than `threshold_s`.
        `find_context` gets each sampled frame, outermost first; the first thing it finds becomes the stall's
        context. It runs on the watchdog's thread, and must be quick.
        """
        watch = LoopWatch(self, loop, threshold_s, on_stall, tick_s, find_context)
        with self._lock:
            self._watches += (watch,)
            self.garbage.switch_on()
            if self._thread is None:
                self._plan(time.perf_counter_ns())  # it is late from here on, should it take long to start
                self._thread = threading.Thread(target=self._run, name="clearway-watchdog", daemon=True)
                self._thread.start()
        return watch

    def forget(self, watch: LoopWatch) -> None:
        """Called by a watch that stops."""
        with self._lock:
            self._watches = tuple(other for other in self._watches if other is not watch)
            if not self._watches:
                self.garbage.switch_off()

    def add_tick(self, callback: Callable[[int], None], wanted: Callable[[], bool] = lambda: True) -> None:
        """Call `callback(perf_counter_ns)` on the watchdog's thread every 10 ms, 20 ms while all loops rest.

        While `wanted()` is false it may come as rarely as five times a second. `wanted` is asked on a loop's
        thread and must be quick. A callback that raises is switched off, and logged.
        """
        with self._lock:
            self._ticks += ((callback, wanted),)

    def remove_tick(self, callback: Callable[[int], None]) -> None:
        """The opposite of `add_tick`; a callback that is not there is no error."""
        with self._lock:
            self._ticks = tuple(tick for tick in self._ticks if tick[0] != callback)

    def put_off(self, until_ns: int) -> None:
        """From a loop that has just turned: nobody need look at it before then."""
        alarm = self._alarm
        until_ns = min(until_ns, self._woke_ns + _LONGEST_SLEEP_NS)
        if alarm is None or not self._is_asleep or until_ns <= self._planned_ns or len(self._watches) != 1:
            return
        if not any(wanted() for _, wanted in self._ticks):
            self._planned_ns = until_ns
            alarm.put_off(until_ns)

    @property
    def late_s(self) -> float:
        """How late the watchdog wakes up, smoothed: how contended the GIL is right now."""
        return self._late_ns / 1e9

    def is_overdue(self, now_ns: int) -> bool:
        """Whether the watchdog is late right now. Keeps the GIL."""
        return now_ns - self._planned_ns >= _IN_TIME_NS

    def overdue(self, now_ns: int) -> tuple[int, int]:
        """(starved, stopped) nanoseconds by which the watchdog is late right now. May give the GIL away."""
        files = self._files
        if files is None:
            return 0, 0
        late_ns = now_ns - self._planned_ns
        if self.is_overdue(now_ns) and (time.process_time_ns() - self._process_ns) * 2 >= late_ns:
            return late_ns, 0  # somebody computes: reading a file now would give him the GIL
        return self._split(now_ns, files.switches())

    def fault(self, where: str) -> None:
        """Count what Clearway itself got wrong, from an except clause. Never raises."""
        self.faults += 1
        if where not in self._logged:
            self._logged.add(where)
            _LOG.warning("watching the event loop: %s failed; counted from now on", where, exc_info=True)

    # -- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        self.ident = threading.get_ident()
        files = self._files = ThreadFiles()
        alarm = Alarm()
        self._alarm = alarm if alarm.can_be_put_off else None
        self._switches = own_switches()
        try:
            while self._has_work():
                started_ns = time.perf_counter_ns()
                self._next_ns = max(self._next_ns, started_ns + _SHORTEST_NS)
                self._plan(self._next_ns)
                self._is_asleep = True
                alarm.sleep_until(self._next_ns)
                self._is_asleep = False
                late_ns, now_ns = self._account()
                self._woke_ns = now_ns
                self.queued_ns = self._own_queue_ns() if late_ns >= _IN_TIME_NS else 0
                self._late_ns += _SMOOTHING * (late_ns - self._late_ns)
                self._plan(now_ns + _IN_TIME_NS)
                self._check_watches(now_ns, late_ns)
                self._call_ticks(now_ns)
                self._account()
        finally:
            if self._files is files:  # not those of the next thread, which may have started by now
                self._files = self._alarm = None
            files.close()
            alarm.close()

    def _has_work(self) -> bool:
        with self._lock:
            if not self._watches:
                self._thread = None
            return bool(self._watches)

    def _plan(self, done_ns: int) -> None:
        """The watchdog means to be done with its sleep, or its work, by then."""
        self.may_block = False
        self._process_ns = time.process_time_ns()
        self._queued_ns = self._files.queued_ns() if self._files is not None else None
        self._planned_ns = done_ns

    def _account(self) -> tuple[int, int]:
        """Returns (how late, now), and keeps count of what made the watchdog late."""
        now_ns = time.perf_counter_ns()
        switches = own_switches()
        starved_ns, stopped_ns = self._split(now_ns, switches)
        late_ns = max(0, now_ns - self._planned_ns)
        self._planned_ns = now_ns
        self._switches = switches
        self.starved_ns += starved_ns
        self.stopped_ns += stopped_ns
        return late_ns, now_ns

    def _split(self, now_ns: int, switches: int | None) -> tuple[int, int]:
        late_ns = now_ns - self._planned_ns
        if late_ns < _IN_TIME_NS:
            return 0, 0
        # Its own wait for a core says nothing of what the loop's thread did: that one's is known as exactly.
        late_ns -= self._own_queue_ns()
        made = None if switches is None or self._switches is None else switches - self._switches
        starved_ns, stopped_ns = split_lateness(late_ns, made, time.process_time_ns() - self._process_ns)
        return starved_ns, 0 if self.may_block else stopped_ns

    def _own_queue_ns(self) -> int:
        """How long the watchdog has queued for a core since it planned."""
        files = self._files
        queued_ns = None if files is None else files.queued_ns()
        return 0 if queued_ns is None or self._queued_ns is None else queued_ns - self._queued_ns

    def _check_watches(self, now_ns: int, late_ns: int) -> None:
        is_calm = True
        self._next_ns = now_ns + _LONGEST_NS
        for watch in self._watches:
            try:
                self._next_ns = min(self._next_ns, watch.check(now_ns, late_ns))
                is_calm = is_calm and not watch.is_late
            except Exception:
                self._next_ns = min(self._next_ns, now_ns + _TICK_NS)
                self.fault("a look at a loop")
        if is_calm:
            self.others.refresh(now_ns)

    def _call_ticks(self, now_ns: int) -> None:
        # Samples come closer together than ticks.
        if now_ns - self._ticked_ns < _TICK_NS * 3 // 4:
            return
        self._ticked_ns = now_ns
        for callback, _ in self._ticks:
            try:
                callback(now_ns)
            except Exception:
                self.remove_tick(callback)
                self.fault(f"tick callback {callback!r}")

    def _look(self, frame: FrameType, thread: int) -> Seen | None:
        """The stack that set off a long collection, on the thread that runs it."""
        try:
            for watch in self._watches:
                if watch.thread == thread or watch is self._watches[-1]:
                    return watch.look(frame, thread)
        except Exception:
            self.fault("a look at a collection")
        return None

    @classmethod
    def _after_fork(cls) -> None:
        """A child has neither the thread nor the loops: forget them, and watch anew when asked to."""
        for watchdog in list(cls._all):
            watchdog.garbage.switch_off()
            watches = watchdog._watches
            watchdog._reset()
            for watch in watches:
                watch.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Watchdog._after_fork)

WATCHDOG = Watchdog()
"""The process's own."""
