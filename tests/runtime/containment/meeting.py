"""A blocking call that ends only when others make it at the same time: no two of one loop can, unless contained."""

from __future__ import annotations

import time

from tests.runtime.serving import PATIENCE_S


class Meeting:
    """Where calls wait for each other, with nothing but `time.sleep`."""

    def __init__(self, size: int = 2) -> None:
        self.size = size
        self.came = 0

    def attend(self) -> str:
        """Block until as many are here as the meeting wants."""
        self.came += 1
        deadline = time.monotonic() + PATIENCE_S / 4
        while self.came < self.size:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.came} of {self.size} came: one blocks the others")
            time.sleep(0.001)
        return "met"
