"""The runtime of this very process as a hub's source: where one process serves, nothing has to travel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

from clearway.console.hub import PACE_S, REST_S
from clearway.runtime.records.feed import Feed

if TYPE_CHECKING:
    from clearway.console.hub import Hub
    from clearway.runtime import Runtime

_log = logging.getLogger("clearway.console")


class OwnRuntime:
    """Asks a feed for frames, often while somebody looks. `app` is what was served, as the user named it."""

    def __init__(self, runtime: Runtime, app: str) -> None:
        self._runtime = runtime
        self._app = app
        self._failed: set[type[Exception]] = set()

    async def run(self, hub: Hub) -> None:
        """Give the hub a frame every 200 ms, every second while nobody looks."""
        attention = asyncio.Event()
        hub.on_attention.append(attention.set)
        feed = Feed(self._runtime, self._app)
        hub.take(feed.header())
        while True:
            try:
                hub.take(feed.frame(watched=hub.is_watched))
            except Exception as error:
                if type(error) not in self._failed:
                    self._failed.add(type(error))
                    _log.exception("the console could not make a frame")
            if hub.is_watched:
                await asyncio.sleep(PACE_S)
            else:
                attention.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(attention.wait(), REST_S)

    def snapshot(self, hub: Hub, worker: int | None) -> dict[str, Any]:
        """The picture now, in full. Raises LookupError for a worker that is another."""
        if worker not in (None, os.getpid()):
            raise LookupError(f"no worker {worker}: there is {os.getpid()}")
        return self._runtime.snapshot()
