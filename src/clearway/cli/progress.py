"""A bar on standard error while a check takes long."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

SHORT_S = 0.5
"""A check that is over by then shows no bar."""


class TerminalProgress:
    """Draws what it is told, if standard error is a terminal; gone when the check is over."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._started_s = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, what: str, done: int, total: int) -> None:
        if not self._wanted or (self._bar is None and time.monotonic() - self._started_s < SHORT_S):
            return
        if self._bar is None:
            self._bar, self._task = _started()
        if self._task is not None:
            self._bar.update(self._task, description=what, completed=done, total=total or None)


def _started() -> tuple[Bar, TaskID]:
    from rich.console import Console  # only where it is needed: it takes a while to import
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar, bar.add_task("", total=None)
