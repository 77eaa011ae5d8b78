"""A fact: all that an expression can stand for; and those that hold wherever services run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.values import ConstantV, DictV, ExternalInstanceV, ListV, Values

if TYPE_CHECKING:
    from collections.abc import Iterable


MOST_FACTS = 8
LONGEST_TEXT = 60
TEXT: Values = frozenset({ExternalInstanceV("builtins.str")})
BOTH: Values = frozenset({ConstantV(True), ConstantV(False)})
NONE: Values = frozenset({ConstantV(None)})
HOST: dict[str, str] = {"sys.platform": "linux", "os.name": "posix", "os.sep": "/"}
"""Services run on Linux."""


@dataclass(frozen=True, slots=True)
class Fact:
    """All that an expression can stand for."""

    values: Values
    by_default: bool = False
    """So it is as the service comes; a variable of the environment may say otherwise. What runs only then is told of
    as a warning, not as an error: it is right for those who configure it so, and cannot be known from the code."""


def union(facts: Iterable[Fact | None]) -> Fact | None:
    """One of these: open as soon as one of them is."""
    values: Values = frozenset()
    by_default = False
    for fact in facts:
        if fact is None:
            return None
        values |= fact.values
        by_default = by_default or fact.by_default
    return Fact(values, by_default) if 0 < len(values) <= MOST_FACTS else None


def of_host(name: str) -> Fact | None:
    """What is certain of the machine: `sys.platform`."""
    said = HOST.get(name)
    return None if said is None else Fact(frozenset({ConstantV(said)}))


def display(node: ast.expr) -> Fact:
    """A list or dictionary that is written down: that it is one, not what it holds."""
    if isinstance(node, ast.Dict | ast.DictComp):
        return Fact(frozenset({DictV(())}))
    return Fact(frozenset({ListV(frozenset())}))
