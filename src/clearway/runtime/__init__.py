"""What runs inside the user's process: small, bounded, never raises into a request."""

from __future__ import annotations

from clearway.runtime.install import Runtime, install
from clearway.runtime.offload import offload
from clearway.runtime.plan.pins import cluster, loop, process, thread
from clearway.runtime.plan.planner import PlanRow

__all__ = ["PlanRow", "Runtime", "cluster", "install", "loop", "offload", "process", "thread"]
