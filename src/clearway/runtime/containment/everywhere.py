"""A function replaced where it is defined, and wherever a loaded module has taken it by `from time import sleep`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_KEEP_THE_ORIGINAL = ("asyncio", "clearway", "gevent", "eventlet", "importlib", "uvloop")
"""Packages whose own use of it is not for containment."""


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Like `Replacement`, and also for the names that loaded modules have given the function.

    A module that is imported later takes the replacement; it is given the original when that is put back.
    """

    owner: Any
    """The module that defines it."""
    name: str
    make: Callable[[Any], Any]
    """The replacement, made from the original."""
    apart_from: tuple[str, ...] = ()
    """Names that stay what they are: `module` for all of its names, or `module.name`."""

    def put(self) -> Callable[[], None]:
        return Together((self,)).put()


@dataclass(frozen=True, slots=True)
class Together:
    """Many of them, for one look at all loaded modules."""

    changes: Sequence[Everywhere]

    def put(self) -> Callable[[], None]:
        given: list[tuple[Any, Any, tuple[str, ...]]] = []
        for change in self.changes:
            original = getattr(change.owner, change.name)
            given.append((original, change.make(original), change.apart_from))
        _give(given)
        for change, (_, replacement, _) in zip(self.changes, given, strict=True):
            setattr(change.owner, change.name, replacement)

        def undo() -> None:
            _give([(replacement, original, ()) for original, replacement, _ in given])

        return undo


def _give(given: Sequence[tuple[Any, Any, tuple[str, ...]]]) -> None:
    """(old, new, names that stay): `new` under every name of a module's that stands for `old`."""
    by_id = {id(old): (new, apart_from) for old, new, apart_from in given}
    for module, namespace in _namespaces():
        for name, value in list(namespace.items()):
            if (found := by_id.get(id(value))) is not None:
                new, apart_from = found
                if not (apart_from and {module, f"{module}.{name}"} & {*apart_from}):
                    namespace[name] = new


def _namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if type(namespace) is dict and name.partition(".")[0] not in _KEEP_THE_ORIGINAL:
            yield name, namespace
