"""A function replaced where it is defined, and wherever a loaded module has taken it by `from time import sleep`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
    """Several of them, with one look at all modules: a large service has a hundred thousand names."""

    parts: Sequence[Everywhere]

    def put(self) -> Callable[[], None]:
        given = [(part, getattr(part.owner, part.name)) for part in self.parts]
        made = [(part, original, part.make(original)) for part, original in given]
        _give({id(original): (replacement, part.apart_from) for part, original, replacement in made})
        for part, _, replacement in made:
            setattr(part.owner, part.name, replacement)

        def undo() -> None:
            _give({id(replacement): (original, ()) for _, original, replacement in made})

        return undo


def _give(new: Mapping[int, tuple[Any, tuple[str, ...]]]) -> None:
    """For each object, known by its identity: another one under all its names but some."""
    for module, namespace in _namespaces():
        for name, value in list(namespace.items()):
            found = new.get(id(value))
            if found is not None and not {module, f"{module}.{name}"} & {*found[1]}:
                namespace[name] = found[0]


def _namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if type(namespace) is dict and name.partition(".")[0] not in _KEEP_THE_ORIGINAL:
            yield name, namespace
