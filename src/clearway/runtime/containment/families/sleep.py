"""`time.sleep`: a timer of the loop."""

from __future__ import annotations

import time
from asyncio import get_running_loop
from asyncio import sleep as turn_of_loop
from time import monotonic
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.everywhere import Everywhere

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_S = 86_400.0
"""Of one timer: loops refuse some numbers that `time.sleep` takes."""
_MOST_S = 9e9


def _make(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def sleep(seconds: Any, /) -> None:
        if not portal.is_open():
            original(seconds)
        elif isinstance(seconds, float | int) and 0 < seconds < _MOST_S:
            sleep_for(seconds)
        elif seconds == 0:
            portal.wait(turn_of_loop(0))
        else:
            original(seconds)  # raises: negative, too large, no number

    return sleep


def sleep_for(seconds: float) -> None:
    """Wait in a portal for at least so long. A loop's timer counts from when its turn began, and may be early."""
    until = monotonic() + seconds
    while seconds > 0:
        future = get_running_loop().create_future()
        timer = get_running_loop().call_later(min(seconds, _LONGEST_S), _finish, future)
        try:
            portal.wait(future)
        finally:
            timer.cancel()
        seconds = until - monotonic()


def _finish(future: Any) -> None:
    if not future.done():
        future.set_result(None)


REPLACEMENTS = (Everywhere(time, "sleep", _make),)
