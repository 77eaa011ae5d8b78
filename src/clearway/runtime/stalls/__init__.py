"""Watchdog and blame: when an event loop stands still, say for how long, why, and at which line."""

from __future__ import annotations

from clearway.runtime.stalls.blame import ObservedStall
from clearway.runtime.stalls.stack import claim_folder
from clearway.runtime.stalls.watch import LoopWatch
from clearway.runtime.stalls.watchdog import WATCHDOG, Watchdog

__all__ = ["WATCHDOG", "LoopWatch", "ObservedStall", "Watchdog", "claim_folder"]
