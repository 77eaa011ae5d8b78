"""What is made cooperative, a family of blocking operations a module. Each has its `REPLACEMENTS`."""

from __future__ import annotations
