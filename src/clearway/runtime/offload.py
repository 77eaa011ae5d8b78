"""The lanes from inside an `async def`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.model import Lane

_T = TypeVar("_T")


async def offload(
    func: Callable[..., _T], /, *args: Any, lane: Lane | str = "thread", retries: int = 0, **kwargs: Any
) -> _T:
    """Run `func(*args, **kwargs)` in a lane and return its result, or raise what it raised."""
    raise NotImplementedError
