"""Safe edits: what a finding's fix says, done to the text, with formatting and comments kept."""

from __future__ import annotations

from clearway.check.fix.application import applied, apply
from clearway.check.fix.diff import unified_diff
from clearway.check.fix.file import read, write
from clearway.check.fix.kind import FixKind
from clearway.check.fix.together import apply_together, parts_of

__all__ = ["FixKind", "applied", "apply", "apply_together", "parts_of", "read", "unified_diff", "write"]
