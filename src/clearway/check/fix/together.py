"""Fixes applied to several files at once: what goes together is done in all of them, or in none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clearway.check.fix.application import applied

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clearway.model import Fix


@dataclass(frozen=True, slots=True)
class Together:
    """What came of some fixes."""

    texts: dict[str, str]
    """By file, after the fixes: those files that have any."""
    done: frozenset[Fix]
    troubles: dict[str, str]
    """Why a file is left as it is, by file."""


def apply_together(texts: Mapping[str, str], fixes: Iterable[Fix]) -> Together:
    """Apply fixes with all that goes with them. A fix of which one part cannot be done is left out whole.

    `texts` has the files that could be read: a fix that needs another one is left out.
    """
    units = dict.fromkeys(fixes)
    troubles: dict[str, str] = {}
    while True:
        wanted: dict[str, dict[Fix, None]] = defaultdict(dict)
        for fix in units:
            for part in parts_of(fix):
                wanted[part.file][part] = None
        after: dict[str, str] = {}
        done: set[Fix] = set()
        for file, parts in wanted.items():
            if file not in texts:
                continue
            try:
                after[file], made = applied(texts[file], tuple(parts))
            except ValueError as error:
                troubles[file] = str(error)
                continue
            done.update(made)
        left_out = {fix for fix in units if fix.more and not done.issuperset(parts_of(fix))}
        if not left_out:
            return Together(after, frozenset(fix for fix in units if done.issuperset(parts_of(fix))), troubles)
        # What they would have done may have stood in the way of others: these are asked again.
        units = dict.fromkeys(fix for fix in units if fix not in left_out)


def parts_of(fix: Fix) -> tuple[Fix, ...]:
    """The edits of a fix one by one, each without the others, so that fixes that share some agree."""
    return tuple(_alone(part) for part in (fix, *fix.more))


def _alone(fix: Fix) -> Fix:
    return replace(fix, more=(), description="")
