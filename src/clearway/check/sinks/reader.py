"""Reads the data files, strictly: what is not understood is an error, never left out.

A file has, in TOML, names always in full and canonical:

    family = "name"                what the page and findings call it
    packages = ["pkg", "ns.pkg"]   what it speaks for: a name below without an entry does not block
    partial = ["pkg"]              what it knows parts of: a name below without an entry may block
    twin, fix                      for entries that have none of their own; `note` goes to the page
    classes, reenters              names that are classes, of functions that run a loop to its end

    [[sink]]                       operations that block
    names, of                      `names` as they are, or each below each of `of`; `Class.*` is every public method
    except                         the methods that `Class.*` is not about
    kind, severity, through, twin, fix, returns
    unless                         [{ keyword, position, value | instance }]: then it does not block; "None" is None
    wait                           { keyword, position }: the argument that says how many seconds it waits at most

    [same]     another name = the canonical one, for all below it as well
    [bases]    class = [its base classes]; what it does not inherit it need not list: `[]` makes it known
    [returns]  function = what a call gives, in the language of returned.py; `Class.*` for what no other entry names
    [attributes]  the same for attributes
    [clients]  class = [its methods that do not block]: what neither this nor another entry names may block
    [[offload]]   names, position, keyword, lane, wraps
    [[schedule]]  names, what, position, keyword, many, kind

A class is what stands in `classes` or `[bases]`, is returned, or is written with a capital.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from clearway.check.sinks.returned import named_class, parse_returned
from clearway.check.sinks.tables import dotted, finish, names_of, offload, schedule, take, unless, wait
from clearway.check.sinks.types import Offload, Returned, Schedule, SinkEntry
from clearway.model import Severity, SinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DATA = Path(__file__).with_name("data")

USUAL_SEVERITY = {kind: Severity.WARNING if kind is SinkKind.FILE else Severity.ERROR for kind in SinkKind}
"""What an operation of this kind costs where its entry says nothing."""

_PACKAGES = re.compile(r"^(?:packages|partial) = \[.*?\]$", re.MULTILINE | re.DOTALL)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EveryMethod:
    """An entry for all methods of a class, or functions of a module, but those excepted."""

    entry: SinkEntry
    excepted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Family:
    """What one data file says. Entries whose `name` is empty are reported by the name that was asked for."""

    name: str
    packages: tuple[str, ...]
    """What it speaks for: a name below them without an entry does not block."""
    partial: tuple[str, ...]
    """What it knows parts of: a name below them without an entry may block."""
    twin: str | None
    note: str
    sinks: Mapping[str, SinkEntry]
    every: Mapping[str, EveryMethod]
    same: Mapping[str, str]
    bases: Mapping[str, tuple[str, ...]]
    classes: frozenset[str]
    returns: Mapping[str, Returned]
    attributes: Mapping[str, Returned]
    offloads: Mapping[str, Offload]
    schedules: Mapping[str, Schedule]
    reenters: frozenset[str]
    clients: Mapping[str, frozenset[str]]
    """Classes all of whose methods were looked at, with those that do not block: another one may."""


@cache
def files_by_root() -> Mapping[str, tuple[Path, ...]]:
    """For each import root (`google`) the data files that speak of it. Reads of each file only its packages."""
    found: dict[str, list[Path]] = {}
    for path in sorted(DATA.glob("*.toml")):
        lines = _PACKAGES.findall(path.read_text(encoding="utf-8"))
        for root in {_root(package) for listed in tomllib.loads("\n".join(lines)).values() for package in listed}:
            found.setdefault(root, []).append(path)
    return {root: tuple(paths) for root, paths in found.items()}


@cache
def read_file(path: Path) -> Family:
    """The family that a packaged file describes."""
    return read_family(path.name, path.read_text(encoding="utf-8"))


def read_family(source: str, text: str) -> Family:
    """The family that this text describes. `source` says in messages where it stands. Raises ValueError."""
    try:
        return _Reader(tomllib.loads(text)).family()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{source}: {error}") from None


def _root(name: str) -> str:
    return name.partition(".")[0]


class _Reader:
    """One file's table, as it becomes a Family."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._family = take(data, "family", str)
        self._packages = tuple(dotted(package) for package in take(data, "packages", list))
        self._partial = tuple(dotted(package) for package in take(data, "partial", list, []))
        self._roots = {_root(package) for package in (*self._packages, *self._partial)}
        self._twin = take(data, "twin", str, None)
        self._note = take(data, "note", str, "")
        self._fix = take(data, "fix", str, None)
        self._sinks: dict[str, SinkEntry] = {}
        self._every: dict[str, EveryMethod] = {}
        self._gives: dict[str, Returned] = {}
        """What sinks give, where their own entry says it."""

    def family(self) -> Family:
        data = self._data
        for table in take(data, "sink", list, []):
            self._read_sink(table)
        same = {self._own(name): dotted(target) for name, target in take(data, "same", dict, {}).items()}
        bases = {
            self._own(name): tuple(dotted(base) for base in listed)
            for name, listed in take(data, "bases", dict, {}).items()
        }
        returns = {**self._gives, **self._read_returned("returns")}
        attributes = self._read_returned("attributes")
        family = Family(
            name=self._family,
            packages=self._packages,
            partial=self._partial,
            twin=self._twin,
            note=self._note,
            sinks=self._sinks,
            every=self._every,
            same=same,
            bases=bases,
            classes=self._classes(bases, returns, attributes),
            returns=returns,
            attributes=attributes,
            offloads=dict(self._read_all("offload", offload)),
            schedules=dict(self._read_all("schedule", schedule)),
            reenters=frozenset(self._own(name) for name in take(data, "reenters", list, [])),
            clients={self._own(name): frozenset(held) for name, held in take(data, "clients", dict, {}).items()},
        )
        finish(data)
        return family

    def _own(self, name: str) -> str:
        """The name, if it lies below the file's packages: it would not be found otherwise."""
        if _root(dotted(name)) not in self._roots:
            raise ValueError(f"{name!r} is not below the file's packages")
        return name

    def _read_sink(self, table: dict[str, Any]) -> None:
        names = list(names_of(table))
        kind = SinkKind(take(table, "kind", str))
        severity = Severity(take(table, "severity", str, USUAL_SEVERITY[kind].value))
        fix = take(table, "fix", str, _how(table.get("twin")) or self._fix)
        if not fix:
            raise ValueError(f"{names[0]}: nothing says how to fix it")
        entry = SinkEntry(
            name=take(table, "through", str, ""),
            kind=kind,
            severity=severity,
            fix=fix,
            family=self._family,
            twin=take(table, "twin", str, self._twin),
            unless=tuple(unless(one) for one in take(table, "unless", list, [])),
            wait=wait(take(table, "wait", dict, None)),
        )
        excepted = frozenset(take(table, "except", list, []))
        gives = take(table, "returns", str, None)
        finish(table)
        for name in names:
            if gives is not None:
                self._gives[name] = parse_returned(gives)
            owner, star, rest = name.partition(".*")
            if name in self._sinks or (star and owner in self._every):
                raise ValueError(f"{name!r} stands there twice")
            if excepted and not star:
                raise ValueError(f"{name!r} has exceptions but is one name")
            if not star:
                self._sinks[self._own(name)] = entry
            elif rest:
                raise ValueError(f"{name!r}: '*' stands only at the end")
            else:
                self._every[self._own(owner)] = EveryMethod(entry, excepted)

    def _read_returned(self, key: str) -> dict[str, Returned]:
        found = {}
        for name, text in take(self._data, key, dict, {}).items():
            self._own(name.removesuffix(".*"))
            found[name] = parse_returned(text)
        return found

    def _read_all(self, key: str, read: Callable[[dict[str, Any]], _T]) -> Iterator[tuple[str, _T]]:
        seen = set()
        for table in take(self._data, key, list, []):
            names = list(names_of(table))
            value = read(table)
            finish(table)
            for name in names:
                if name in seen:
                    raise ValueError(f"{key}: {name!r} stands there twice")
                seen.add(name)
                yield self._own(name), value

    def _classes(self, bases: Mapping[str, Any], *returned: Mapping[str, Returned]) -> frozenset[str]:
        """What the file treats as a class: said so, has bases, is returned, or is written with a capital."""
        listed = take(self._data, "classes", list, [])
        found = {self._own(name) for name in listed}
        if len(found) != len(listed):
            raise ValueError("classes: a name stands there twice")
        found.update(bases)
        for mapping in returned:
            for name, value in mapping.items():
                found.update(_capitalised(name.removesuffix(".*")))
                if named := named_class(value):
                    found.add(named)
        for name in (*self._sinks, *self._every):
            found.update(_capitalised(name))
        return frozenset(found)


def _how(twin: object) -> str | None:
    """What to do where an entry names a twin of its own, and no more: that, not what the family says in general."""
    if not isinstance(twin, str):
        return None
    if twin == "asyncio.to_thread":
        return "Await it in a thread: `await asyncio.to_thread(...)`."
    return f"Use `{twin}` and await it, or `await asyncio.to_thread(...)` the call."


def _capitalised(name: str) -> Iterator[str]:
    """The name and its owner, where they are written as classes are."""
    owner = name.rpartition(".")[0]
    for candidate in (name, owner):
        if candidate and candidate.rpartition(".")[2].lstrip("_")[:1].isupper():
            yield candidate
