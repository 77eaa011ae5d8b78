"""The tables of a data file: each key taken by its type, and none left over."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from clearway.check.sinks.returned import DOTTED
from clearway.check.sinks.types import Offload, Schedule, Unless, Wait
from clearway.model import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator


_T = TypeVar("_T")
_REQUIRED: Any = object()


def take(table: dict[str, Any], key: str, kind: type[_T], default: Any = _REQUIRED) -> Any:
    """Remove a key and return its value. What is left in the end was not known."""
    value = table.pop(key, default)
    if value is _REQUIRED:
        raise ValueError(f"no {key!r}")
    if value is not default and type(value) is not kind:
        raise TypeError(f"{key!r} must be a {kind.__name__}, not {value!r}")
    return value


def finish(table: dict[str, Any]) -> None:
    """Refuse what was not taken."""
    if table:
        raise ValueError(f"unknown keys {', '.join(map(repr, table))}")


def dotted(name: object) -> str:
    """The name, if it is a dotted one."""
    if not isinstance(name, str) or not DOTTED.fullmatch(name):
        raise ValueError(f"{name!r} is no dotted name")
    return sys.intern(name)


def names_of(table: dict[str, Any]) -> Iterator[str]:
    """The `names` of an entry, each below each of its `of` where it has them."""
    names = take(table, "names", list)
    of = take(table, "of", list, None)
    if not names or of == []:
        raise ValueError("an entry without names")
    for prefix in of or [""]:
        for name in names:
            yield f"{prefix}.{name}" if prefix else name


def unless(table: dict[str, Any]) -> Unless:
    """An argument with which the call does not block."""
    keyword = take(table, "keyword", str)
    position = take(table, "position", int, None)
    instance = take(table, "instance", str, None)
    if ("value" in table) == (instance is not None):
        raise ValueError(f"unless {keyword!r}: needs a value or an instance, and not both")
    value = table.pop("value", None)
    if value == "None":  # TOML has no null
        value = None
    finish(table)
    return Unless(keyword, position, value, instance)


def wait(table: dict[str, Any] | None) -> Wait | None:
    """The argument that says how long the call waits."""
    if table is None:
        return None
    wait = Wait(take(table, "keyword", str), take(table, "position", int, None))
    finish(table)
    return wait


def offload(table: dict[str, Any]) -> Offload:
    """How a function hands another one to a lane."""
    return Offload(
        position=take(table, "position", int, 0),
        keyword=take(table, "keyword", str, None),
        lane=Lane(take(table, "lane", str, "thread")),
        wraps=take(table, "wraps", bool, False),
    )


def schedule(table: dict[str, Any]) -> Schedule:
    """How a function hands work to the loop."""
    what = take(table, "what", str)
    kind = take(table, "kind", str, "task")
    if what not in ("coroutine", "function", "either") or kind not in ("task", "background_task", "callback"):
        raise ValueError(f"schedule: unknown what {what!r} or kind {kind!r}")
    return Schedule(
        what=what,
        position=take(table, "position", int, 0),
        keyword=take(table, "keyword", str, None),
        many=take(table, "many", bool, False),
        kind=kind,
    )
