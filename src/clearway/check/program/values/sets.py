"""Sets of values: all that is known, nothing that matters, or more than is looked at."""

from __future__ import annotations

from clearway.check.program.values.kinds import ExternalInstanceV, MoreV, Value, Values


class Complete(frozenset[Value]):
    """All that an argument can stand for, nothing left out: a union with anything else is not complete any more."""

    by_default: bool

    def __new__(cls, values: Values, by_default: bool = False) -> Complete:
        made = super().__new__(cls, values)
        made.by_default = by_default
        return made

    def __eq__(self, other: object) -> bool:
        # Never equal to a set of which that is not known: frames and collections that hold them must not be mixed up.
        return isinstance(other, Complete) and self.by_default is other.by_default and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return super().__hash__()


class Passed(Complete):
    """What `*args` or `**kwargs` has, where all of it is known: how many, or by which names."""


UNKNOWN: Values = frozenset()


OPAQUE: Values = frozenset({ExternalInstanceV("builtins.object")})
"""Known not to matter: text, numbers, what only carries data."""


MOST_VALUES = 16
"""A union of more than this says too much to be of use; it is cut, keeping what was found first, and `MORE`."""


MORE = MoreV()


def bare(values: Values) -> Values:
    """Values without the word that they are all."""
    return frozenset(values) if isinstance(values, Complete) else values
