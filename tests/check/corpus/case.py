"""How a case is written, and read.

    # What the shape is, in a sentence.
    #: file app/main.py                       a new module starts on the next line; without it all is `main.py`
    @app.get("/users/{id}")
    async def user(id: int):                  #: endpoint GET /users/{id} blocks requests.get
        return load(id)                       #! CW102 error

`#:` at the end of a `def` line says what is expected of that root; every root needs one.

    #: [KIND] [METHOD /path[, METHOD /path]] VERDICT [SINK[=LEVEL] …] [by NAME …] [on loop|thread]

VERDICT is `clean`, `blocks` or `unknown`, or several with `|` where more than one is right. After `blocks` come the
sinks as a user writes them; exactly these are expected (with `…` after them others may be found too, with none named
any is right). `by` names what `blocked_by` holds.
`#:?` is for a root that need not be listed. Kind, routes and the rest are compared only where they are written.

`#!` at the end of a line says which findings stand there: `#! CW201`, `#! CW102 error requests.get`, several with `;`.
At the line of a `def` it means that they stand anywhere in this function. `#!?` is for one that need not be made.
Findings of level `advice` are compared only for rules that the case names in a `#!` or a `#: silent` line.

Lines that start with `#:` are about the case:

    #: file PATH              the next section; lines of files that are not Python start with `#| `. `{python}` in it
                              becomes `python3.11`, as it is in the path of an environment
    #: arguments --all        further arguments
    #: silent CW302 …         no finding of these rules besides those expected, of any level
    #: allow CW403 …          findings of these rules are beside the point of this case
    #: unresolved [MODULE …]  calls must be counted as unresolved, and these modules named
    #: skipped PATH           this file must be reported as skipped
    #: newer 3.12             the syntax is newer than the oldest host's
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

CASES = Path(__file__).parent / "cases"

KINDS = frozenset(
    {
        "endpoint",
        "websocket",
        "dependency",
        "middleware",
        "exception_handler",
        "lifespan",
        "background_task",
        "task",
        "other",
    }
)
VERDICTS = frozenset({"clean", "blocks", "unknown"})
LEVELS = frozenset({"error", "warning", "advice"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "WS"})

_MARK = re.compile(r"(?:^|\s)#(?P<mark>[:!])(?P<optional>\?)? ")
_RULE = re.compile(r"CW\d{3}")


class CaseError(Exception):
    """A case is not written as it should be."""


@dataclass(frozen=True, slots=True)
class ExpectedSink:
    """A blocking operation; alternatives of its name, any of which will do."""

    names: tuple[str, ...]
    level: str | None = None

    def __str__(self) -> str:
        return "|".join(self.names) + (f"={self.level}" if self.level else "")

    def matches(self, name: str) -> bool:
        """Whether this dotted name is meant: equal, or ending in what is expected."""
        return any(name == expected or name.endswith("." + expected) for expected in self.names)


@dataclass(frozen=True, slots=True)
class ExpectedRoot:
    """What a `#:` comment says."""

    file: str
    line: int
    verdicts: frozenset[str]
    kind: str | None = None
    routes: frozenset[str] = frozenset()
    sinks: tuple[ExpectedSink, ...] = ()
    others: bool = True
    """Whether further sinks may be found."""
    blocked_by: tuple[str, ...] = ()
    runs_on: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """What a `#!` comment says."""

    file: str
    line: int
    rule: str
    level: str | None = None
    sink: ExpectedSink | None = None
    optional: bool = False


@dataclass
class Case:
    """One mini-project and what must be found in it."""

    name: str
    """`group/name`."""
    files: dict[str, str] = field(default_factory=dict)
    """Path to text, expectations cut off, lines where they were."""
    roots: list[ExpectedRoot] = field(default_factory=list)
    findings: list[ExpectedFinding] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    unresolved: list[str] | None = None
    skipped: list[str] = field(default_factory=list)
    newer: tuple[int, int] | None = None

    @property
    def group(self) -> str:
        """The folder it lies in."""
        return self.name.partition("/")[0]

    @property
    def must_alarm(self) -> bool:
        """Whether something of level error or warning is expected."""
        return any("blocks" in root.verdicts and not root.optional for root in self.roots) or any(
            finding.level != "advice" and not finding.optional for finding in self.findings
        )

    @cached_property
    def watched(self) -> set[str]:
        """Rules whose advice is compared too."""
        return self.silent | {finding.rule for finding in self.findings if finding.level in (None, "advice")}

    def lines_of(self, file: str, line: int) -> range:
        """All lines of the function whose `def` stands on this line; of any other line itself."""
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(self.files[file])):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno == line:
                    first = min([line, *(decorator.lineno for decorator in node.decorator_list)])
                    return range(first, (node.end_lineno or line) + 1)
        return range(line, line + 1)

    def write(self, folder: Path) -> None:
        """Put the project into a folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def load(path: Path) -> Case:
    """Read a case. Raises CaseError with the place of the mistake."""
    reader = _Reader(path)
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        try:
            reader.read(line)
        except CaseError as error:
            raise CaseError(f"{path}:{number}: {error}") from None
    return reader.finish()


