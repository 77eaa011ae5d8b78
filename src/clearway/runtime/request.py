"""A request on its way through an app: the layer that sees it come and go, and what is known of it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from threading import get_ident
from time import perf_counter_ns
from typing import TYPE_CHECKING

from clearway.model import ClearwayError, LaneError, WorkerLost
from clearway.runtime.hooks import current_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clearway.model import Lane
    from clearway.runtime.install import Runtime
    from clearway.runtime.lanes.threads.worker import Work
    from clearway.runtime.port import LoopPort
    from clearway.runtime.records.recorder import RouteRecord

WATCH_CLIENT_NS = 100_000_000
"""A call that has waited so long, or has been away so long, has its client watched."""

_numbers = itertools.count(1)


class ClientGone(asyncio.CancelledError):
    """Nobody is left to answer: unwinds a request whose client went away while its call still waited."""


class Request:
    """One request or websocket in flight. All times are `perf_counter_ns`; only the loop's thread writes here."""

    # Defaults stand on the class: most requests never touch them, and none pays for setting them.
    out_ns = 0
    wait_ns = 0
    run_ns = 0
    return_ns = 0
    begun = 0
    """How many of its calls the thread lane has taken: the more, the sooner it takes the next."""
    works: tuple[Work, ...] = ()
    """Its calls that wait for a thread or run in one."""
    abandons: tuple[Callable[[], None], ...] = ()
    """For each of its calls that is away in another process: what to do when the client has gone."""
    in_endpoint = False
    """Whether its `async def` endpoint runs: what that offloads, the client waits for."""
    in_background = False
    contained = 0
    """How often it was suspended in a blocking operation."""
    contained_ns = 0
    gone = False
    endpoint_lane: Lane | None = None
    known_route: RouteRecord | None = None
    _watch: asyncio.Task[None] | None = None
    _early: deque[Message] | None = None
    _reads = False

    def __init__(self, runtime: Runtime, port: LoopPort, scope: Scope, receive: Receive) -> None:
        self.runtime = runtime
        self.port = port
        self.scope = scope
        self.id = next(_numbers)
        self._receive = receive
        self.in_ns = perf_counter_ns()

    @property
    def route(self) -> RouteRecord:
        """What is recorded of the route that serves it; known once the router has chosen."""
        if self.known_route is not None:
            return self.known_route
        route = self.runtime.recorder.route_of(self.scope)
        if route.matched:
            self.known_route = route
        return route

    def response_sent(self) -> None:
        """Background tasks begin: the client has its answer."""
        if not self.in_background:
            self.in_background = True
            self.out_ns = perf_counter_ns()

    async def receive(self) -> Message:
        """The app's view of the client's messages, also those that `watch_client` saw first."""
        if self._watch is not None:
            await self._end_watch()
        if self._early:
            return self._early.popleft()
        self._reads = True
        try:
            return await self._receive()
        finally:
            self._reads = False

    def watch_client(self) -> None:
        """Look out for the client going away while a call waits, unless the app is reading just now."""
        if (self._watch is None or self._watch.done()) and not self._reads and self.scope["type"] == "http":
            self._watch = asyncio.get_running_loop().create_task(self._await_disconnect())

    async def _await_disconnect(self) -> None:
        if self._early is None:
            self._early = deque()
        while not self._early or not self._early[-1].get("more_body", False):
            # At most one unread piece of a body is held; then the client may send no more until the app reads.
            message = await self._receive()
            self._early.append(message)
            if message["type"] == "http.disconnect":
                self.gone = True
                self.runtime.thread_lane.withdraw_all(self)
                for abandon in self.abandons:
                    abandon()
                return

    async def _end_watch(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and not watch.done():
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    def stop_watching(self) -> None:
        """The call that waited runs now, or never will."""
        if self._watch is not None:
            self._watch.cancel()


class RequestLayer:
    """The outermost ASGI layer of an app that has Clearway."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self.runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if current_request.get() is not None:
            # A mounted app's calls belong to the request of the app around it.
            await self.app(scope, receive, send)
            return
        runtime = self.runtime
        port = runtime.ports_by_thread.get(get_ident())
        if port is None or not port.loop.is_running():
            port = runtime.ports.current()
            if port is None:
                await self.app(scope, receive, send)
                return
        request = Request(runtime, port, scope, receive)
        port.in_flight.add(request)
        token = current_request.set(request)
        try:
            await self.app(scope, request.receive, send)
        except LaneError as error:
            # It was answered with 500 further in, and its reason is Clearway's to tell: in one line.
            if not isinstance(error, WorkerLost):
                runtime.tell_lane_error(request, error)
        except BaseException:
            if not request.gone:
                raise
        finally:
            current_request.reset(token)
            port.in_flight.discard(request)
            try:
                runtime.recorder.request_done(request)
            except Exception as error:
                runtime.fault("recording a request", error)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lanes are ready before the app starts up, and end after it has shut down."""
        runtime = self.runtime
        first: Message | None = await receive()
        try:
            await runtime.start_lanes()
        except ClearwayError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise  # as Starlette does: the server's own way of telling it

        async def received() -> Message:
            nonlocal first
            message, first = first, None
            return await receive() if message is None else message

        async def sent(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                runtime.ports.current()  # the loop is watched from here on: a stall in the very first request is seen
            elif message["type"] != "lifespan.startup.failed":
                await runtime.stop_lanes()
            await send(message)

        try:
            await self.app(scope, received, sent)
        finally:
            await runtime.stop_lanes()
