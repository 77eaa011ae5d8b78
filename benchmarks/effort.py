"""How long and how often a run measures."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.servers import Kind


@dataclass(frozen=True, slots=True)
class Effort:
    """Durations are whole seconds where `wrk` measures."""

    warm_up_s: int
    rounds: int
    """Rounds of the throughput cases; in each round every side is measured once, one after the other."""
    window_s: int
    waiting_rounds: int
    """Rounds of the case with 1,000 connections on a sleeping endpoint."""
    waiting_window_s: int
    probe_rounds: int
    probe_s: int
    burst_rounds: int
    held_s: float
    """How long each of the 10,000 requests in flight takes."""
    opponent: Kind = "clearway"
    """What stands beside plain uvicorn; plain uvicorn itself shows the noise of the method."""


FULL = Effort(
    warm_up_s=2,
    rounds=7,
    window_s=3,
    waiting_rounds=4,
    waiting_window_s=5,
    probe_rounds=2,
    probe_s=9,
    burst_rounds=3,
    held_s=8.0,
)
QUICK = Effort(
    warm_up_s=1,
    rounds=3,
    window_s=1,
    waiting_rounds=1,
    waiting_window_s=3,
    probe_rounds=1,
    probe_s=4,
    burst_rounds=1,
    held_s=4.0,
)
