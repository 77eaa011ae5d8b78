"""What a fix changes, as a patch."""

from __future__ import annotations

import difflib


def unified_diff(shown_path: str, before: str, after: str) -> str:
    """The change as `git apply` and `patch -p1` take it; empty where nothing changed."""
    if before == after:
        return ""
    old, new = (f"{side}/{shown_path.lstrip('/')}" for side in ("a", "b"))
    lines = difflib.unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines with their ends. A patch knows no other than `\\n`: a form feed or a lone `\\r` ends none."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
