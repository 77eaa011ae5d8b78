"""What `clearway top` has been told so far: the state, the stalls and losses in it, the latest diagnosis."""

from __future__ import annotations

from collections import Counter, deque
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from clearway.console.state import STALLS, State
from clearway.frames import Frame
from clearway.model import Loss, Stall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.console.state import Told
    from clearway.frames import Header

T = TypeVar("T")


class Item(NamedTuple, Generic[T]):
    """A stall or a loss, read."""

    worker: int
    at_us: int
    """When it began, in the stream's time."""
    what: T


class Seen:
    """Feed it a stream's items in order."""

    def __init__(self) -> None:
        self.state = State()
        self.stalls: deque[Item[Stall]] = deque(maxlen=STALLS)
        self.losses: deque[Item[Loss]] = deque(maxlen=STALLS)
        self.doctor: dict[str, Any] | None = None
        """The diagnosis that the stream has told last."""
        self.unreadable = 0
        """What was left out: lines that cannot be read, and frames that are not what they say."""

    def take(self, item: Header | Frame) -> None:
        """The next item. What does not hold what it promises is counted, and otherwise left out."""
        stalls, losses = self.state.stall_count, self.state.loss_count
        if not self.state.take(item):
            self.unreadable += 1
            return
        self.stalls.extend(_read(self.state.stalls, self.state.stall_count - stalls, Stall))
        self.losses.extend(_read(self.state.losses, self.state.loss_count - losses, Loss))
        if isinstance(item, Frame) and item.doctor is not None:
            self.doctor = item.doctor

    def still(self) -> Seen:
        """As it is now, while this one goes on: for a view that is paused. Items are shared: they never change."""
        kept = copy(self)
        kept.stalls, kept.losses = self.stalls.copy(), self.losses.copy()
        state = kept.state = copy(self.state)
        state.stalls, state.losses = state.stalls.copy(), state.losses.copy()
        state.workers = {}
        for pid, worker in self.state.workers.items():
            still = state.workers[pid] = copy(worker)
            still.routes, still.calls = worker.routes.copy(), worker.calls.copy()
            still.ticks = worker.ticks.copy()
            still.totals = {route: Counter(total) for route, total in worker.totals.items()}
        return kept


def _read(told: deque[Told], new: int, kind: type[T]) -> Iterable[Item[T]]:
    """The new ones; that they can be read, the state has seen to."""
    for index in range(max(0, len(told) - new), len(told)):
        yield Item(told[index].worker, told[index].at_us, msgspec.convert(told[index].what, kind))
