"""Keeps one endpoint of a FastAPI or Starlette service from freezing the others."""

from __future__ import annotations

from clearway.model import ClearwayError, Lane, Plan, PlanError, SettingsError, Stall
from clearway.runtime import Runtime, install, loop, thread

__all__ = [
    "ClearwayError",
    "Lane",
    "Plan",
    "PlanError",
    "Runtime",
    "SettingsError",
    "Stall",
    "install",
    "loop",
    "thread",
]
