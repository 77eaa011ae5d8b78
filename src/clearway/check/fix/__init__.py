"""Safe edits: what a finding's fix says, done to the text, with formatting and comments kept."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clearway.check.fix.application import applied, apply
    from clearway.check.fix.diff import unified_diff
    from clearway.check.fix.file import read, write
    from clearway.check.fix.kind import FixKind
    from clearway.check.fix.together import apply_together, parts_of

__all__ = ["FixKind", "applied", "apply", "apply_together", "parts_of", "read", "unified_diff", "write"]

_PLACES = {
    "FixKind": "kind",
    "applied": "application",
    "apply": "application",
    "apply_together": "together",
    "parts_of": "together",
    "read": "file",
    "unified_diff": "diff",
    "write": "file",
}


def __getattr__(name: str) -> Any:
    # Every check names kinds of fixes; only what makes them needs LibCST, which takes long to import.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
