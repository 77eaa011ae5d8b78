"""The program under check: its modules, and what its expressions may stand for, found without running it."""

from __future__ import annotations
