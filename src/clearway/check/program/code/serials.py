"""Numbers for what is hashed: the same in every run."""

from __future__ import annotations

import itertools


class _Serials:
    """Numbers modules, classes, functions and frames in the order in which they are met: the same in every run."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __next__(self) -> int:
        return next(self._count)

    def restart(self) -> None:
        """A new program begins."""
        self._count = itertools.count(1)


serials = _Serials()
