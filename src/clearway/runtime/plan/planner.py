"""Which lane a call runs in: the user's pins, then the plan, then FastAPI's own rule."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from clearway.model import Call, CallKind, Lane, Plan, PlanError, SettingsError
from clearway.runtime import framework
from clearway.runtime.plan import pins
from clearway.runtime.plan.site import CallSite
from clearway.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from starlette.types import Scope

    from clearway.runtime.containment.contained import Containment
    from clearway.runtime.plan.pins import Pin
    from clearway.settings import Settings

FRAMEWORKS = frozenset({"fastapi", "starlette"})


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the plan as people read it."""

    route: str
    call: str
    kind: CallKind
    lane: Lane
    why: str


def call_id(target: Any) -> str:
    """`module:qualified.name` of a callable, of its class where it is an instance."""
    while isinstance(target, functools.partial):
        target = target.func
    named = target if hasattr(target, "__qualname__") else type(target)
    return f"{getattr(named, '__module__', None) or '?'}:{named.__qualname__}"


def describe(target: Any, kind: CallKind) -> Call:
    """A callable as the model's `Call`."""
    code = framework.code_of(target)
    return Call(
        id=call_id(target),
        kind=kind,
        is_async=framework.runs_as_coroutine(target),
        file=code.co_filename if code else None,
        line=code.co_firstlineno if code else None,
    )


