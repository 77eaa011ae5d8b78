"""What the engine's answer about a file rests on, as digests: while they stay the same, so does the answer.

What a call in a file runs is decided by the text of the file, by that of all it imports, directly or through others,
and by the classes of the whole project: one in a file that nobody imports may override a method. Of those files not
the text counts but their outline, which a change inside a function leaves as it is.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearway.check.source.syntax import statements, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from clearway.check.project import Project, SourceFile
    from clearway.check.source import Source

_LINE_END = re.compile(r"\r\n|\r|\n")
_WALRUS = re.compile(r"(\w+)\s*:=")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Evidence:
    """The digests of one state of the project."""

    def __init__(self, project: Project, sources: Sequence[Source], unreadable: Mapping[Path, str]) -> None:
        """`sources` are the files that could be read. Of `unreadable` ones the engine may make something all the same:
        their content, or why they have none, counts for everything.
        """
        files = {file.path: file for file in project.files}
        by_name: dict[str, list[int]] = defaultdict(list)
        for number, source in enumerate(sources):
            by_name[files[source.path].module].append(number)
        outlines = [_Outline(source) for source in sources]
        edges = [
            sorted({other for name in outline.imported(files[source.path]) for other in by_name.get(name, ())})
            for source, outline in zip(sources, outlines, strict=True)
        ]
        groups = _groups(edges)
        texts = _with_all_below([source.digest for source in sources], edges, groups)
        self._texts = {source.path: text for source, text in zip(sources, texts, strict=True)}
        self.texts = {source.path: source.digest for source in sources}
        """Of single files."""
        self.complete = not any(
            self._leads_outside(project, files[source.path], outline, by_name)
            for source, outline in zip(sources, outlines, strict=True)
        )
        """Whether every file that the engine comes to by imports is among these."""
        self.world = _digest(
            repr([(str(file.path), file.module, str(file.source_root)) for file in project.files]),
            repr([str(root) for root in project.source_roots]),
            repr([(path, _content(path)) for path in project.stubs]),
            repr([(str(path), reason, _content(str(path))) for path, reason in sorted(unreadable.items())]),
            _classes(outlines, texts, edges, groups),
        )
        """Of what every answer rests on: which files there are, and the classes in them."""

    def of(self, path: Path) -> str | None:
        """Of a file and of all that it imports; None where it is not among the files."""
        return self._texts.get(path)

    def _leads_outside(
        self, project: Project, file: SourceFile, outline: _Outline, known: Mapping[str, list[int]]
    ) -> bool:
        """Whether it imports a file of the project that is not checked: nobody has looked at that one's imports."""
        for name in outline.imported(file):
            if name not in known and project.module_file(name, file.source_root) is not None:
                return True
        return False


