"""Safe edits: what a finding's fix says, done to the text, with formatting and comments kept."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.model import Fix


class FixKind(StrEnum):
    """What is done at the place that a Fix names."""

    TO_DEF = "to_def"
    """The `async def` at the place becomes `def`. Its body awaits nothing."""
    TO_THREAD = "to_thread"
    """The call at the place, `f(a, b=c)`, becomes `await asyncio.to_thread(f, a, b=c)`."""
    ASYNC_SLEEP = "async_sleep"
    """The call `time.sleep(x)` at the place becomes `await asyncio.sleep(x)`."""
    HAND_OVER = "hand_over"
    """The call at the place, `to_thread(f(a))`, becomes `to_thread(f, a)`."""
    ADD_AWAIT = "add_await"
    """The call at the place gets an `await`."""


def apply(text: str, fixes: Sequence[Fix]) -> str:
    """The text after these fixes, with the imports that they need.

    A fix whose place does not hold what its kind needs any more is left out. Raises ValueError where the text does
    not parse.
    """
    raise NotImplementedError
