"""What a call hands over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.values import UNKNOWN, Values

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call hands over."""

    positional: tuple[Values, ...] = ()
    keywords: tuple[tuple[str, Values], ...] = ()
    rest: Values = UNKNOWN
    """What `*args` of unknown length holds, after the positional ones."""
    has_rest: bool = False
    complete: bool = False
    """Nothing else is given: parameters without an argument have their default."""

    def at(self, position: int, keyword: str | None = None) -> Values:
        """The argument at this position, or of this name."""
        if keyword is not None:
            for name, values in self.keywords:
                if name == keyword:
                    return values
        if 0 <= position < len(self.positional):
            return self.positional[position]
        return self.rest if position >= 0 else UNKNOWN

    def named(self, keyword: str) -> Values:
        return self.at(-1, keyword)

    def has(self, keyword: str) -> bool:
        return any(name == keyword for name, _ in self.keywords)

    def all(self) -> Iterable[Values]:
        yield from self.positional
        if self.has_rest:
            yield self.rest
        for _, values in self.keywords:
            yield values

    def after(self, count: int) -> Arguments:
        """Without the first ones."""
        return Arguments(self.positional[count:], self.keywords, self.rest, self.has_rest, self.complete)

    def behind(self, first: tuple[Values, ...], keywords: tuple[tuple[str, Values], ...]) -> Arguments:
        """With others before them."""
        merged = dict(keywords) | dict(self.keywords)
        return Arguments((*first, *self.positional), tuple(merged.items()), self.rest, self.has_rest, self.complete)
