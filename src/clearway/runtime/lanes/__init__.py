"""Where calls run. A lane takes a call from the loop's thread and gives its result back there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.model import CallKind
    from clearway.runtime.request import Request
    from clearway.runtime.site import CallSite


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
