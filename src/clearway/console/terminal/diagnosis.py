"""Where `clearway top` has its diagnosis from: the stream tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clearway.console.terminal.seen import Seen


def diagnosis(seen: Seen) -> dict[str, Any] | None:
    """The latest, as `Frame.doctor` has it; None where the stream has told none."""
    return seen.doctor