@dataclass(slots=True)
class _Outline:
    """What of a file decides about the project's classes, and what it imports."""

    source: Source
    imports: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    """Dots, module, and the names that are taken from it."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    bases: set[str] = field(default_factory=set)
    """The names, as written, of what its classes derive from."""
    computed: set[str] = field(default_factory=set)
    """Names that are assigned to: where one is a class, the text of functions may decide which."""
    has_classes: bool = False

    def __post_init__(self) -> None:
        self.computed.update(_WALRUS.findall(self.source.text))
        for node in statements(self.source.tree):
            if isinstance(node, ast.Import):
                self.imports += [(0, alias.name, ()) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                self.imports.append((node.level, node.module or "", names))
                self.renamed += [(alias.asname, alias.name) for alias in node.names if alias.asname]
            elif isinstance(node, ast.ClassDef):
                self.has_classes = True
                self.bases.update(name for base in node.bases for name in _names(base))
            else:
                for target in _targets(node):
                    self.computed.update(_names(target))

    def imported(self, file: SourceFile) -> set[str]:
        """The absolute names of modules that the file may import, packages around them included."""
        found: set[str] = set()
        for dots, module, names in self.imports:
            absolute = _absolute(file, dots, module)
            found.update(f"{absolute}.{name}" if absolute else name for name in names)
            while absolute:
                found.add(absolute)
                absolute = absolute.rpartition(".")[0]
        return found

    @property
    def shape(self) -> str:
        """The text without what runs in functions."""
        lines = _LINE_END.split(self.source.text)
        # A function outside of classes says nothing of them; one that computes a base has its text counted, see below.
        body = (node for node in self.source.tree.body if not isinstance(node, _FUNCTIONS) or _says_more(node))
        return _digest(*(line for node in body for line in _shape(node, lines)))


def _shape(node: ast.stmt, lines: list[str]) -> Iterator[str]:
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    last = node.end_lineno or node.lineno
    if isinstance(node, ast.ClassDef):
        yield from lines[first - 1 : node.body[0].lineno]
        for inner in node.body:
            yield from _shape(inner, lines)
            if isinstance(inner, _FUNCTIONS):
                # What a method sets on its object is an attribute of the class, which hides a base's method.
                targets = (target for statement in statements(inner) for target in _targets(statement))
                yield from sorted(
                    {part.attr for one in targets for part in walk(one) if isinstance(part, ast.Attribute)}
                )
    elif isinstance(node, _FUNCTIONS) and not _says_more(node):
        body = node.body[0]
        beside = lines[body.lineno - 1].encode("utf-8", "surrogatepass")[: body.col_offset].strip()
        yield from lines[first - 1 : body.lineno if beside else body.lineno - 1]
    else:
        yield from lines[first - 1 : last]


def _says_more(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A body that has classes, or that is none: `...` says that others implement it."""
    body = node.body[-1]
    if isinstance(body, ast.Pass) or (isinstance(body, ast.Expr) and isinstance(body.value, ast.Constant)):
        return True
    return any(isinstance(inner, ast.ClassDef) for inner in statements(node))


def _targets(node: ast.AST) -> Sequence[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        return [node.target]
    if isinstance(node, ast.With | ast.AsyncWith):
        return [item.optional_vars for item in node.items if item.optional_vars is not None]
    return ()


def _names(node: ast.expr) -> Iterator[str]:
    for part in walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _absolute(file: SourceFile, dots: int, module: str) -> str:
    if dots == 0:
        return module
    parts = file.module.split(".")
    parts = parts[: len(parts) - dots + (1 if file.is_package else 0)]
    return ".".join([*parts, module] if module else parts)


def _classes(outlines: list[_Outline], texts: list[str], edges: list[list[int]], groups: list[list[int]]) -> str:
    """A digest of what decides which classes there are, what they derive from, and what methods they have."""
    bases = {name for outline in outlines for name in outline.bases}
    while more := {name for outline in outlines for new, name in outline.renamed if new in bases} - bases:
        bases |= more
    own = [
        outline.shape if bases.isdisjoint(outline.computed) else text
        for outline, text in zip(outlines, texts, strict=True)
    ]
    shapes = _with_all_below(own, edges, groups)
    return _digest(*(shape for outline, shape in zip(outlines, shapes, strict=True) if outline.has_classes))


def _groups(edges: list[list[int]]) -> list[list[int]]:
    """Files that import each other in a circle belong together; each group comes behind those that it imports."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: list[list[int]] = []
    for start in range(len(edges)):
        if start in order:
            continue
        order[start] = low[start] = len(order)
        path.append(start)
        on_path.add(start)
        waiting = [(start, iter(edges[start]))]
        while waiting:
            node, rest = waiting[-1]
            for other in rest:
                if other not in order:
                    order[other] = low[other] = len(order)
                    path.append(other)
                    on_path.add(other)
                    waiting.append((other, iter(edges[other])))
                    break
                if other in on_path:
                    low[node] = min(low[node], order[other])
            else:
                waiting.pop()
                if waiting:
                    low[waiting[-1][0]] = min(low[waiting[-1][0]], low[node])
                if low[node] == order[node]:
                    at = path.index(node)
                    found.append(sorted(path[at:]))
                    on_path.difference_update(path[at:])
                    del path[at:]
    return found


def _with_all_below(own: list[str], edges: list[list[int]], groups: list[list[int]]) -> list[str]:
    """For each file a digest that changes with its own and with that of any file that it leads to."""
    found = [""] * len(own)
    for group in groups:
        below = {found[other] for node in group for other in edges[node] if other not in group}
        digest = _digest(*(own[node] for node in group), "", *sorted(below))
        for node in group:
            found[node] = digest
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (OSError, ValueError):
        return ""
