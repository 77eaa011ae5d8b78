"""Comments that silence findings: `# clearway: ignore[CW102] reason` and `# clearway: ignore-file[CW102]`.

They are found with a scanner of its own, not with `tokenize`: the code may be newer than this Python.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearway.check import source
from clearway.settings import nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from clearway.check.result import Result
    from clearway.model import Finding

_COMMENT_OR_STRING = re.compile(
    r"""(?P<comment>\#[^\n]*+)"""
    r"""|"{3}(?:[^"\\]++|\\.|"(?!""))*+"{3}"""
    r"""|'{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}"""
    r'''|"(?:[^"\\\n]++|\\.)*+"'''
    r"""|'(?:[^'\\\n]++|\\.)*+'""",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r"#\s*clearway:\s*(?P<word>[\w-]+)\s*(?P<codes>\[[^\]]*\]?)?")
_WORDS = ("ignore", "ignore-file")
_LINE_END = re.compile(r"\r\n?")


@dataclass(eq=False, slots=True)
class Ignore:
    """One such comment."""

    file: str
    line: int
    codes: frozenset[str]
    """Empty for all."""
    whole_file: bool
    used: bool = False

    def covers(self, rule: str) -> bool:
        return not self.codes or rule in self.codes


@dataclass(frozen=True, slots=True)
class Silenced:
    """What the comments of a project leave of its findings."""

    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    warnings: tuple[str, ...]
    """Comments that silence nothing, name no rule, or cannot be read; one line each."""


@dataclass(slots=True)
class _Comments:
    ignores: list[Ignore] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def silence(
    result: Result,
    codes: Collection[str],
    parse: Callable[[Path], source.Source] = source.parse,
    *,
    tell_unused: bool = True,
) -> Silenced:
    """The result's findings without those that a comment silences.

    A comment counts on any line of the statement that holds a hop of the chain, and on the `def` of the root.
    `codes` are the rules that there are. Where only a part of a project is checked, a comment may be for a root of
    another part: then do not `tell_unused`.
    """
    files = {*result.checked, *(link.file for finding in result.findings for link in finding.chain)}
    places = _Places(result, parse)
    warnings: list[str] = []
    for file in sorted(files):
        comments = _read(result.root / file, file, codes)
        warnings += comments.warnings
        if comments.ignores:
            places.add(file, comments.ignores)
    kept: list[Finding] = []
    ignored: list[Finding] = []
    for finding in result.findings:
        (ignored if places.silences(finding) else kept).append(finding)
    if tell_unused:
        warnings += places.unused()
    return Silenced(tuple(kept), tuple(ignored), tuple(warnings))


class _Places:
    """Which comments speak for a line."""

    def __init__(self, result: Result, parse: Callable[[Path], source.Source]) -> None:
        self._result = result
        self._parse = parse
        self._ignores: dict[str, list[Ignore]] = {}
        self._statements: dict[str, Statements] = {}
        self._defs: dict[str, list[tuple[str, int]]] = {}
        for root in result.roots:
            self._defs.setdefault(root.id, []).append((root.file, root.line))

    def add(self, file: str, ignores: list[Ignore]) -> None:
        self._ignores[file] = ignores

    def silences(self, finding: Finding) -> bool:
        # Every comment that would do counts as used, not only the first: all of them stay needed.
        found = False
        for file, line in self._lines(finding):
            for ignore in self._speaking(file, line):
                if ignore.covers(finding.rule):
                    ignore.used = found = True
        return found

    def _lines(self, finding: Finding) -> Iterator[tuple[str, int]]:
        for link in finding.chain:
            yield link.file, link.line
        if finding.root is not None:
            yield from self._defs.get(finding.root, ())

    def _speaking(self, file: str, line: int) -> Iterator[Ignore]:
        ignores = self._ignores.get(file)
        if not ignores:
            return
        if file not in self._statements:
            self._statements[file] = Statements.of(self._result.root / file, self._parse)
        first, last = self._statements[file].around(line)
        for ignore in ignores:
            if ignore.whole_file or first <= ignore.line <= last:
                yield ignore

    def unused(self) -> list[str]:
        return [
            f"{ignore.file}:{ignore.line}: this comment silences nothing: {_written(ignore)}; take it out"
            for ignores in self._ignores.values()
            for ignore in ignores
            if not ignore.used
        ]


