"""Whether a call waits, and how long, by what it is given: flags of the system, timeouts, `blocking=False`."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.check.program.values import Complete, ConstantV, ExternalInstanceV
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.values import Frame, Value
    from clearway.check.program.values.arguments import Arguments
    from clearway.check.sinks import SinkEntry, Unless

    Assigned = Callable[[str, Frame], tuple[ast.expr, Frame] | None]

NOT_WAITING = frozenset({"LOCK_NB", "LOCK_UN", "MSG_DONTWAIT", "WNOHANG"})
"""Constants of the operating system with which a call returns at once."""
SHORT_S = 0.005
"""What waits less than this at most delays others as much as the way to a thread would."""
STALL_S = 0.020
"""From this on the loop is said to have stalled."""
MOST_STEPS = 5


def shortened(entry: SinkEntry, arguments: Arguments) -> SinkEntry:
    """The entry, less grave where a constant says that the call is over before long."""
    if entry.wait is None or entry.severity is not Severity.ERROR:
        return entry
    position = -1 if entry.wait.position is None else entry.wait.position
    values = arguments.at(position, entry.wait.keyword)
    if not values or not isinstance(values, Complete):
        return entry
    seconds = [_seconds(value) for value in values]
    known = [one for one in seconds if one is not None]
    if len(known) < len(seconds) or max(known) >= STALL_S:
        return entry
    return replace(entry, severity=Severity.ADVICE if max(known) < SHORT_S else Severity.WARNING)


def is_excused(unless: Unless, arguments: Arguments) -> bool:
    """Whether the call does not wait, whichever of the values the argument has."""
    values = arguments.at(-1 if unless.position is None else unless.position, unless.keyword)
    return bool(values) and all(_is_meant(unless, value) for value in values)


def says_not_to(flags: ast.expr, frame: Frame, assigned: Assigned, steps: int = 0) -> bool:
    """Whether flags have one that says not to wait, by whatever way they are put together."""
    match flags:
        case ast.Attribute(attr=name) if name in NOT_WAITING:
            return True
        case ast.Name(id=name) if name in NOT_WAITING:
            return True
        case ast.Name(id=name) if steps < MOST_STEPS:
            found = assigned(name, frame)
            return found is not None and says_not_to(*found, assigned, steps + 1)
        case ast.BinOp(op=ast.BitOr()):
            return any(says_not_to(part, frame, assigned, steps + 1) for part in (flags.left, flags.right))
        case ast.IfExp():
            return all(says_not_to(part, frame, assigned, steps + 1) for part in (flags.body, flags.orelse))
        case _:
            return False


def _seconds(value: Value) -> float | None:
    if not isinstance(value, ConstantV) or isinstance(value.value, bool) or not isinstance(value.value, int | float):
        return None
    return value.value


def _is_meant(unless: Unless, value: Value) -> bool:
    """Whether a value is the one with which a call does not wait."""
    if unless.instance is not None:
        return isinstance(value, ExternalInstanceV) and value.name == unless.instance
    if not isinstance(value, ConstantV):
        return False
    # To Python 0 and False are equal.
    return value.value == unless.value and isinstance(value.value, bool) == isinstance(unless.value, bool)
