"""By which doors the loop enters user code: endpoints, dependencies, middleware, tasks."""

from __future__ import annotations

from clearway.check.roots.collect import collect
from clearway.check.roots.entries import Entry

__all__ = ["Entry", "collect"]
