"""Models of functions whose code is not read: Python's own, and those of libraries that need more than data."""

from __future__ import annotations