def all_cases() -> list[Path]:
    """Every case's file, sorted."""
    return sorted(CASES.glob("*/*.py"))


def name_of(path: Path) -> str:
    """`group/name`."""
    return f"{path.parent.name}/{path.stem}"


class _Reader:
    """Splits a case into its sections and takes the expectations out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.case = Case(name_of(path))
        self.file = "main.py"
        self.named = False
        self.lines: list[str] = []

    def read(self, line: str) -> None:
        if line.startswith("#: "):
            self._directive(line[3:].split())
            return
        if not self.file.endswith(".py"):
            if line.strip() and not line.startswith("#|"):
                raise CaseError(f"a line of {self.file} must start with '#| '")
            if line.startswith("#|"):
                self.lines.append(line[2:].removeprefix(" "))
            return
        marks = list(_MARK.finditer(line))
        place = (self.file, len(self.lines) + 1)
        for mark, following in itertools.zip_longest(marks, marks[1:]):
            expectations = line[mark.end() : following.start() if following else None]
            optional = mark["optional"] is not None
            for text in expectations.split(";"):
                if mark["mark"] == ":":
                    self.case.roots.append(parse_root(text.split(), *place, optional=optional))
                else:
                    self.case.findings.append(parse_finding(text.split(), *place, optional=optional))
        if marks:
            line = line[: marks[0].start()].rstrip()
        self.lines.append(line)

    def _directive(self, words: list[str]) -> None:
        case, (word, *rest) = self.case, words
        if word == "file" and len(rest) == 1:
            if self.named or any(line.strip() and not line.startswith("#") for line in self.lines):
                self._close()
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            self.file, self.lines, self.named = rest[0].replace("{python}", version), [], True
            return
        if word == "arguments" and rest:
            case.arguments += rest
        elif word == "silent" and rest:
            case.silent |= set(rest)
        elif word == "allow" and rest:
            case.allowed |= set(rest)
        elif word == "unresolved":
            case.unresolved = rest
        elif word == "skipped" and rest:
            case.skipped += rest
        elif word == "newer" and len(rest) == 1:
            major, _, minor = rest[0].partition(".")
            case.newer = (int(major), int(minor))
        else:
            raise CaseError(f"unknown line about the case: {' '.join(words)}")
        self.lines.append("")

    def _close(self) -> None:
        if self.file in self.case.files:
            raise CaseError(f"{self.file} twice")
        self.case.files[self.file] = "\n".join(self.lines).rstrip("\n") + "\n"

    def finish(self) -> Case:
        self._close()
        if not self.case.roots and not self.case.findings:
            raise CaseError(f"{self.path}: expects nothing")
        return self.case


def parse_root(words: list[str], file: str, line: int, *, optional: bool = False) -> ExpectedRoot:
    """One `#:` expectation. Raises CaseError."""
    kind = words.pop(0) if words and words[0] in KINDS else None
    routes: set[str] = set()
    while len(words) > 1 and words[0] in METHODS:
        routes.add(f"{words[0]} {words[1].rstrip(',')}")
        del words[:2]
    verdicts = frozenset(words.pop(0).split("|")) if words else frozenset[str]()
    if not verdicts or not verdicts <= VERDICTS:
        raise CaseError("a root needs a verdict: clean, blocks or unknown")
    sinks: list[ExpectedSink] = []
    blocked_by: list[str] = []
    runs_on: str | None = None
    others = False
    while words:
        word = words.pop(0)
        if word == "by" and words:
            blocked_by.append(words.pop(0))
        elif word == "…":
            others = True
        elif word == "on" and words and words[0] in ("loop", "thread"):
            runs_on = words.pop(0)
        else:
            sinks.append(_sink(word))
    if (sinks or blocked_by) and "blocks" not in verdicts:
        raise CaseError("only what blocks has sinks")
    return ExpectedRoot(
        file,
        line,
        verdicts,
        kind,
        frozenset(routes),
        tuple(sinks),
        others or not sinks,
        tuple(blocked_by),
        runs_on,
        optional,
    )


def parse_finding(words: list[str], file: str, line: int, *, optional: bool = False) -> ExpectedFinding:
    """One `#!` expectation. Raises CaseError."""
    if not words or not _RULE.fullmatch(words[0]):
        raise CaseError("a finding needs a rule: CW201")
    rule, *rest = words
    level = rest.pop(0) if rest and rest[0] in LEVELS else None
    sink = _sink(rest.pop(0)) if rest else None
    if rest:
        raise CaseError(f"not understood: {' '.join(rest)}")
    return ExpectedFinding(file, line, rule, level, sink, optional)


def _sink(word: str) -> ExpectedSink:
    names, equals, level = word.partition("=")
    if equals and level not in LEVELS:
        raise CaseError(f"{level} is no level")
    return ExpectedSink(tuple(names.split("|")), level or None)
