"""The rules, a module each. A module's docstring is the rule's documentation."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from clearway.check.rules.rule import Rule, rule_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def _load() -> dict[str, Rule]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name.startswith("cw"))
    rules = [rule_of(importlib.import_module(f"{__name__}.{name}")) for name in names]
    return {rule.code: rule for rule in rules}


RULES: Mapping[str, Rule] = _load()
"""Every rule by its code."""

__all__ = ["RULES", "Rule"]
