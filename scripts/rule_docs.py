"""Write docs/rules.md: what each rule finds, from the docstrings of the modules in clearway/check/rules.

`python scripts/rule_docs.py` writes the page, `--check` only says whether it is what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.rules import RULES

if TYPE_CHECKING:
    from clearway.check.rules.rule import Rule

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"

HEAD = """\
# Rules

<!-- Written by scripts/rule_docs.py from the docstrings in src/clearway/check/rules; change those. -->

`clearway check --explain CW102` shows one of these in the terminal. A comment `# clearway: ignore[CW102] reason` on the
line of a finding leaves it out, `ignore = ["CW102"]` in `[tool.clearway]` a whole rule.
"""


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE} is not what the rules say; run: python scripts/rule_docs.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The whole page: a table of the rules, then a section each."""
    rows = [f"| [{rule.code}](#{anchor(rule)}) | `{rule.name}` | {rule.summary} |" for rule in RULES.values()]
    table = "\n".join(["| Code | Name | |", "|---|---|---|", *rows]) + "\n"
    return "\n".join([HEAD, table, *(section(rule) for rule in RULES.values())])


def section(rule: Rule) -> str:
    """One rule: its documentation, headings one level down."""
    lines = [f"## {rule.code} {rule.name}", ""]
    in_code = False
    for line in rule.documentation.split("\n"):
        in_code ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not in_code else line)
    return "\n".join(lines) + "\n"


def anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
