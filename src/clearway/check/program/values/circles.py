"""Questions that lead back to themselves while they are being answered: what rests on an open one is not known yet."""

from __future__ import annotations

NONE = 1 << 60


class Circles:
    """Counts how deep the open questions are, and to which of them an answer led back."""

    def __init__(self) -> None:
        self._depth = 0
        self._lowest = NONE

    def enter(self) -> int:
        """A question is opened; its depth."""
        self._depth += 1
        return self._depth

    def close(self, depth: int) -> None:
        """The open question of this depth was asked again."""
        self._lowest = min(self._lowest, depth)

    def lead_below(self, depth: int) -> bool:
        """Whether what was found since rests on a question that was opened at this depth or before."""
        return self._lowest <= depth

    def leave(self, depth: int) -> bool:
        """A question is answered; whether the answer is final: it rests on none that is still open."""
        self._depth -= 1
        if self._lowest < depth:
            return False
        self._lowest = NONE
        return True
