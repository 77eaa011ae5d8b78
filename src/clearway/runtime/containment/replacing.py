"""Putting cooperative operations in the place of blocking ones, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Replacement:
    """One attribute that containment stands in for."""

    owner: Any
    """A module or class."""
    name: str
    make: Callable[[Any], Any]
    """The replacement, made from the original. It asks `portal.is_open()` first, and where that is false calls it."""


class Replacements:
    """In place while at least one app wants them. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._holders = 0
        self._originals: list[tuple[Any, str, bool, Any, Any]] = []

    def hold(self, replacements: Iterable[Replacement]) -> None:
        """For one more app; the first puts them in place."""
        self._holders += 1
        if self._holders > 1:
            return
        for replacement in replacements:
            owner, name = replacement.owner, replacement.name
            was_own = name in vars(owner)  # of a class: or inherited, and then deleted again
            original = vars(owner)[name] if was_own else getattr(owner, name)
            put = replacement.make(original)
            self._originals.append((owner, name, was_own, original, put))
            setattr(owner, name, put)

    def release(self) -> None:
        """One app needs them no longer; with the last, everything is as it was, save what somebody else replaced."""
        self._holders -= 1
        if self._holders:
            return
        for owner, name, was_own, original, put in reversed(self._originals):
            if vars(owner).get(name) is not put:
                continue
            if was_own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)
        self._originals.clear()
