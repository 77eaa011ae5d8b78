"""Settings: `[tool.clearway]` of `pyproject.toml`, or `clearway.toml`."""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearway.model import Lane, SettingsError, Severity, SinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# Beyond these a value is a slip of the keyboard; the bounds also keep later arithmetic finite.
MOST_THREADS = 100_000
MOST_EVENTS = 100_000_000
MOST_PROCESSES = 1024
MOST_MEGABYTES = 16_777_216
MOST_SECONDS = 86_400.0

MOST_NAMED = 24
"""How many known names an error message lists where none is like the unknown one."""

RULE_CODE = re.compile(r"CW\d{3}")
CLUSTER_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")
SINK_KEYS = ("kind", "severity", "fix")


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """What one route may use of the thread lane."""

    share: float | None = None
    """Guaranteed part of the threads, 0 to 1."""
    limit: int | None = None
    """At most so many calls of this route run at once."""


@dataclass(frozen=True, slots=True)
class SinkSetting:
    """A sink that the user adds to the checker's data."""

    kind: SinkKind
    severity: Severity | None = None
    """None for what is usual for the kind."""
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set. Every default was chosen by measurement; `docs/run.md` says which."""

    threads: int = 512
    """Upper bound of the thread lane."""
    max_wait_s: float | None = None
    """A call that waited longer for a thread is refused with 503; None waits for ever."""
    stall_threshold_ms: float = 20.0
    events: int = 65_536
    """How many of the latest events the recorder keeps."""
    pins: Mapping[str, Lane] = field(default_factory=dict)
    """Lane by route (`GET /items/{id}`) or by call (`app.main:read_item`)."""
    routes: Mapping[str, RouteLimits] = field(default_factory=dict)
    contain: bool | tuple[str, ...] = False
    """Whether blocking operations in an `async def` suspend its own request only: everywhere, or in these routes
    (`GET /bad/`) and calls (`app.main:bad`)."""
    cooperative: tuple[str, ...] = ()
    """Dotted names of functions that run in a thread, their request suspended, when a contained call calls them."""
    processes: int | None = None
    """Upper bound of the process lane's workers; None for one a core."""
    process_memory_mb: int | None = None
    """Most memory that a worker of the process lane may have; None for no limit."""
    max_run_s: float | None = None
    """A call in the process lane that runs longer is ended, its worker with it; None lets it run."""
    cluster: str | None = None
    """Address of a Dask scheduler, `tcp://scheduler:8786`, or `local` for a cluster of this process's own."""
    cluster_in_flight: int | None = None
    """At most so many calls are on the cluster at once; the others wait here. None for a number by its threads."""
    telemetry: bool = False
    """Whether OpenTelemetry is told: metrics, and attributes and events on the spans of requests."""
    sinks: Mapping[str, SinkSetting] = field(default_factory=dict)
    """The checker's: dotted names of functions and methods that block."""
    safe: tuple[str, ...] = ()
    """The checker's: dotted names of functions and methods that do not block, whatever it thinks."""
    offloaders: tuple[str, ...] = ()
    """The checker's: dotted names of functions that run their first argument off the loop, or decorators that do."""
    ignore: tuple[str, ...] = ()
    """The checker's: rules that are switched off, `CW302`."""
    exclude: tuple[str, ...] = ()
    """The checker's: glob patterns of files, relative to the project's root."""

    @classmethod
    def load(cls, start: Path) -> Settings:
        """Settings of the project that `start` lies in, the defaults where it has none.

        The nearest folder going upwards counts that has a `clearway.toml`, or a `pyproject.toml` with a
        `[tool.clearway]` table. Raises SettingsError.
        """
        file = cls.locate(start)
        return cls() if file is None else cls.read(file)

    @staticmethod
    def locate(start: Path) -> Path | None:
        """The file that `load` reads, None where there is none. Raises SettingsError for one that is not TOML."""
        start = start.absolute()
        for folder in (start, *start.parents):
            own = folder / "clearway.toml"
            if own.is_file():
                return own
            shared = folder / "pyproject.toml"
            if shared.is_file() and _tool_table(_read_toml(shared), shared) is not None:
                return shared
        return None

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Settings from this file: the whole of it, or `[tool.clearway]` if it is a `pyproject.toml`.

        Raises SettingsError.
        """
        data = _read_toml(path)
        if path.name == "pyproject.toml":
            table = _tool_table(data, path)
            return cls.from_mapping({} if table is None else table, f"{path} [tool.clearway]")
        return cls.from_mapping(data, str(path))

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], source: str) -> Settings:
        """Settings from keys as a user writes them (`max_wait` in s, `stall_threshold` in ms).

        `source` says in messages where the keys stand. Raises SettingsError for whatever is no setting.
        """
        if not isinstance(data, Mapping):
            raise SettingsError(f"{source}: expected a table of settings, found {_kind(data)}")
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in _READERS:
                raise SettingsError(f"{source}: unknown key {key!r}{suggest(key, _READERS)}")
            name, read = _READERS[key]
            values[name] = read(value, f"{source}: {key}")
        return cls(**values)


def usable_cores() -> int:
    """The processors that this process may use: what None means for `processes`."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, None where nothing is like it."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    # difflib compares every pair of characters: what is longer than any name is a mistake of another kind.
    matches = difflib.get_close_matches(name[:200].casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[matches[0]] if matches else None


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown name: the nearest known one, or all of a few."""
    names = sorted(map(str, known))
    if (match := nearest(name, names)) is not None:
        return f"; did you mean {match!r}?"
    if 0 < len(names) <= MOST_NAMED:
        return f"; known: {', '.join(names)}"
    return ""


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings {path}: not TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"settings {path}: not TOML: nested too deeply") from None


def _tool_table(data: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    tool = data.get("tool", {})
    table = tool.get("clearway") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise SettingsError(f"{path}: tool.clearway must be a table, not {_kind(table)}")
    return table


def _kind(value: object) -> str:
    """What a TOML author calls the type of this value."""
    names = {bool: "a boolean", int: "a whole number", float: "a number", str: "a string", list: "a list"}
    return "a table" if isinstance(value, Mapping) else names.get(type(value), type(value).__name__)


def _whole(value: object, where: str, most: int) -> int:
    if type(value) is not int:  # bool is an int to isinstance
        raise SettingsError(f"{where} must be a whole number, not {_kind(value)}")
    if not 1 <= value <= most:
        raise SettingsError(f"{where} must be from 1 to {most}")
    return value


def _number(value: object, where: str) -> float:
    if type(value) is not int and type(value) is not float:
        raise SettingsError(f"{where} must be a number, not {_kind(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SettingsError(f"{where} must be a finite number")
    return number


def _duration(value: object, where: str, unit: str, most: float) -> float:
    number = _number(value, where)
    if not 0 < number <= most:
        raise SettingsError(f"{where} must be above 0 and at most {most:g} {unit}, not {number:g}")
    return number


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where} must be a table, not {_kind(value)}")
    for key in value:
        if not isinstance(key, str) or not key.strip():
            raise SettingsError(f"{where} has an entry without a name")
    return value


def _contain(value: object, where: str) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else _strings(value, where, "routes and calls, or true or false")


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{where} must be true or false, not {_kind(value)}")
    return value


def _cluster(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{where} must be a string, not {_kind(value)}")
    if value != "local" and not CLUSTER_ADDRESS.fullmatch(value):
        raise SettingsError(f"{where}: {value!r} is no scheduler; write tcp://HOST:PORT, tls://HOST:PORT, or local")
    return value


def _pins(value: object, where: str) -> dict[str, Lane]:
    return {name: _lane(lane, f"{where}.{name!r}") for name, lane in _table(value, where).items()}


def _lane(value: object, where: str) -> Lane:
    return Lane(_one_of(value, where, "lane", tuple(Lane)))


def _routes(value: object, where: str) -> dict[str, RouteLimits]:
    routes = {name: _limits(table, f"{where}.{name!r}") for name, table in _table(value, where).items()}
    total = math.fsum(limits.share or 0.0 for limits in routes.values())
    if total > 1 + 1e-9:
        raise SettingsError(f"{where}: the shares add up to {total:g}; together they can be at most 1")
    return routes


def _limits(value: object, where: str) -> RouteLimits:
    table = _table(value, where)
    for key in table:
        if key not in ("share", "limit"):
            raise SettingsError(f"{where}: unknown key {key!r}{suggest(key, ('share', 'limit'))}")
    share = None
    if "share" in table:
        share = _number(table["share"], f"{where}.share")
        if not 0 <= share <= 1:
            raise SettingsError(f"{where}.share must be from 0 to 1, not {share:g}")
    limit = _whole(table["limit"], f"{where}.limit", MOST_THREADS) if "limit" in table else None
    return RouteLimits(share, limit)


def _sinks(value: object, where: str) -> dict[str, SinkSetting]:
    table = _table(value, where)
    _names(list(table), where)
    return {name: _sink(entry, f"{where}.{name!r}") for name, entry in table.items()}


def _sink(value: object, where: str) -> SinkSetting:
    """`"network"`, or a table with more to say."""
    if isinstance(value, str):
        return SinkSetting(SinkKind(_one_of(value, where, "kind", tuple(SinkKind))))
    table = _table(value, where)
    for key in table:
        if key not in SINK_KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}{suggest(key, SINK_KEYS)}")
    if "kind" not in table:
        raise SettingsError(f"{where} has no kind; one of {', '.join(SinkKind)}")
    kind = SinkKind(_one_of(table["kind"], f"{where}.kind", "kind", tuple(SinkKind)))
    severity = None
    if "severity" in table:
        severity = Severity(_one_of(table["severity"], f"{where}.severity", "severity", tuple(Severity)))
    fix = table.get("fix")
    if fix is not None and (not isinstance(fix, str) or not fix.strip()):
        raise SettingsError(f"{where}.fix must be a sentence, not {'empty' if isinstance(fix, str) else _kind(fix)}")
    return SinkSetting(kind, severity, fix)


def _one_of(value: object, where: str, what: str, known: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{where} must be a {what} ({', '.join(known)}), not {_kind(value)}")
    if value not in known:
        raise SettingsError(f"{where}: unknown {what} {value!r}{suggest(value, known)}")
    return value


def _strings(value: object, where: str, what: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SettingsError(f"{where} must be a list of {what}, not {_kind(value)}")
    for entry in value:
        if not isinstance(entry, str):
            raise SettingsError(f"{where} must be a list of {what}; it contains {_kind(entry)}")
        if not entry.strip():
            raise SettingsError(f"{where} has an empty entry")
    return tuple(value)


def _names(value: object, where: str) -> tuple[str, ...]:
    """Dotted names, as an import would write them."""
    names = _strings(value, where, "dotted names")
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            raise SettingsError(f"{where}: {name!r} is no dotted name; write package.module.function")
    return names


def _codes(value: object, where: str) -> tuple[str, ...]:
    """Whether there is such a rule, the checker says: settings know nothing of it."""
    codes = _strings(value, where, "rule codes")
    for code in codes:
        if not RULE_CODE.fullmatch(code):
            raise SettingsError(f"{where}: {code!r} is no rule code; write it like CW102")
    return codes


_READERS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "threads": ("threads", lambda value, where: _whole(value, where, MOST_THREADS)),
    "max_wait": ("max_wait_s", lambda value, where: _duration(value, where, "seconds", MOST_SECONDS)),
    "stall_threshold": (
        "stall_threshold_ms",
        lambda value, where: _duration(value, where, "milliseconds", MOST_SECONDS * 1000),
    ),
    "events": ("events", lambda value, where: _whole(value, where, MOST_EVENTS)),
    "pins": ("pins", _pins),
    "routes": ("routes", _routes),
    "contain": ("contain", _contain),
    "cooperative": ("cooperative", _names),
    "processes": ("processes", lambda value, where: _whole(value, where, MOST_PROCESSES)),
    "process_memory": ("process_memory_mb", lambda value, where: _whole(value, where, MOST_MEGABYTES)),
    "max_run": ("max_run_s", lambda value, where: _duration(value, where, "seconds", MOST_SECONDS)),
    "cluster": ("cluster", _cluster),
    "cluster_in_flight": ("cluster_in_flight", lambda value, where: _whole(value, where, MOST_EVENTS)),
    "telemetry": ("telemetry", _flag),
    "sinks": ("sinks", _sinks),
    "safe": ("safe", _names),
    "offloaders": ("offloaders", _names),
    "ignore": ("ignore", _codes),
    "exclude": ("exclude", lambda value, where: _strings(value, where, "glob patterns")),
}
"""Key in the file: field of Settings, and what turns the value into that field's."""
