"""Mini-projects, and questions to an engine's call graph by the text of a call."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from clearway.check.engine import CallGraph, Span, Target
from clearway.check.engine.pyrefly import Pyrefly
from clearway.check.project import Project, SourceFile


def project_of(root: Path, sources: Mapping[str, str | bytes], roots: Sequence[str] = (".",)) -> Project:
    """Write the files and give the project of them. `roots` are its source roots, the most specific first."""
    for shown, content in sources.items():
        path = root / shown
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    source_roots = tuple((root / name).absolute() for name in roots)
    return Project(root, source_roots, tuple(source_file(root / shown, root, source_roots) for shown in sources), ())


def source_file(path: Path, root: Path, source_roots: Sequence[Path]) -> SourceFile:
    """The file as the first source root that it is below has it."""
    source_root = next(folder for folder in source_roots if path.is_relative_to(folder))
    parts = path.relative_to(source_root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    return SourceFile(path, path.relative_to(root).as_posix(), module, is_package, source_root)


@dataclass(frozen=True)
class Asked:
    """A project and its call graph."""

    project: Project
    graph: CallGraph

    def calls(self, shown: str, text: str) -> set[str]:
        """`file:Class.function` of every function that the call written so may run."""
        return self._labels(self.graph.calls(*self.place(shown, text)))

    def receivers(self, shown: str, text: str) -> set[str | None]:
        """The receivers of the call's targets."""
        return {target.receiver for target in self.graph.calls(*self.place(shown, text))}

    def constructs(self, shown: str, text: str) -> set[str]:
        """The classes that the call written so makes objects of."""
        return set(self.graph.constructs(*self.place(shown, text)))

    def properties(self, shown: str, text: str) -> set[str]:
        """The getters that the attribute access written so may run."""
        return self._labels(self.graph.properties(*self.place(shown, text)))

    def implicit(self, shown: str, text: str) -> set[str]:
        """The methods that the expression written so has called for it."""
        return self._labels(self.graph.implicit(*self.place(shown, text)))

    def place(self, shown: str, text: str) -> tuple[Path, Span]:
        """Where the expression stands: all of the text, or what of it is in «these». The text is there once."""
        path = self.project.root / shown
        content = path.read_bytes()
        before, _, rest = text.partition("«") if "«" in text else ("", "", text)
        inner, _, after = rest.partition("»")
        wanted = (before + inner + after).encode()
        assert content.count(wanted) == 1, f"{wanted!r} stands {content.count(wanted)} times in {shown}"
        start = content.index(wanted) + len(before.encode())
        return path, Span(*_position(content, start), *_position(content, start + len(inner.encode())))

    def _labels(self, targets: Sequence[Target]) -> set[str]:
        return {
            f"{target.path.relative_to(self.project.root).as_posix()}:{qualified_name(target)}" for target in targets
        }


def qualified_name(target: Target) -> str:
    """The function's name with those of the classes and functions around it, by how the file is indented."""
    lines = target.path.read_text(encoding="utf-8").splitlines()
    line = lines[target.line - 1]
    assert f"def {target.name}(" in line, f"{line!r} does not define {target.name}"
    names, indent = [target.name], len(line) - len(line.lstrip())
    for outer in reversed(lines[: target.line - 1]):
        depth = len(outer) - len(outer.lstrip())
        words = outer.replace("(", " ").replace(":", " ").replace("[", " ").split()
        if depth < indent and words and words[0] in ("class", "def", "async"):
            names.append(words[2] if words[0] == "async" else words[1])
            indent = depth
    return ".".join(reversed(names))


def _position(content: bytes, offset: int) -> tuple[int, int]:
    before = content[:offset]
    column = offset - (before.rfind(b"\n") + 1)
    return before.count(b"\n") + 1, column


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., Asked]]:
    """Write a project, run pyrefly on it, and ask."""
    started = []

    def asked(sources: Mapping[str, str | bytes], roots: Sequence[str] = (".",)) -> Asked:
        project = project_of(tmp_path / "project", sources, roots)
        workplace = tmp_path / "workplace"
        workplace.mkdir()
        pending = Pyrefly().start(project, workplace)
        started.append(pending)
        return Asked(project, pending.wait())

    yield asked
    for pending in started:
        pending.cancel()
