"""Waiting work, fair between routes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.runtime.records.recorder import RouteRecord


class Waiting(Protocol):
    """What can wait: a call in any lane."""

    submitted_ns: int

    @property
    def route(self) -> RouteRecord: ...


_W = TypeVar("_W", bound=Waiting)


class FairQueue(Generic[_W]):
    """First in, first out within a route; the routes take turns. Not thread-safe: the limiter holds its lock."""

    def __init__(self) -> None:
        self._waiting: dict[RouteRecord, deque[_W]] = {}
        self._turns: deque[RouteRecord] = deque()

    def __bool__(self) -> bool:
        return bool(self._turns)

    def push(self, work: _W) -> None:
        """Add work at the end of its route's line."""
        waiting = self._waiting.get(work.route)
        if waiting is None:
            self._waiting[work.route] = deque((work,))
            self._turns.append(work.route)
        else:
            waiting.append(work)

    def first(self, admits: Callable[[_W], bool]) -> _W | None:
        """The work whose turn it is among the routes that may run one now. It stays in the queue."""
        turns = self._turns
        for _ in range(len(turns)):
            work = self._waiting[turns[0]][0]
            if admits(work):
                return work
            turns.rotate(-1)
        return None

    def pop(self, work: _W) -> None:
        """Take out what `first` returned; the next turn is another route's."""
        route = self._turns.popleft()
        waiting = self._waiting[route]
        waiting.popleft()
        if waiting:
            self._turns.append(route)
        else:
            del self._waiting[route]

    def remove(self, work: _W) -> bool:
        """Take out work that will not run. False when it is not here."""
        waiting = self._waiting.get(work.route)
        if waiting is None:
            return False
        try:
            waiting.remove(work)
        except ValueError:
            return False
        if not waiting:
            del self._waiting[work.route]
            self._turns.remove(work.route)
        return True

    def remove_older(self, deadline_ns: int) -> list[_W]:
        """Take out all work that was submitted before the deadline."""
        removed: list[_W] = []
        for route, waiting in list(self._waiting.items()):
            while waiting and waiting[0].submitted_ns < deadline_ns:
                removed.append(waiting.popleft())
            if not waiting:
                del self._waiting[route]
                self._turns.remove(route)
        return removed

    def length_of(self, route: RouteRecord) -> int:
        """How much work of a route waits here."""
        return len(self._waiting.get(route, ()))
