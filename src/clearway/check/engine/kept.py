"""The engine's answers of earlier checks, as far as they still hold: where they suffice, the engine is not started."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearway.check.cache.store import CacheError
from clearway.check.engine import Target
from clearway.check.engine.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clearway.check.cache.store import Store
    from clearway.check.engine import Span
    from clearway.check.engine.awaited import AwaitedCallGraph
    from clearway.check.project import Project
    from clearway.check.source import Source


class _KeptTarget(msgspec.Struct, array_like=True, frozen=True):
    path: str
    line: int
    name: str
    receiver: str | None


class _KeptFile(msgspec.Struct, array_like=True, frozen=True):
    evidence: str
    """Of the file and of all that it imports."""
    calls: dict[str, tuple[_KeptTarget, ...]]
    """By the place of the call."""


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    world: str
    files: dict[str, _KeptFile]
    """Those in which something was asked."""
    targets: dict[str, str]
    """The files that the answers point into, with the digests of their texts: a line is one of that text."""


class KeptCallGraph:
    """A call graph that answers what was asked before from what was said then."""

    def __init__(self, graph: AwaitedCallGraph, store: Store, key: str) -> None:
        """`key` tells this request, and this Clearway, from others."""
        self._graph = graph
        self._store = store
        self._name = f"calls-{key}.json"
        self._kept = self._read()
        self._evidence: Evidence | None = None
        self._valid: dict[str, dict[str, tuple[_KeptTarget, ...]]] = {}
        self._asked: dict[str, dict[str, tuple[_KeptTarget, ...]]] = {}
        self._is_new = False

    @property
    def has_answers(self) -> bool:
        """Whether there is anything from an earlier check."""
        return self._kept is not None

    def compare(self, project: Project, sources: Sequence[Source], unreadable: Mapping[Path, str]) -> bool:
        """Keep what still holds; whether that is all that was asked the last time."""
        evidence = Evidence(project, sources, unreadable)
        if not evidence.complete:
            return False
        self._evidence = evidence
        kept = self._kept
        if kept is None or kept.world != evidence.world:
            return False
        texts = {str(path): digest for path, digest in evidence.texts.items()}
        steady = {path for path, digest in kept.targets.items() if texts.get(path) == digest}
        for name, file in kept.files.items():
            if file.evidence == evidence.of(Path(name)):
                self._valid[name] = {
                    place: targets
                    for place, targets in file.calls.items()
                    if all(target.path in steady for target in targets)
                }
        return all(len(self._valid.get(name, ())) == len(file.calls) for name, file in kept.files.items())

    def calls(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph. Raises EngineError when the engine is needed and failed."""
        name, place = str(path), f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
        kept = self._valid.get(name, {}).get(place)
        if kept is None:
            self._is_new = True
            found = self._graph.calls(path, span)
            kept = tuple(_KeptTarget(str(one.path), one.line, one.name, one.receiver) for one in found)
        else:
            found = [Target(Path(one.path), one.line, one.name, one.receiver) for one in kept]
        self._asked.setdefault(name, {})[place] = kept
        return found

    def constructs(self, path: Path, span: Span) -> Sequence[str]:
        """See CallGraph; nobody asks for it often enough to keep it."""
        return self._graph.constructs(path, span)

    def properties(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph; nobody asks for it often enough to keep it."""
        return self._graph.properties(path, span)

    def implicit(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph; nobody asks for it often enough to keep it."""
        return self._graph.implicit(path, span)

    @property
    def unanswered(self) -> Sequence[Path]:
        """See CallGraph; nothing where the engine was not needed."""
        return self._graph.unanswered

    def keep(self) -> None:
        """Write down what was said, for the next check."""
        evidence = self._evidence
        if evidence is None or not (self._is_new or self._has_moved(evidence)):
            return
        files = {
            name: _KeptFile(digest, calls)
            for name, calls in self._asked.items()
            if (digest := evidence.of(Path(name))) is not None
        }
        pointed = {target.path for calls in self._asked.values() for targets in calls.values() for target in targets}
        targets = {str(path): digest for path, digest in evidence.texts.items() if str(path) in pointed}
        with contextlib.suppress(CacheError, UnicodeEncodeError):  # the result's entry, written next, warns of it
            self._store.write(self._name, msgspec.json.encode(_Kept(evidence.world, files, targets)))

    def _has_moved(self, evidence: Evidence) -> bool:
        """Whether answers that held stand beside others that nobody asked for any more, or under another digest."""
        kept = self._kept
        return kept is None or kept.world != evidence.world or self._asked.keys() != kept.files.keys()

    def _read(self) -> _Kept | None:
        data = self._store.read(self._name)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=_Kept)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # written half, or by somebody else
            return None
