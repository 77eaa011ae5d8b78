"""Where the project's installed packages live. Nothing of them is imported."""

from __future__ import annotations

from clearway.check.environment.installed import Distribution, Environment, find_environment, places_of

__all__ = ["Distribution", "Environment", "find_environment", "places_of"]
