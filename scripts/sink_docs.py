"""Write docs/sinks.md: what the checker takes for blocking, from the data files.

`python scripts/sink_docs.py` writes the page, `--check` only says whether it is what would be written.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.sinks.reader import DATA, Family, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.sinks.types import SinkEntry, Unless

PAGE = Path(__file__).resolve().parent.parent / "docs" / "sinks.md"

HEAD = """\
# What the checker takes for blocking

<!-- Written by scripts/sink_docs.py from src/clearway/check/sinks/data; change those. -->

An operation is found by its exact name: the function, or the method of the class that the checker has worked out
for the object. A method counts for the classes that inherit it. What an operation is called in a finding stands after
an arrow where it differs. `__iter__` is a `for` over the object, `__enter__` and `__exit__` a `with`, `__getitem__` a
subscript.

- **error**: can take seconds: network, database, sleep, subprocess, waiting for another thread, key derivation and
  other heavy computation.
- **warning**: reads, writes or walks files, packs archives, works on images.
- **advice**: asks the file system about one entry, or computes for as long as a value is large.

A package that a family *speaks for* is known as a whole: what is not listed here does not block, and its code is not
read. Of a package known *in part*, the listed operations are known and the others are looked at like any code: read
where it is installed, counted as unresolved where it is not.

Add your own in `pyproject.toml`:

```toml
[tool.clearway]
safe = ["app.cache.Local.*"]                      # never blocking, with all that lies below
offloaders = ["app.threads.in_thread"]            # runs its first argument elsewhere; also as a decorator

[tool.clearway.sinks]
"legacy_client.Client.*" = { kind = "network" }   # every method of the class
"app.reports.render" = { kind = "cpu", severity = "error", fix = "Call `render_later`." }
```
"""


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE} is not what the data says; run: python scripts/sink_docs.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The whole page."""
    families = sorted((read_file(path) for path in DATA.glob("*.toml")), key=lambda family: family.name.casefold())
    sections = [section(family) for family in families if family.sinks or family.every]
    never = [family for family in families if not family.sinks and not family.every]
    parts = [HEAD, *sections, off_the_loop(families), no_sinks(never)]
    return "\n".join(parts)


def section(family: Family) -> str:
    """One family: its packages, then its operations by severity and kind."""
    lines = [f"## {family.name}", ""]
    if family.note:
        lines += [family.note, ""]
    if family.packages:
        lines.append(f"Speaks for {coded(family.packages)}.")
    if family.partial:
        lines.append(f"Knows parts of {coded(family.partial)}.")
    lines += ["", "| Severity | Kind | Operations | Instead |", "|---|---|---|---|"]
    rows: dict[tuple[int, str, str, str], list[str]] = defaultdict(list)
    for (owner, entry), names in by_owner(family).items():
        key = (entry.severity.rank, entry.severity.value, entry.kind.value, entry.fix)
        rows[key].append(described(owner, names, entry))
    for (_, severity, kind, fix), cells in sorted(rows.items()):
        lines.append(f"| {severity} | {kind} | {'<br>'.join(cells)} | {fix} |")
    lines.append("")
    return "\n".join(lines)


def by_owner(family: Family) -> dict[tuple[str, SinkEntry], list[str]]:
    """The functions of a module, or methods of a class, that have the same entry."""
    found: dict[tuple[str, SinkEntry], list[str]] = defaultdict(list)
    for name, entry in family.sinks.items():
        owner, _, attribute = name.rpartition(".")
        found[owner, entry].append(f"`{attribute}`")
    for owner, every in family.every.items():
        excepted = f" but {coded(sorted(every.excepted))}" if every.excepted else ""
        found[owner, every.entry].append(f"every one{excepted}")
    return found


def described(owner: str, names: list[str], entry: SinkEntry) -> str:
    """`pkg.Class`: `get`, `set` → `pkg.Class.request`, not with `timeout=0`."""
    through = f" → `{entry.name}`" if entry.name else ""
    unless = f", not with {' or '.join(map(condition, entry.unless))}" if entry.unless else ""
    return f"**`{owner}`** {', '.join(names)}{through}{unless}"


def condition(unless: Unless) -> str:
    if unless.instance is not None:
        return f"`{unless.keyword}` a `{unless.instance}`"
    return f"`{unless.keyword}={unless.value!r}`"


def off_the_loop(families: Iterable[Family]) -> str:
    """The functions that hand work elsewhere, and those that have the loop run it."""
    offloads, schedules, reenters = [], [], []
    for family in families:
        offloads += [f"`{name}`" for name in family.offloads]
        schedules += [f"`{name}`" for name in family.schedules]
        reenters += [f"`{name}`" for name in family.reenters]
    return "\n".join(
        [
            "## Where functions are handed to",
            "",
            f"Off the loop: {', '.join(sorted(offloads))}.",
            "",
            f"To the loop, as tasks or callbacks: {', '.join(sorted(schedules))}.",
            "",
            f"Runs a loop to its end, and so never from inside one: {', '.join(sorted(reenters))}.",
            "",
        ]
    )


def no_sinks(families: Iterable[Family]) -> str:
    lines = ["## Known not to block", ""]
    lines += [f"- {family.name}: {coded(family.packages)}" for family in families]
    return "\n".join(lines) + "\n"


def coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.exit(main())
