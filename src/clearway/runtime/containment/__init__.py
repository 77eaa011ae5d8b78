"""Containment: a blocking operation in an `async def` suspends its own request only."""

from __future__ import annotations
