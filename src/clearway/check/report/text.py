"""`--format text`: findings for people, each with its chain as a tree and the source lines, and a summary."""

from __future__ import annotations

from itertools import groupby, islice, takewhile
from typing import IO, TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from clearway.check.report.lines import SourceLines, printable
from clearway.check.report.shared import Shared, together
from clearway.check.report.summary import ENDPOINTS, summarise
from clearway.check.report.totals import counted, total_lines
from clearway.model import Lane, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clearway.check.report.selection import Selection
    from clearway.model import Finding, Fix, Link, Root

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.ADVICE: "cyan"}
DEEPEST = 12
"""So far a chain moves to the right; deeper hops stand below each other."""

MOST_ROUTES = 3
_CHANGES = {"def": "make it `def`: ", "await": ""}
"""What the advice to a root begins with; that about an `await` is a sentence of its own."""
AT_ONCE = 200
"""Lines that are printed together: rich takes its time for each time it prints."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would end the process with exit code 1, which means findings


def console_on(stream: IO[str]) -> Console:
    """Colours where the stream is a terminal and `NO_COLOR` is not set."""
    return _Console(file=stream, highlight=False, markup=False, emoji=False)


def render(selection: Selection, console: Console, command: str) -> None:
    """Print the report. `command` is what the user typed, to be continued by the next one."""
    roots = {root.id: root for root in selection.result.roots}
    tree = _Tree(SourceLines(selection.result.root), "└─ " if console.encoding.startswith("utf") else "`- ")
    lines = _report(selection, roots, tree, command)
    if not console.is_terminal:  # no line is broken or cut for a file
        console.file.writelines(f"{line.plain}\n" for line in lines)
        return
    width = console.width
    while some := list(islice(lines, AT_ONCE)):
        for line in some:
            if _is_code(line):
                line.truncate(width, overflow="ellipsis")
        console.print(Text("\n").join(some))


def _is_code(line: Text) -> bool:
    """Source lines and chains are cut at the edge of a terminal; sentences are wrapped."""
    return line.plain.startswith("      ")


def _report(selection: Selection, roots: Mapping[str, Root], tree: _Tree, command: str) -> Iterator[Text]:
    shared = Shared(selection.shown)
    for file, in_file in groupby(shared.told, key=lambda finding: finding.file):
        yield Text(printable(file), "bold underline")
        for root_id, of_root in groupby(in_file, key=lambda finding: finding.root):
            if root_id is not None:
                yield _root_line(root_id, roots.get(root_id))
            above: tuple[Link, ...] = ()
            told: set[Fix] = set()
            said: set[str] = set()
            unfixed = False
            for finding, *beside in together(of_root):
                yield from _finding(finding, tree, above, said)
                if beside:
                    yield _beside(finding, beside)
                if others := shared.of(finding):
                    yield _others(others, roots)
                above = finding.chain
                for one in (finding, *beside):
                    unfixed = unfixed or one.fix is None
                    if one.fix is not None and one.fix not in told:  # one edit may fix several
                        told.add(one.fix)
                        yield Text("    ").append("fix", "green").append(f"  {printable(one.fix.description)} (--fix)")
            if root_id is not None and root_id in roots and unfixed:
                yield from _advice(roots[root_id])
            yield Text("")
    yield from total_lines(selection, summarise(selection), command, shared.places)


def _root_line(root_id: str, root: Root | None) -> Text:
    """An endpoint is known by its routes, everything else by its name."""
    line = Text("  ")
    if root is None:
        return line.append(printable(root_id), "bold")
    routes = ", ".join(root.routes[:MOST_ROUTES])
    if len(root.routes) > MOST_ROUTES:
        routes += f" and {len(root.routes) - MOST_ROUTES} more"
    place = "on the loop" if root.runs_on is Lane.LOOP else f"in a {root.runs_on}"
    kind = f"{root.kind.replace('_', ' ')} {'async def' if root.is_async else 'def'}"
    if root.kind in ENDPOINTS and routes:
        line.append(printable(routes), "bold")
        return line.append(printable(f"  {kind} {root.function}, line {root.line}, {place}"), "dim")
    line.append(printable(root.function), "bold")
    return line.append(printable(f"  {kind}, line {root.line}, {place}{f', of {routes}' if routes else ''}"), "dim")


def _finding(finding: Finding, tree: _Tree, above: Sequence[Link], said: set[str]) -> Iterator[Text]:
    """What to do stands behind the first sentence; it is said once for a root."""
    head = Text("    ").append(f"{finding.rule} {finding.severity}", COLOURS[finding.severity])
    what, stop, remedy = finding.message.partition(". ")
    yield head.append("  " + printable(f"{what}." if remedy in said else finding.message))
    if stop:
        said.add(remedy)
    yield from tree.lines(finding, above)


def _beside(finding: Finding, beside: Sequence[Finding]) -> Text:
    """What else blocks in the same function, by lines."""
    lines: dict[tuple[str, Severity], set[int]] = {}
    for one in beside:
        lines.setdefault((one.chain[-1].calls, one.severity), set()).add(one.chain[-1].line)
    named = [
        f"{calls} in line{'' if len(at) == 1 else 's'} {', '.join(map(str, sorted(at)))}"
        + ("" if severity is finding.severity else f" ({severity})")
        for (calls, severity), at in sorted(lines.items(), key=lambda item: min(item[1]))
    ]
    return Text("    ").append("there too", "bold").append(f"  {printable('; '.join(named))}")


def _others(findings: Sequence[Finding], roots: Mapping[str, Root]) -> Text:
    """`reached by 46 endpoints and 2 others`, of a place that is told of once."""
    reaching = {finding.root: roots.get(finding.root or "") for finding in findings}
    endpoints = sum(root is not None and root.kind in ENDPOINTS for root in reaching.values())
    others = len(reaching) - endpoints
    told = [counted(endpoints, "endpoint")] if endpoints else []
    told += [counted(others, "other root")] if others else []
    graves = sorted({finding.severity for finding in findings}, key=lambda severity: severity.rank)
    levels = "" if len(graves) < 2 else f", as {' or '.join(graves)}"
    return Text("    ").append("reached by ", "bold").append(f"{' and '.join(told)}{levels}; told of once", "bold")


def _advice(root: Root) -> Iterator[Text]:
    if root.advice is None or root.advice.change == "none":
        return
    change = _CHANGES.get(root.advice.change, f"{root.advice.change}: ")
    yield Text("    ").append("do", "green").append(f"   {printable(change + root.advice.why)}")


class _Tree:
    """Draws chains: a branch for each hop, with the line itself, and the sink as the last leaf."""

    def __init__(self, source: SourceLines, branch: str) -> None:
        self._source = source
        self._branch = branch

    def lines(self, finding: Finding, above: Sequence[Link] = ()) -> Iterator[Text]:
        """`above` is the chain drawn before it: of the hops that both begin with, only the last is repeated."""
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(above, finding.chain, strict=False)))
        for depth, link in enumerate(finding.chain):
            if depth < shared - 1:
                continue
            hop = self._start(depth).append(printable(f"{link.file}:{link.line}"), "blue")
            hop.append(printable(f"  {link.function.rpartition(':')[2]}"), "dim")
            if depth == shared - 1 and depth:
                yield hop.append(", as above", "dim")
                continue
            yield hop
            if code := self._source.line(link.file, link.line):
                yield Text(_indent(depth + 1) + code)
        leaf = self._start(len(finding.chain))
        if finding.sink is not None:
            leaf.append(printable(finding.sink.name), COLOURS[finding.severity]).append(f"  {finding.sink.kind}", "dim")
        else:
            leaf.append(printable(finding.chain[-1].calls), COLOURS[finding.severity])
        yield leaf

    def _start(self, depth: int) -> Text:
        return Text(_indent(depth) + (self._branch if depth else ""))


def _indent(depth: int) -> str:
    return "      " + "   " * max(0, min(depth, DEEPEST) - 1)
