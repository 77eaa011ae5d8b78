"""Lost calls in words: a line when a call is lost for the first time, and again at its 10th, 100th, 1000th loss."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from clearway.model import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.model import Loss

MOST_KINDS = 1000
OF_ONE_LOSS = re.compile(r"(?<=worker )\S+ |(?<=used )[\d.]+ MB, ")
"""Which worker it was, and how much it used: no reasons of their own."""
MOST_LINES = 10
"""Lines of the summary."""
GOODBYES = frozenset({"client gone", "cancelled"})
"""Reasons that are nobody's fault: counted, and not said."""


class LossReport:
    """Counts losses by call and reason."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self.say = say
        self._kinds: Counter[tuple[str, str]] = Counter()

    def __call__(self, loss: Loss) -> None:
        if loss.reason in GOODBYES:
            return
        kind = (loss.call, OF_ONE_LOSS.sub("", loss.reason))
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            kind = ("others", "")
        self._kinds[kind] += 1
        count = self._kinds[kind]
        if str(count).strip("0") == "1":
            times = f"  [{count} times]" if count > 1 else ""
            self.say(f"lost  {loss.route}  {loss.call}  {loss.reason}{times}")

    def summary(self) -> list[str]:
        """Lines for the end; none where nothing was lost."""
        if not self._kinds:
            return []
        lines = [f"lost: {counted(self._kinds.total(), 'call')}"]
        lines += [f"  {count:>6} ×  {call}  {reason}" for (call, reason), count in self._kinds.most_common(MOST_LINES)]
        return lines