class Planner:
    """Knows the lane of every call of one app. Decisions are made once per callable and kept."""

    def __init__(self, app: Any, settings: Settings, plan: Plan) -> None:
        self._app = app
        self._pins = settings.pins
        self._pins_routes = any(" /" in name for name in settings.pins)
        self._limits = settings.routes
        self._contained_names = settings.contain if isinstance(settings.contain, tuple) else ()
        self._plan = plan
        self._sites: dict[Any, CallSite] = {}
        self._kept: list[Any] = []
        """Unhashable callables known by their id, kept so that it is not used again."""
        self._by_code: dict[CodeType, CallSite] = {}
        self.containment: Containment | None = None
        """Knows which `async def` calls block, where the user wants them contained."""

    def site_of(self, scope: Scope, func: Callable[..., Any]) -> tuple[CallSite, CallKind]:
        """The site and the kind of what the framework hands to a thread."""
        target, kind = framework.recognise(func)
        # Bound methods, closures and generators are made anew for each request; their code is not.
        key: Any
        if kind is CallKind.ENDPOINT:
            key = target
        elif kind is CallKind.DEPENDENCY_EXIT:
            key = target.gi_code
        elif kind is CallKind.FILE:
            key = kind  # every file has methods of its own; one site stands for all
        else:
            key = getattr(target, "__code__", None) or _lasting(target)
            pin = getattr(target, pins.ATTRIBUTE, None)
            if pin is not None:
                key = (key, pin)  # functions made by one factory share their code, not their pins
        if self._pins_routes and kind in (None, CallKind.ENDPOINT):
            key = (key, framework.route_name(scope))  # one function may serve several routes, only one of them pinned
        try:
            site = self._sites.get(key)
        except TypeError:  # an instance that cannot be hashed
            key = (id(target), framework.route_name(scope))
            site = self._sites.get(key)
            if site is None:
                self._kept.append(target)
        if site is None:
            if kind is None:
                kind = framework.kind_in(scope, func, target)
            site = self._make(scope, target, kind)
            self._remember(key, site)
        return site, kind or site.kind

    def offload_site(self, func: Callable[..., Any], lane: Lane, retries: int) -> CallSite:
        """The site of what an `async def` hands to a lane of its choice."""
        key = (getattr(func, "__code__", None) or _lasting(func), lane, retries)
        site = self._sites.get(key)
        if site is None:
            site = self._decide(func, CallKind.OFFLOAD, None)
            site.lane, site.why, site.retries = lane, "offload", retries
            self._sites[key] = site
        return site

    def _remember(self, key: Any, site: CallSite) -> None:
        self._sites[key] = site
        if site.code is not None:
            self._sites.setdefault(site.code, site)

    def _make(self, scope: Scope, target: Any, kind: CallKind) -> CallSite:
        route = None
        if kind is CallKind.ENDPOINT:
            route = framework.route_name(scope)
        return self._decide(target, kind, route)

    def _decide(self, target: Any, kind: CallKind, route: str | None) -> CallSite:
        call = describe(target, kind)
        pinned = pins.pin_of(target)
        lane, why = self._lane_of_async(target, call, route) if call.is_async else self._lane(pinned, call, route)
        site = CallSite(call.id, kind, lane, why, framework.code_of(target), call.file, call.line)
        site.retries = pinned.retries if pinned is not None else 0
        return site

    def _lane_of_async(self, target: Any, call: Call, route: str | None) -> tuple[Lane, str]:
        blocks = self.containment and self.containment.reason(route, call.id)
        if self.containment is None or not blocks:
            return Lane.LOOP, "async def"
        if id(target) in self.containment.threads:
            return Lane.THREAD, f"async def that never awaits, contained: {blocks}"
        return Lane.LOOP, f"async def, contained: {blocks}"

    def _lane(self, pinned: Pin | None, call: Call, route: str | None) -> tuple[Lane, str]:
        for name in (route, call.id, call.id.replace(":", ".")):
            if name is not None and name in self._pins:
                return self._pins[name], f"pinned in the settings by {name}"
        if pinned is not None:
            return pinned.lane, f"pinned by @clearway.{pinned.lane}"
        planned = self._plan.calls.get(call.id)
        if planned is not None:
            return planned.lane, planned.why
        return Lane.THREAD, "def"

    def rows(self) -> Iterator[PlanRow]:
        """Every route's endpoint and dependencies with their lanes."""
        for _, row, _ in self.targets():
            yield row

    def placed(self, lane: Lane) -> list[tuple[PlanRow, Callable[..., Any]]]:
        """The rows of this lane with their callables."""
        return [(row, target) for _, row, target in self.targets() if row.lane is lane]

    def targets(self) -> Iterator[tuple[Any, PlanRow, Callable[..., Any]]]:
        """The rows with the framework's route and the callable of each."""
        for name, route in framework.routes_of(self._app):
            kind = CallKind.WEBSOCKET if name.startswith("WS ") else CallKind.ENDPOINT
            yield route, self._row(name, route.endpoint, kind), route.endpoint
            dependant = getattr(route, "dependant", None)
            seen: list[Any] = []
            for dependency in framework.dependency_calls(dependant) if dependant else ():
                if not any(dependency is other for other in seen):
                    seen.append(dependency)
                    yield route, self._row(name, dependency, CallKind.DEPENDENCY), dependency

    def packages(self) -> set[Path]:
        """The folders of the packages that the app's own calls come from."""
        tops = {row.call.partition(":")[0].partition(".")[0] for row in self.rows()} - FRAMEWORKS
        modules = (sys.modules.get(top) for top in tops)
        return {Path(folder) for module in modules for folder in getattr(module, "__path__", ())}

    def _row(self, route: str, target: Any, kind: CallKind) -> PlanRow:
        site = self._decide(target, kind, route)
        if site.code is not None:
            self._by_code.setdefault(site.code, site)
        return PlanRow(route, site.id, kind, site.lane, site.why)

    def site_of_code(self, code: CodeType) -> CallSite | None:
        """The call that a frame's code belongs to."""
        if not self._by_code:
            for _ in self.rows():
                pass
        found = self._by_code.get(code)
        if found is not None:
            return found
        return next((site for site in list(self._sites.values()) if getattr(site, "code", None) is code), None)

    def check(self) -> None:
        """Raise SettingsError or PlanError for a name that is no route and no call of the app."""
        rows = []
        for _, row, target in self.targets():
            rows.append(row)
            self._check_pin(row, target)
        routes = {row.route for row in rows}
        calls = {row.call for row in rows}
        dotted = {call.replace(":", ".") for call in calls}
        for name in self._pins:
            if name not in routes | calls | dotted and not _importable(name):
                known = routes if " /" in name else calls
                raise SettingsError(f"pin for {name!r}: the app has no such route or call{suggest(name, known)}")
        for name in self._limits:
            if name not in routes:
                raise SettingsError(f"limits for {name!r}: the app has no such route{suggest(name, routes)}")
        for name in self._contained_names:
            if name not in routes | calls | dotted and not _importable(name):
                known = routes if " /" in name else calls
                raise SettingsError(f"contain {name!r}: the app has no such route or call{suggest(name, known)}")
        for name in self._plan.calls:
            if name not in calls and not _importable(name):
                raise PlanError(f"plan for {name!r}: the code has no such call{suggest(name, calls)}")

    def _check_pin(self, row: PlanRow, target: Any) -> None:
        """An `async def` cannot leave the loop's process, whoever says that it should."""
        if not framework.runs_as_coroutine(target):
            return
        pinned = pins.pin_of(target)
        names = (row.route, row.call, row.call.replace(":", "."))
        lanes = [self._pins[name] for name in names if name in self._pins] or [pinned.lane if pinned else Lane.LOOP]
        if lanes[0] in (Lane.PROCESS, Lane.CLUSTER):
            raise SettingsError(
                f"{row.route}: {row.call} is pinned to the {lanes[0]} lane, but is an async def, which runs on the "
                "loop; write it as a def"
            )


def _lasting(target: Any) -> Any:
    """What stays the same of a callable without code of its own that may be made anew for each request."""
    if isinstance(target, type):
        return target
    wrapped = getattr(target, "__wrapped__", None)
    if wrapped is not None:
        return getattr(wrapped, "__code__", None) or _lasting(wrapped)
    owner = getattr(target, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        return (owner if isinstance(owner, type) else type(owner)), target.__name__
    return target if framework.code_of(target) is None else type(target)


def _importable(name: str) -> bool:
    """Whether a call's id names something in a module that is loaded: a background task, a handler."""
    module, _, path = name.partition(":") if ":" in name else name.rpartition(".")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return callable(found)
