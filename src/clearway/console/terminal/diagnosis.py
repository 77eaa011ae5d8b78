"""Where `clearway top` has its diagnosis from: the stream tells it; of a recording that does not, it is made here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clearway.console.doctor import diagnose

if TYPE_CHECKING:
    from clearway.console.terminal.seen import Seen


def diagnosis(seen: Seen) -> dict[str, Any] | None:
    """The latest, as `Frame.doctor` has it; None where no worker has spoken yet."""
    if seen.doctor is not None or not seen.state.workers:
        return seen.doctor
    return asdict(diagnose(seen.state))
