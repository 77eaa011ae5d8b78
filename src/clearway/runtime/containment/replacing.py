"""Putting cooperative operations in the place of blocking ones, and back."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


UNTOUCHED = ("_queue", "_thread", "_threading_local", "asyncio", "clearway", "greenlet", "importlib", "uvloop")
"""Packages that keep the names that they have imported: containment rests on them."""


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


def _instead(put: Any) -> Callable[[Any], Any]:
    return lambda original: put


def everywhere(new: Mapping[Any, Any]) -> Iterator[Replacement]:
    """Replacements of functions and classes under all the names that loaded modules have for them."""
    by_id = {id(original): put for original, put in new.items()}
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] in UNTOUCHED:
            continue
        for name, value in list(getattr(module, "__dict__", {}).items()):
            put = by_id.get(id(value))
            if put is not None and not name.startswith("_allocate"):  # threading's own, for its own
                yield Replacement(module, name, _instead(put))


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