def _written(ignore: Ignore) -> str:
    word = "ignore-file" if ignore.whole_file else "ignore"
    return f"{word}[{', '.join(sorted(ignore.codes))}]" if ignore.codes else word


class Statements:
    """The lines that each statement of a file takes; of a compound one its head, decorators included."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [first for first, _ in self._spans]

    @classmethod
    def of(cls, path: Path, parse: Callable[[Path], source.Source]) -> Statements:
        """Those of a file; of one that cannot be parsed, each line is a statement."""
        try:
            tree = parse(path).tree
        except (source.Unreadable, OSError):
            return cls([])
        return cls([_span(node) for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.excepthandler)])

    def around(self, line: int) -> tuple[int, int]:
        """First and last line of the innermost statement that has this line."""
        # The heads of two statements share a line only where one is written behind the other.
        for first, last in reversed(self._spans[: bisect_right(self._starts, line)]):
            if line <= last:
                return first, last
        return line, line


def _span(node: ast.stmt | ast.excepthandler) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    last = node.end_lineno or node.lineno
    if body:
        start = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        inner = min([start.lineno, *(decorator.lineno for decorator in getattr(start, "decorator_list", ()))])
        last = max(node.lineno, min(_head_end(node), inner - 1))
    return first, last


def _head_end(node: ast.stmt | ast.excepthandler) -> int:
    """The last line before the body's: that of the colon, which may stand alone behind several lines."""
    inside = {part for name in ("body", "orelse", "finalbody", "handlers", "cases") for part in getattr(node, name, ())}
    ends = [
        getattr(part, "end_lineno", None) or node.lineno
        for child in ast.iter_child_nodes(node)
        if child not in inside
        for part in (child, *(ast.iter_child_nodes(child) if isinstance(child, ast.arguments | ast.withitem) else ()))
    ]
    last = max([node.lineno, *ends])
    return last if last == node.lineno else last + 1


def _read(path: Path, file: str, codes: Collection[str]) -> _Comments:
    """The comments of one file; none where it cannot be read, which the check itself reports."""
    try:
        data = path.read_bytes()
    except OSError:
        return _Comments()
    if b"clearway:" not in data:  # almost every file: nothing more to do
        return _Comments()
    return scan(data.decode("utf-8", "replace"), file, codes)


def scan(text: str, file: str, codes: Collection[str]) -> _Comments:
    """The comments in a text."""
    text = _LINE_END.sub("\n", text)
    ends = [match.start() for match in re.finditer("\n", text)]
    found = _Comments()
    for match in _COMMENT_OR_STRING.finditer(text):
        comment = match["comment"]
        if comment is None or (directive := _DIRECTIVE.search(comment)) is None:
            continue
        line = bisect_right(ends, match.start()) + 1
        _take(directive, file, line, codes, found)
    return found


def _take(directive: re.Match[str], file: str, line: int, codes: Collection[str], found: _Comments) -> None:
    word, written = directive["word"].lower(), directive["codes"]
    where = f"{file}:{line}"
    if word not in _WORDS:
        if (meant := nearest(word, _WORDS)) is not None:
            found.warnings.append(f"{where}: unknown comment 'clearway: {word}'; did you mean {meant!r}?")
        return
    if written is None:
        found.ignores.append(Ignore(file, line, frozenset(), word == "ignore-file"))
        return
    named = [code.upper() for code in re.split(r"[\s,]+", written.strip("[]")) if code]
    if not written.endswith("]") or not named:
        found.warnings.append(f"{where}: a comment that cannot be read; write it like: clearway: {word}[CW102] reason")
        return
    for code in named:
        if code not in codes:
            found.warnings.append(f"{where}: unknown rule {code!r}{suggest(code, codes)}")
    known = frozenset(code for code in named if code in codes)
    if known:
        found.ignores.append(Ignore(file, line, known, word == "ignore-file"))
