"""Settings: `[tool.clearway]` of `pyproject.toml`, or `clearway.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clearway.model import Lane


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """What one route may use of the thread lane."""

    share: float | None = None
    """Guaranteed part of the threads, 0 to 1."""
    limit: int | None = None
    """At most so many calls of this route run at once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set. Every default was chosen by measurement; `docs/run.md` says which."""

    threads: int = 512
    """Upper bound of the thread lane."""
    max_wait_s: float | None = None
    """A call that waited longer for a thread is refused with 503; None waits for ever."""
    stall_threshold_ms: float = 20.0
    events: int = 65_536
    """How many of the latest events the recorder keeps."""
    pins: Mapping[str, Lane] = field(default_factory=dict)
    """Lane by route (`GET /items/{id}`) or by call (`app.main:read_item`)."""
    routes: Mapping[str, RouteLimits] = field(default_factory=dict)


def nearest(name: str, known: object) -> str:
    return ""
