"""Where calls run. A lane takes a call from the loop's thread and gives its result back there.

The loop and the thread lane are always there. The others, which send a call to another process, are started with the
first call or row of the plan that is for them, and keep to `RemoteLane`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clearway.model import CallKind, Lane
    from clearway.runtime.plan.planner import PlanRow
    from clearway.runtime.plan.site import CallSite
    from clearway.runtime.request import Request


class RunsCalls(Protocol):
    """What every lane offers."""

    async def run(
        self,
        request: Request,
        site: CallSite,
        kind: CallKind,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """Run `func(*args)` for a request and return its result, or raise what it raised."""
        ...


class RemoteLane(RunsCalls, Protocol):
    """A lane whose calls leave this process. One per runtime; all but `snapshot` is called on the loop's thread."""

    lane: Lane

    def check(self, rows: Sequence[PlanRow], targets: Sequence[Callable[..., Any]]) -> None:
        """Refuse at the start what can never run here. Raises SettingsError that names the call and the parameter.

        `rows` are the calls planned for this lane, `targets` their callables in the same order.
        """
        ...

    async def start(self) -> None:
        """Make ready before the app serves. Raises LaneError where that cannot be."""
        ...

    async def stop(self) -> None:
        """End workers and connections; calls still running raise LaneError. Stopping twice is stopping once."""
        ...

    def abandon(self) -> None:
        """The same as far as it can be done without a running loop: Clearway is uninstalled, or the loop has gone."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """What the console shows of the lane, as values that JSON can carry."""
        ...
