"""The portal: a greenlet around a coroutine, so that a plain function called from it can wait like an `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import greenback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")


async def run(func: Callable[..., Awaitable[_T]], *args: Any, **kwargs: Any) -> _T:
    """Call a coroutine function in a portal and return its result, or raise what it raised."""
    return await greenback.with_portal_run(func, *args, **kwargs)


def is_open() -> bool:
    """Whether the code that asks runs in a portal, and so may call `wait`."""
    return greenback.has_portal()


def wait(awaitable: Awaitable[_T]) -> _T:
    """Suspend the request until this is done; the loop turns meanwhile. Only where `is_open`."""
    return greenback.await_(awaitable)
