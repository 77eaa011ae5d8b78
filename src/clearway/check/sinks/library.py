"""All data files as one thing to ask."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from clearway.check.sinks.reader import USUAL_SEVERITY, EveryMethod, files_by_root, read_file
from clearway.check.sinks.returned import SELF
from clearway.check.sinks.types import Offload, Returned, Schedule, SinkEntry
from clearway.model import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearway.settings import SinkSetting

_T = TypeVar("_T")

_USER_FIX = "Call it in a thread, `await asyncio.to_thread(...)`, or use its async counterpart."
_MOST_ALIASES = 8
"""So many names in a row may stand for each other: a circle ends."""


class Library:
    """Answers by dotted name. Asking is cheap: it happens for every call that is reached.

    Files are read when a name below their import root is first asked for; most projects use few libraries.
    """

    def __init__(self) -> None:
        self._roots_read: set[str] = set()
        self._packages: set[str] = set()
        self._sinks: dict[str, SinkEntry] = {}
        self._every: dict[str, EveryMethod] = {}
        self._same: dict[str, str] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._classes: set[str] = set()
        self._clients: dict[str, frozenset[str]] = {}
        """Classes all of whose methods were looked at, with those that do not block."""
        self._returns: dict[str, Returned] = {}
        self._attributes: dict[str, Returned] = {}
        self._offloads: dict[str, Offload] = {}
        self._schedules: dict[str, Schedule] = {}
        self._reenters: set[str] = set()
        self._safe: set[str] = set()
        self._own: set[str] = set()
        self._canonical: dict[str, str] = {}
        self._asked: dict[str, SinkEntry | None] = {}
        self._lines: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load(
        cls,
        sinks: Mapping[str, SinkSetting] | None = None,
        safe: Sequence[str] = (),
        offloaders: Sequence[str] = (),
    ) -> Library:
        """The packaged data and what the user adds (`[tool.clearway]` sinks, safe, offloaders).

        A user's sink `Class.*` stands for every method of the class. A safe name is safe with all that lies below it.
        """
        library = cls()
        for name, setting in (sinks or {}).items():
            library._add_user_sink(name, setting)
        for name in offloaders:
            library._offloads[library.canonical(name)] = Offload(0, None, Lane.THREAD, wraps=True)
        library._safe = {library.canonical(name.removesuffix(".*")) for name in safe}
        library._own = {*(sinks or {}), *safe, *offloaders}
        return library

    @property
    def has_own_names(self) -> bool:
        """Whether the user's settings name anything: it may be a function of the project."""
        return bool(self._own)

    def canonical(self, name: str) -> str:
        """The one name of an object that a library exports under several: `sqlalchemy.orm.Session` for
        `sqlalchemy.orm.session.Session`. Holds for the object's attributes as well. A name without another stays.
        """
        found = self._canonical.get(name)
        if found is None:
            found = name
            for _ in range(_MOST_ALIASES):
                following = self._renamed(found)
                if following == found:
                    break
                found = following
            self._canonical[name] = found
        return found

    def sink(self, name: str) -> SinkEntry | None:
        """The entry for a function, class (its constructor) or method; a method is looked up through the bases."""
        if name not in self._asked:
            self._asked[name] = self._sink(self.canonical(name))
        return self._asked[name]

    def covers(self, name: str) -> bool:
        """Whether a family, or the standard library's data, speaks for the package of this name: what has no entry
        is then known not to block, and its body is not read.
        """
        name = self.canonical(name)
        if name.partition(".")[0] in sys.stdlib_module_names or self._is_safe(name):
            return True
        return any(prefix in self._packages for prefix in _prefixes(name))

    def is_silent(self, name: str) -> bool:
        """Whether data lists what the methods of this object's class do, and says nothing of this one."""
        name = self.canonical(name)
        owner, _, attribute = name.rpartition(".")
        line = self._line(owner)
        if attribute.startswith("_") or self._is_safe(name) or not any(one in self._clients for one in line):
            return False
        if any(one in self._every or attribute in self._clients.get(one, ()) for one in line):
            return False
        told = (self._sinks, self._returns, self._attributes, self._offloads, self._schedules)
        return not any(f"{one}.{attribute}" in table for one in line for table in told)

    def is_class(self, name: str) -> bool:
        """Whether data names this as a class."""
        name = self.canonical(name)
        return name in self._classes and name not in self._returns

    def bases(self, name: str) -> tuple[str, ...]:
        """Base classes of a library's class and theirs, nearest first, as far as data says."""
        return self._line(self.canonical(name))[1:]

    def returns(self, name: str) -> Returned | None:
        """What calling this function or method gives; None where data does not say. A class gives its instance.

        Iterating an object is its `__iter__` (`__aiter__` for `async for`), entering it `__enter__` (`__aenter__`,
        already awaited), which give the object itself unless data says otherwise.
        """
        name = self.canonical(name)
        if (exact := self._returns.get(name)) is not None:
            return exact
        if name in self._classes:
            return Returned("instance", name)
        owner, _, attribute = name.rpartition(".")
        found = self._inherited(self._returns, owner, attribute)
        if found is None and attribute in ("__enter__", "__aenter__") and owner in self._classes:
            return SELF
        return found

    def attribute(self, name: str) -> Returned | None:
        """What an attribute `Class.attribute` or `module.attribute` holds; None where data does not say."""
        name = self.canonical(name)
        owner, _, attribute = name.rpartition(".")
        return self._inherited(self._attributes, owner, attribute)

    def offload(self, name: str) -> Offload | None:
        """How this function takes another off the loop; None where it does not."""
        return self._by_line(self._offloads, name)

    def schedule(self, name: str) -> Schedule | None:
        """How this function has another run by the loop; None where it does not."""
        return self._by_line(self._schedules, name)

    def reenters(self, name: str) -> bool:
        """Whether this function runs an event loop to its end, as `asyncio.run` does: not from inside one."""
        owner, _, attribute = self.canonical(name).rpartition(".")
        return any(f"{candidate}.{attribute}" in self._reenters for candidate in self._line(owner))

    def is_coroutine_function(self, name: str) -> bool:
        """Whether data names this function or method, its own or a base's, as one that gives what must be awaited.

        `Class.*` says too little: what is awaited of such a class is, but not all of its methods are to be.
        """
        owner, _, attribute = self.canonical(name).rpartition(".")
        places = (f"{candidate}.{attribute}" for candidate in self._line(owner))
        return any((held := self._returns.get(place)) is not None and held.shape == "await" for place in places)

    def coroutine_names(self) -> frozenset[str]:
        """Last names of all such functions and methods, of the families that were asked for so far."""
        return frozenset(name.rpartition(".")[2] for name, held in self._returns.items() if held.shape == "await")

    def handing_names(self) -> dict[str, set[tuple[int, str | None]]]:
        """Last names of all that takes a function to run it elsewhere or later, as far as was asked for, and where
        that function stands among the arguments: position and name.
        """
        found: dict[str, set[tuple[int, str | None]]] = {}
        places = [(name, one.position, one.keyword) for name, one in self._offloads.items()]
        places += [(n, one.position, one.keyword) for n, one in self._schedules.items() if one.what != "coroutine"]
        for name, position, keyword in places:
            found.setdefault(name.rpartition(".")[2], set()).add((position, keyword))
        return found

    def _add_user_sink(self, name: str, setting: SinkSetting) -> None:
        every = name.endswith(".*")
        name = self.canonical(name.removesuffix(".*"))
        severity = setting.severity or USUAL_SEVERITY[setting.kind]
        entry = SinkEntry("", setting.kind, severity, setting.fix or _USER_FIX, "settings", None)
        if every:
            self._every[name] = EveryMethod(entry, frozenset())
        else:
            self._sinks[name] = entry

    def _read_root(self, root: str) -> None:
        """Take in what the data files say of this import root. What the user said stands first."""
        if root in self._roots_read:
            return
        self._roots_read.add(root)
        for path in files_by_root().get(root, ()):
            family = read_file(path)
            self._packages.update(family.packages)
            self._classes |= family.classes
            self._reenters |= family.reenters
            _add(self._sinks, family.sinks)
            _add(self._clients, family.clients)
            _add(self._every, family.every)
            _add(self._same, family.same)
            _add(self._bases, family.bases)
            _add(self._returns, family.returns)
            _add(self._attributes, family.attributes)
            _add(self._offloads, family.offloads)
            _add(self._schedules, family.schedules)

    def _renamed(self, name: str) -> str:
        self._read_root(name.partition(".")[0])
        for prefix in _prefixes(name):
            if (other := self._same.get(prefix)) is not None:
                self._read_root(other.partition(".")[0])
                return other + name[len(prefix) :]
        return name

    def _line(self, owner: str) -> tuple[str, ...]:
        """A class and its bases, nearest first."""
        found = self._lines.get(owner)
        if found is None:
            self._read_root(owner.partition(".")[0])
            names = [owner]
            for name in names:
                for base in self._bases.get(name, ()):
                    base = self.canonical(base)
                    if base not in names:
                        names.append(base)
            found = self._lines[owner] = tuple(names)
        return found

    def _sink(self, name: str) -> SinkEntry | None:
        owner, _, attribute = name.rpartition(".")
        for candidate in self._line(owner):
            place = f"{candidate}.{attribute}" if candidate else attribute
            if self._safe and self._is_safe(place):
                return None
            if (entry := self._sinks.get(place)) is not None:
                return entry if entry.name else replace(entry, name=name)
            every = self._every.get(candidate)
            if every is not None and not attribute.startswith("_"):
                if attribute in every.excepted:
                    return None
                return every.entry if every.entry.name else replace(every.entry, name=name)
        return None

    def _inherited(self, table: Mapping[str, Returned], owner: str, attribute: str) -> Returned | None:
        """By the exact name, else by `Class.*`, at the nearest base. `Class.*` says nothing of the operations that
        block: `Query.* = "self"` is not about `Query.first`.
        """
        for candidate in self._line(owner):
            place = f"{candidate}.{attribute}"
            if (exact := table.get(place)) is not None:
                return exact
            every = table.get(f"{candidate}.*")
            if every is None or attribute.startswith("_"):
                continue
            if every.shape == "opaque" or not (place in self._sinks or place in self._returns):
                return every
        return None

    def _by_line(self, table: Mapping[str, _T], name: str) -> _T | None:
        owner, _, attribute = self.canonical(name).rpartition(".")
        for candidate in self._line(owner):
            if (found := table.get(f"{candidate}.{attribute}" if candidate else attribute)) is not None:
                return found
        return None

    def _is_safe(self, name: str) -> bool:
        return any(prefix in self._safe for prefix in _prefixes(name))


def _prefixes(name: str) -> list[str]:
    """The name, its owner, its owner's owner …"""
    found = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        found.append(name)
    return found


def _add(table: dict[str, _T], more: Mapping[str, _T]) -> None:
    for name, value in more.items():
        table.setdefault(name, value)
