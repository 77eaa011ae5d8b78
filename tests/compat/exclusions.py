"""The tests that are left out, and the proof that each still has to be."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.compat.sdist import HERE, SuiteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXCLUSIONS = HERE / "exclusions.toml"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One test of a suite that is not part of its count."""

    test: str
    """pytest's id."""
    reason: str
    only_as: str | None = None
    """`root`: excluded for this user only, with and without Clearway."""

    def applies(self, *, plain: bool, is_root: bool) -> bool:
        return is_root if self.only_as == "root" else not plain


def load(suite: str, *, plain: bool, path: Path = EXCLUSIONS) -> list[Exclusion]:
    """The exclusions of a suite that hold for this run."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get(suite, [])
    try:
        exclusions = [Exclusion(**entry) for entry in entries]
    except TypeError as error:
        raise SuiteError(f"{path}: an entry of {suite}: {error}") from None
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [each for each in exclusions if each.applies(plain=plain, is_root=is_root)]


def unknown(exclusions: Iterable[Exclusion], collected: Iterable[str]) -> list[str]:
    """What is wrong with exclusions that name no test of the suite."""
    found = set(collected)
    return [f"exclusion names no test: {each.test}" for each in exclusions if each.test not in found]


def stale(exclusions: Iterable[Exclusion], outcomes: Mapping[str, str]) -> list[str]:
    """What is wrong with exclusions whose test did not fail when it was run on its own."""
    found = ((each.test, outcomes.get(each.test, "did not run")) for each in exclusions)
    failing = ("failed", "error")
    return [f"stale exclusion ({outcome}): {test}" for test, outcome in found if outcome not in failing]
