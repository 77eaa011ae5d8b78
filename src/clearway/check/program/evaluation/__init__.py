"""What expressions stand for, and what statements do, in the order in which they run."""

from __future__ import annotations
