"""Most of what the checker does is the same on every interpreter: only what reads code is tested on all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ONCE = ("cache", "engine", "fix", "report", "rules", "sinks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in ONCE:
            item.add_marker(pytest.mark.once)
