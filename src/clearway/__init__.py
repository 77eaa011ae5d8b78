"""Keeps one endpoint of a FastAPI or Starlette service from freezing the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.model import (
    CannotTravel,
    ClearwayError,
    Lane,
    LaneError,
    Plan,
    PlanError,
    SettingsError,
    Stall,
    WorkerLost,
)

if TYPE_CHECKING:
    from clearway.runtime import Runtime, cluster, install, loop, offload, process, thread

__all__ = [
    "CannotTravel",
    "ClearwayError",
    "Lane",
    "LaneError",
    "Plan",
    "PlanError",
    "Runtime",
    "SettingsError",
    "Stall",
    "WorkerLost",
    "cluster",
    "install",
    "loop",
    "offload",
    "process",
    "thread",
]

if not TYPE_CHECKING:  # a type checker is not to believe that every name exists

    def __getattr__(name: str) -> object:
        """The runtime is imported when it is first needed: it brings FastAPI, and a check does without."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from clearway import runtime

        found = globals()[name] = getattr(runtime, name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__} - {"TYPE_CHECKING"})
