"""The pin, while `clearway.loop` may be missing: the one place that knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import clearway

F = TypeVar("F", bound=Callable[..., Any])


def on_the_loop(function: F) -> F:
    """`@clearway.loop` where Clearway has it, nothing otherwise."""
    pin: Callable[[F], F] | None = getattr(clearway, "loop", None)
    return pin(function) if pin is not None else function
