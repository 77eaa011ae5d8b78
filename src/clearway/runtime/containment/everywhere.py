"""A function replaced where it is defined, and wherever a loaded module has taken it by `from time import sleep`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        original = getattr(self.owner, self.name)
        replacement = self.make(original)
        _give(original, replacement, self.apart_from)
        setattr(self.owner, self.name, replacement)

        def undo() -> None:
            _give(replacement, original)

        return undo


def _give(old: Any, new: Any, apart_from: tuple[str, ...] = ()) -> None:
    """`new` under every name of a module's that stands for `old`."""
    for module, namespace in _namespaces():
        for name, value in list(namespace.items()):
            if value is old and not (apart_from and {module, f"{module}.{name}"} & {*apart_from}):
                namespace[name] = new


def _namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if type(namespace) is dict and name.partition(".")[0] not in _KEEP_THE_ORIGINAL:
            yield name, namespace
