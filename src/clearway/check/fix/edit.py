"""Edits of a text by offset: everything outside of them stays byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Order(IntEnum):
    """Which of several edits at one offset comes first."""

    CLOSE = 0
    """Ends something that stands in front of the offset."""
    OPEN = 1
    """Begins something that starts at the offset."""
    REPLACE = 2


@dataclass(frozen=True, slots=True)
class Edit:
    """The text from `start` to `end` becomes `text`; an insertion where both are equal."""

    start: int
    end: int
    text: str
    order: Order = Order.REPLACE
    length: int = 0
    """Of what an insertion opens or closes: the longer one opens first and closes last."""

    @property
    def key(self) -> tuple[int, int, int]:
        """Edits sorted by this are in the order of the text that they make."""
        return self.start, self.order, -self.length if self.order is Order.OPEN else self.length


def opening(text: str, span: tuple[int, int]) -> Edit:
    """Put this in front of what has this span."""
    return Edit(span[0], span[0], text, Order.OPEN, span[1] - span[0])


def closing(text: str, span: tuple[int, int]) -> Edit:
    """Put this behind what has this span."""
    return Edit(span[1], span[1], text, Order.CLOSE, span[1] - span[0])


class Edits:
    """Edits that go together: no two change the same characters."""

    def __init__(self) -> None:
        self._edits: list[Edit] = []

    def add(self, edits: Iterable[Edit]) -> bool:
        """Take these on, all or, where one of them collides with an earlier one, none."""
        edits = list(edits)
        if any(_collide(edit, other) for edit in edits for other in self._edits):
            return False
        self._edits += edits
        return True

    def __call__(self, text: str) -> str:
        """The text after the edits."""
        pieces: list[str] = []
        at = 0
        for edit in sorted(self._edits, key=lambda edit: edit.key):
            pieces += (text[at : edit.start], edit.text)
            at = edit.end
        return "".join([*pieces, text[at:]])


def _collide(one: Edit, other: Edit) -> bool:
    """An insertion collides only with what is replaced around it, not with what begins or ends there."""
    return max(one.start, other.start) < min(one.end, other.end) or any(
        insertion.start == insertion.end and around.start < insertion.start < around.end
        for insertion, around in ((one, other), (other, one))
    )
