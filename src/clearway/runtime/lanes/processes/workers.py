"""The worker processes of one loop: started for what waits, buried when they have ended."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from clearway.model import LaneError
from clearway.runtime import hooks
from clearway.runtime.lanes.processes.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from clearway.runtime.lanes.processes.child import Owner
    from clearway.runtime.lanes.processes.child_main import Setup
    from clearway.runtime.lanes.tracks import Tracks

IDLE_S = 300.0
"""A worker that has had nothing to do for so long ends, the last one excepted."""
MOST_FAILURES = 3
START_S = 120.0
STOP_S = 1.0


class Workers:
    """At most `limit`. Everything here runs on the loop's thread; `all` may be copied from others.

    `owner` hears of each what it does, `waiting` is how many calls wait for one, and `hopeless` is called when there
    is none and none can be had.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit: int,
        tracks: Tracks,
        owner: Owner,
        waiting: Callable[[], int],
        hopeless: Callable[[LaneError], None],
    ) -> None:
        self.all: list[Child] = []
        self.idle: list[Child] = []
        """Those that have nothing to do, the one used last at the end."""
        self.setup: Callable[[], Setup] | None = None
        """What the next one is told; to be set before one is started."""
        self.have_stopped = False
        self._loop = loop
        self._limit = limit
        self._tracks = tracks
        self._owner = owner
        self._waiting = waiting
        self._hopeless = hopeless
        self._newborn: set[Child] = set()
        """Started in a thread, and not yet taken over by the loop."""
        self._starting = 0
        self._failures = 0
        """How many starts have failed since the last one that did not."""
        self._wanted = 0
        """How many there shall be, also when nothing waits."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Have all of them ready. Raises LaneError with what the first one failed with, or TimeoutError."""
        self._wanted = self._limit
        self._ready = self._loop.create_future()
        self.fill()
        await asyncio.wait_for(self._ready, START_S)

    def fill(self) -> None:
        """Start some for what waits, and for those that have gone."""
        if self.have_stopped:
            return
        unserved = max(0, self._waiting() - self._starting - len(self.idle))
        needed = max(self._wanted, min(self._limit, len(self.all) + self._unborn() + unserved))
        while len(self.all) + self._unborn() < needed:
            self._starting += 1
            self._later(self._born())

    def _unborn(self) -> int:
        return self._starting - sum(not child.is_ready for child in self.all)

    async def _born(self) -> None:
        try:
            child = await hooks.original_run_sync(self._make)
        except OSError as error:
            self._starting -= 1
            self._cannot_start(f"the system starts no process: {error.strerror or error}")
            return
        except BaseException:
            self._starting -= 1
            raise
        if self.have_stopped:
            return
        self._newborn.discard(child)
        child.track = self._tracks.take()
        self.all.append(child)
        assert self.setup is not None
        child.attach(self._loop, self._owner, self.setup())

    def _make(self) -> Child:
        """In a thread, which ends its work also where the loop has closed meanwhile."""
        child = Child()
        self._newborn.add(child)
        if self.have_stopped:
            child.kill()
            child.reap()
        return child

    def ready(self, child: Child) -> None:
        """One has imported what it was told to."""
        self._starting -= 1
        self._failures = 0
        self.rest(child)
        are_ready = sum(other.is_ready for other in self.all) >= self._wanted
        if are_ready and self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def failed(self, child: Child, reason: str) -> None:
        """One could not import the app."""
        self._starting -= 1
        self.kill(child)
        self._cannot_start(f"a worker could not get ready: {reason}")

    def gone_early(self, child: Child) -> None:
        """One has died before it was ready."""
        self._starting -= 1
        self.bury(child, lambda reason: self._cannot_start(f"before it was ready, {reason}"))

    def _cannot_start(self, reason: str) -> None:
        error = LaneError(f"the process lane has no worker: {reason}")
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
        self._failures += 1
        if self._failures < MOST_FAILURES:
            self.fill()
            return
        self._wanted = min(self._wanted, len(self.all))  # only a call asks for another now
        if not self.all and not self._starting:
            self._hopeless(error)

    def rest(self, child: Child) -> None:
        """One has nothing to do."""
        child.idle_since = monotonic()
        if child not in self.idle:
            self.idle.append(child)

    def end_idle(self) -> None:
        """Let those go that nobody has needed for long."""
        now = monotonic()
        while len(self.idle) > 1 and len(self.all) > 1 and now - self.idle[0].idle_since > IDLE_S:
            child = self.idle[0]
            self._wanted = min(self._wanted, len(self.all) - 1)
            child.close()
            self.bury(child)

    def kill(self, child: Child) -> None:
        """One has to end now."""
        child.kill()
        self.bury(child)

    def bury(self, child: Child, told: Callable[[str], None] = lambda reason: None) -> None:
        """One has ended, or is about to: count it no more, and tell how it ended when that is known."""
        if child in self.all:
            self.all.remove(child)
            self._tracks.give_back(child.track)
        if child in self.idle:
            self.idle.remove(child)
        self._later(self._buried(child, told))

    async def _buried(self, child: Child, told: Callable[[str], None]) -> None:
        told(await hooks.original_run_sync(child.reap))

    def _later(self, coroutine: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def let_go(self) -> list[Child]:
        """Tell all to end: those that rest may say goodbye, the others are killed. Returns them, to be reaped."""
        self.have_stopped = True
        children = [*self.all, *self._newborn]
        for child in children:
            if child.flight is None and child.is_ready:
                child.close()
            else:
                child.kill()
        for child in self.all:
            self._tracks.give_back(child.track)
        self.all.clear()
        self.idle.clear()
        return children

    async def end(self, children: list[Child]) -> None:
        """Wait until those that were let go have ended."""
        await asyncio.gather(*(hooks.original_run_sync(child.reap, STOP_S) for child in children))
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=STOP_S)
