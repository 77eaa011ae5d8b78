"""The loops that one runtime serves: each has a port and is watched, and at each tick its lanes are looked after."""

from __future__ import annotations

import asyncio
import threading
from threading import get_ident
from typing import TYPE_CHECKING

from clearway.runtime.blame import find_request
from clearway.runtime.lanes.thread import deliver
from clearway.runtime.lanes.threads import interpreter
from clearway.runtime.port import LoopPort
from clearway.runtime.stalls import WATCHDOG, ObservedStall, claim_folder

if TYPE_CHECKING:
    from clearway.runtime.install import Runtime


class Ports:
    """A port is opened for a loop with its first request, and forgotten when the loop has closed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.by_thread: dict[int, LoopPort] = {}
        """That of the loop which ran last in a thread."""
        self._by_loop: dict[asyncio.AbstractEventLoop, LoopPort] = {}
        self._lock = threading.Lock()
        self._claimed = False

    def open_now(self) -> list[LoopPort]:
        """All of them; may be asked for on any thread."""
        return list(self._by_loop.values())

    def current(self) -> LoopPort | None:
        """The running loop's port. None where Clearway cannot serve it: it is not asyncio's."""
        # Asked for with each request: by thread, as asking for the running loop is a system call on Python 3.11.
        port = self.by_thread.get(get_ident())
        if port is not None and port.loop.is_running():
            return port
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # trio
            return None
        try:
            port = self.by_thread[get_ident()] = self._by_loop.get(loop) or self.open(loop)
        except Exception as error:
            self._runtime.fault("opening a port for the loop", error)
            return None
        return port

    def open(self, loop: asyncio.AbstractEventLoop) -> LoopPort:
        """Make a port for this loop, and watch it."""
        runtime = self._runtime
        with self._lock:
            for closed in [port for known, port in self._by_loop.items() if known.is_closed()]:
                self._forget(closed)
            port = LoopPort(loop, deliver)
            port.watch = WATCHDOG.watch(
                loop,
                threshold_s=runtime.settings.stall_threshold_ms / 1000,
                on_stall=lambda observed: self._after_two_turns(port, observed),
                find_context=find_request,
            )
            if not self._by_loop:
                WATCHDOG.add_tick(self._tick, runtime.thread_lane.is_in_use)
            self._by_loop[loop] = port
        return port

    def close(self) -> None:
        """Clearway is uninstalled: no loop is served any more."""
        for port in self.open_now():
            self._forget(port)

    def _forget(self, port: LoopPort) -> None:
        self._by_loop.pop(port.loop, None)
        if self.by_thread.get(port.thread) is port:
            del self.by_thread[port.thread]
        if port.watch is not None:
            port.watch.stop()
        if not self._by_loop:
            WATCHDOG.remove_tick(self._tick)
            self._runtime.thread_lane.rest()

    def excuse(self) -> None:
        """On a loop's own thread: what has kept it since its last turn was meant to, and is no stall."""
        port = self.by_thread.get(get_ident())
        if port is not None and port.watch is not None:
            port.watch.excuse()

    def _after_two_turns(self, port: LoopPort, observed: ObservedStall) -> None:
        # What arrived during the stall is read in the first turn after it and becomes a request in the second.
        port.untold += 1
        port.loop.call_soon(port.loop.call_soon, self._stalled, port, observed)

    def _stalled(self, port: LoopPort, observed: ObservedStall) -> None:
        port.untold -= 1
        self._runtime.stalled(port, observed)

    def _tick(self, now_ns: int) -> None:
        """Every few milliseconds, on the watchdog's thread."""
        runtime = self._runtime
        if not self._claimed:
            # An app that is installed like any package is the user's code all the same. Not on the loop's thread:
            # it asks the file system.
            self._claimed = True
            for folder in runtime.planner.packages():
                claim_folder(folder)
        for port in self.open_now():
            if port.loop.is_closed():
                self._forget(port)
            elif runtime.containment.is_on and port.watch is not None:
                runtime.containment.look(port.watch.thread, port.watch.overdue_ns(now_ns))
        if not self._by_loop:
            return
        free = interpreter.is_free(WATCHDOG.late_s)
        cpu_rate = sum(port.cpu_rate(now_ns) for port in self.open_now())
        runtime.thread_lane.limiter.tick(now_ns, cpu_rate, free)
        runtime.thread_lane.tick(now_ns)
