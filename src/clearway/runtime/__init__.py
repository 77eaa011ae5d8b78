"""What runs inside the user's process: small, bounded, never raises into a request."""

from __future__ import annotations

from clearway.runtime.install import Runtime, install
from clearway.runtime.planner import PlanRow, loop, thread

__all__ = ["PlanRow", "Runtime", "install", "loop", "thread"]
