"""Functions that stall, in a module of their own: the blame has to point here."""

from __future__ import annotations

import time


def nap_elsewhere(seconds: float) -> None:
    time.sleep(seconds)  # culprit: elsewhere
