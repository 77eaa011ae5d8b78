"""What is certain, and so which branches never run."""

from __future__ import annotations
