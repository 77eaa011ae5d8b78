"""Who is contained: the calls of one app that are known to block, and the routes that run in a portal because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearway.model import Cause, Lane
from clearway.runtime import framework, portal
from clearway.runtime.containment.bytecode import needs_loop, never_awaits
from clearway.runtime.containment.families import listed, replacements
from clearway.runtime.containment.replacing import Replacements
from clearway.runtime.containment.stuck import explain
from clearway.runtime.hooks import current_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from clearway.model import Plan, Stall
    from clearway.runtime.plan.planner import Planner
    from clearway.runtime.request import RequestLayer
    from clearway.settings import Settings

REPLACEMENTS = Replacements()
"""What containment replaces in this process, for all apps that have it."""
STUCK_NS = 1_000_000_000
"""A loop that stands still for so long may wait for a lock that nobody will release."""


class InPortal:
    """An ASGI app whose every request runs in a portal. Put around the app of a route that is known to block."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        else:
            await portal.run(self.app, scope, receive, send)


class Containment:
    """Decides for the calls of one app. Off, it does nothing and costs nothing.

    A route is contained by putting a portal around its own ASGI app: its endpoint, its dependencies and their exits,
    its response, its background tasks. No other route pays for that. What blocks outside of any route, a middleware,
    is contained with all of the app.
    """

    def __init__(
        self, app: Any, planner: Planner, settings: Settings, plan: Plan, say: Callable[[str], object]
    ) -> None:
        self._app = app
        self._planner = planner
        self._say = say
        self.wanted = settings.contain
        self._threshold_s = settings.stall_threshold_ms / 1000
        self.is_on = bool(settings.contain)
        self._known: dict[str, str] = {}
        """Calls and routes that are known to block, and how that is known."""
        self._held: list[Any] = []
        """Routes, and Clearway's own layers, whose app runs in a portal."""
        self._explained: set[int] = set()
        self._is_whole = False
        """All of the app runs in a portal."""
        self._layers: list[RequestLayer] = []
        self.routes: set[str] = set()
        """Names of the routes that run in a portal."""
        self.threads: dict[int, Any] = {}
        """By identity: endpoints that are known to block and never await. They run in the thread lane."""
        if self.is_on:
            planner.containment = self
            if isinstance(self.wanted, tuple):
                self._known.update(dict.fromkeys(self.wanted, "named in the settings"))
            else:
                self._known.update({call.call: call.why for call in plan.calls.values() if call.blocks})
            portal.account = _account
            self._listed = settings.cooperative
            listed.HELD.hold(self._listed)
            REPLACEMENTS.hold(replacements())

    def switch_off(self) -> None:
        """Give the routes back their apps, and the process its blocking operations."""
        if not self.is_on:
            return
        self.is_on = False
        for held in self._held:
            if isinstance(held.app, InPortal):
                held.app = held.app.app
        self._held.clear()
        self.routes.clear()
        self.threads.clear()
        REPLACEMENTS.release()
        listed.HELD.release(self._listed)

    def extent(self) -> tuple[bool, int]:
        """Whether it is on, and how many routes have a call that is known to block."""
        threads = {row.route for _, row, target in self._planner.targets() if id(target) in self.threads}
        return self.is_on, len(self.routes | threads)

    # Watching

    def look(self, thread: int, overdue_ns: int) -> None:
        """From the watchdog's thread: the loop of this thread has not turned for so long."""
        if overdue_ns < STUCK_NS:
            self._explained.discard(thread)
        elif thread not in self._explained:
            self._explained.add(thread)
            reason = explain(thread)
            if reason is not None:
                self._say(reason)

    def hint(self, stall: Stall) -> str | None:
        """What would help against a stall that containment could not avoid."""
        if not self.is_on or stall.culprit is None:
            return None
        if stall.cause is Cause.CPU:
            return "computing cannot be contained: make it a def with @clearway.process"
        if stall.cause is not Cause.BLOCKING_CALL:
            return None
        if not any(frame.function == portal.RUN.co_qualname for frame in stall.stack):
            return None if self.wanted is True else f"not contained: name {stall.route or stall.call!r} in `contain`"
        name = f", or name {stall.operation} in `cooperative`" if stall.operation else ""
        return f"it cannot be contained: make the call a def, for the thread lane{name}"

    # Deciding

    def reason(self, route: str | None, call: str) -> str | None:
        """Why a call is known to block, None where it is not."""
        for name in (call, call.replace(":", "."), route):
            if name is not None and (found := self._known.get(name)) is not None:
                return found
        return None

    def attach(self, layer: RequestLayer) -> None:
        """The app's middleware has been put together, and its routes are there."""
        self._layers.append(layer)
        if self._is_whole:
            self._hold(layer)
        self.place()

    def place(self) -> None:
        """Put every route with a call that is known to block into a portal. Called again when more is known."""
        if not self.is_on:
            return
        for route, row, target in self._planner.targets():
            blocks = self.reason(row.route, row.call)
            if blocks is None or not (framework.is_async_call(target) or row.lane is Lane.LOOP):
                continue
            takes_thread = framework.runs_endpoint_of(route, target) and never_awaits(target) and not needs_loop(target)
            if takes_thread:
                self.threads[id(target)] = target
                self._known.setdefault(row.call, blocks)
            if not takes_thread or row.route in self._known:  # a route by name is all of it: its dependencies, too
                self.routes.add(row.route)
                self._hold(route)

    def _hold(self, holder: Any) -> None:
        if not isinstance(holder.app, InPortal):
            holder.app = InPortal(holder.app)
            self._held.append(holder)

    # Learning

    def learn(self, stall: Stall) -> None:
        """A stall has been blamed: contain from now on what blocked, where it waited and did not compute."""
        if not self.is_on or self.wanted is not True or stall.cause is not Cause.BLOCKING_CALL or stall.call is None:
            return
        if stall.duration_s - stall.starved_s < self._threshold_s:
            return  # on a machine with nothing else to do it would not have stalled the loop
        call = self._call_of(stall.call)
        where = f"{stall.operation or 'a blocking call'} at {stall.culprit}"
        if call is not None:
            name = call
        elif stall.route is not None and framework.is_in_route(stall.stack):
            name = stall.route  # a background task, a stream, a handler: part of the route
        elif stall.request and not self._is_whole:
            self._is_whole = True
            for layer in self._layers:
                self._hold(layer)
            self._say(f"contained from now on: every request, as {stall.call} is outside of the routes ({where})")
            return
        else:
            return
        if name not in self._known:
            self._known[name] = f"stalled in {where}"
            self.place()
            self._say(f"contained from now on: {name}, which stalled in {where}")

    def _call_of(self, name: str) -> str | None:
        """The app's own call that this one is, or is defined in."""
        calls = {row.call for row in self._planner.rows()}
        while name not in calls:
            name, nested, _ = name.rpartition(".<locals>.")
            if not nested:
                return None
        return name


def _account(waited_ns: int) -> None:
    request = current_request.get()
    if request is not None:
        request.contained += 1
        request.contained_ns += waited_ns
