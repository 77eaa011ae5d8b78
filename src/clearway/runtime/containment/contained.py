"""Who is contained: the calls of one app that are known to block, and the routes that run in a portal because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearway.model import Cause
from clearway.runtime import framework
from clearway.runtime.containment import portal
from clearway.runtime.containment.bytecode import needs_loop, never_awaits
from clearway.runtime.containment.families import listed, replacements
from clearway.runtime.containment.replacing import Replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from clearway.model import Plan, Stall
    from clearway.runtime.planner import Planner
    from clearway.runtime.request import RequestLayer
    from clearway.settings import Settings

REPLACEMENTS = Replacements()
"""What containment replaces in this process, for all apps that have it."""


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
    """Decides for the calls of one app. Off, it does nothing and costs nothing."""

    def __init__(
        self, app: Any, planner: Planner, settings: Settings, plan: Plan, say: Callable[[str], object]
    ) -> None:
        self._app = app
        self._planner = planner
        self._plan = plan
        self._say = say
        self.wanted = settings.contain
        self.is_on = bool(settings.contain)
        self._known: dict[str, str] = {}
        """Calls and routes that are known to block, and how that is known."""
        self._held: list[Any] = []
        """Routes, and Clearway's own layers, whose app runs in a portal."""
        self.layers: list[RequestLayer] = []
        self.threads: dict[int, Any] = {}
        """By identity: endpoints that are known to block and never await. They run in the thread lane."""
        if self.is_on:
            planner.containment = self
            if isinstance(self.wanted, tuple):
                self._known.update(dict.fromkeys(self.wanted, "named in `contain`"))
            else:
                self._known.update({call.call: call.why for call in plan.calls.values() if call.blocks})
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
        self.threads.clear()
        REPLACEMENTS.release()
        listed.HELD.release(self._listed)

    # Deciding

    def reason(self, route: str | None, call: str) -> str | None:
        """Why a call is known to block, None where it is not."""
        for name in (call, call.replace(":", "."), route):
            if name is not None and (found := self._known.get(name)) is not None:
                return found
        return None

    def place(self) -> None:
        """Put every route with a call that is known to block into a portal. Called again when more is known."""
        if not self.is_on:
            return
        for route, row, target in self._planner.targets():
            blocks = self.reason(row.route, row.call)
            if blocks is None or not framework.runs_as_coroutine(target):
                continue
            takes_thread = framework.runs_endpoint_of(route, target) and never_awaits(target) and not needs_loop(target)
            if takes_thread:
                self.threads[id(target)] = target
                self._known.setdefault(row.call, blocks)
            if not takes_thread or row.route in self._known:  # a route by name is all of it: its dependencies, too
                self._hold(route)

    def _hold(self, holder: Any) -> bool:
        if isinstance(holder.app, InPortal):
            return False
        holder.app = InPortal(holder.app)
        self._held.append(holder)
        return True

    # Learning

    def learn(self, stall: Stall) -> None:
        """A stall has been blamed: if it is a blocking call in something that may be contained, contain it."""
        if not self.is_on or self.wanted is not True or stall.cause is not Cause.BLOCKING_CALL or stall.call is None:
            return
        if stall.call in self._known:
            return
        where = f"{stall.operation or 'a blocking call'} at {stall.culprit}"
        self._known[stall.call] = f"stalled in {where}"
        self.place()
        self._say(f"contained from now on: {stall.call}, known to block by {where}")
