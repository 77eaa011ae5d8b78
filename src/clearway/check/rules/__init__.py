"""The rules, a module each. A module's docstring is the rule's documentation."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.rules.rule import Rule


class _Rules(Mapping[str, "Rule"]):
    """Knows the codes at once, and imports a rule, with all that it needs, when it is asked for."""

    def __init__(self) -> None:
        names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name.startswith("cw"))
        self._modules = {name.partition("_")[0].upper(): f"{__name__}.{name}" for name in names}
        self._rules: dict[str, Rule] = {}

    def __getitem__(self, code: str) -> Rule:
        if code not in self._rules:
            from clearway.check.rules.rule import rule_of

            self._rules[code] = rule_of(importlib.import_module(self._modules[code]))
        return self._rules[code]

    def __contains__(self, code: object) -> bool:
        return code in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


RULES: Mapping[str, Rule] = _Rules()
"""Every rule by its code."""
