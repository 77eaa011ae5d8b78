"""Putting cooperative operations in the place of blocking ones, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Change(Protocol):
    """Something that containment changes outside of Clearway."""

    def put(self) -> Callable[[], None]:
        """Make the change. Returns what takes it back."""
        ...


@dataclass(frozen=True, slots=True)
class Replacement:
    """One attribute that containment stands in for."""

    owner: Any
    """A module or class."""
    name: str
    make: Callable[[Any], Any]
    """The replacement, made from the original. It asks `portal.is_open()` first, and where that is false calls it."""

    def put(self) -> Callable[[], None]:
        owner, name = self.owner, self.name
        was_own = name in vars(owner)  # of a class: or inherited, and then deleted again
        original = vars(owner)[name] if was_own else getattr(owner, name)
        put = self.make(original)
        setattr(owner, name, put)

        def undo() -> None:
            if vars(owner).get(name) is not put:
                return  # somebody else has replaced it since
            if was_own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        return undo


class Replacements:
    """In place while at least one app wants them. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._holders = 0
        self._undo: list[Callable[[], None]] = []

    def hold(self, changes: Iterable[Change]) -> None:
        """For one more app; the first puts them in place."""
        self._holders += 1
        if self._holders > 1:
            return
        for change in changes:
            self._undo.append(change.put())

    def release(self) -> None:
        """One app needs them no longer; with the last, everything is as it was, save what somebody else replaced."""
        self._holders -= 1
        if self._holders:
            return
        while self._undo:
            self._undo.pop()()
