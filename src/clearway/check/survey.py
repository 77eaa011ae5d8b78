"""Every root of a project with what it reaches: what the rules judge."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.program.values.effects import Unresolved
from clearway.check.reach import Hit, Hop, Reach, reach
from clearway.check.roots import collect
from clearway.check.source.syntax import written
from clearway.model import RootKind, Severity, SinkKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.roots import Entry


@dataclass(slots=True)
class Study:
    """One root, and what it reaches."""

    entry: Entry
    reach: Reach

    @property
    def hits(self) -> list[Hit]:
        """What blocks the loop; nothing for a root that runs in a thread."""
        hits = [hit for hit in self.reach.hits if hit.on_loop]
        if self.entry.listens:
            # Its own queries are made through the engine that calls it, and a second engine may be a sync one.
            hits = [replace(hit, possible=True) for hit in hits if hit.entry.kind is not SinkKind.DATABASE]
            return [replace(hit, severity=Severity.WARNING) if hit.severity is Severity.ERROR else hit for hit in hits]
        if not self.entry.starting:
            return hits
        # What runs once, before the first request, delays nobody.
        return [replace(hit, severity=Severity.ADVICE) for hit in hits]

    @property
    def awaits(self) -> bool:
        """Whether the root's own body awaits anything, or is an async generator."""
        function = self.entry.function
        return function.scope.awaits or (function.is_async and function.is_generator)

    @property
    def blocks(self) -> bool:
        return any(hit.severity is not Severity.ADVICE for hit in self.hits)

    @property
    def hides(self) -> bool:
        """Whether a call that could not be resolved may block."""
        return any(unresolved.hides for unresolved, _ in self.reach.unresolved)

    @property
    def verdict(self) -> Verdict:
        """Its own, that of its dependencies not counted."""
        if self.blocks:
            return Verdict.BLOCKS
        return Verdict.UNKNOWN if self.hides else Verdict.CLEAN


@dataclass(eq=False)
class Survey:
    """All roots of one program."""

    program: Program
    studies: list[Study]
    unresolved: list[tuple[ast.AST, Frame]] = field(default_factory=list)
    """Registrations of handlers of which nothing is known."""

    @cached_property
    def _by_function(self) -> dict[Function, list[Study]]:
        found: dict[Function, list[Study]] = {}
        for study in self.studies:
            found.setdefault(study.entry.function, []).append(study)
        return found

    def of(self, function: Function) -> Study | None:
        """The study of a function that is a root, the dependency among several."""
        found = self._by_function.get(function, [])
        return next((study for study in found if study.entry.kind is RootKind.DEPENDENCY), found[0] if found else None)

    def blocking_dependencies(self, study: Study) -> list[Study]:
        """The async dependencies of a root that block."""
        found = [self.of(function) for function in study.entry.dependencies]
        return [other for other in found if other is not None and other.blocks]


def survey(program: Program, *, everything: bool, step: Callable[[int, int], None]) -> Survey:
    """Find the roots and follow each; what they start on the loop become roots too.

    `step(done, total)` is told of the progress.
    """
    roots = collect(program, everything=everything)
    done: dict[tuple[Function, RootKind], Study] = {}
    waiting = dict.fromkeys((entry.function, entry.kind) for entry in roots.entries.values())
    known = set(waiting)
    while waiting:
        key = next(iter(waiting))
        del waiting[key]
        entry = roots.entries[key]
        before = _decorator(program, entry)
        found = reach(program, *entry.frames, on_loop=entry.on_loop, before=before)
        if entry.unknown is not None:
            hop = Hop(program.frames.generic(entry.function), entry.unknown)
            found.unresolved.append((Unresolved(written(entry.unknown)), hop))
        done[key] = Study(entry, found)
        for spawn, _ in found.spawned:
            # One that was looked at already is looked at again, with the new way in which it is entered.
            started = dict.fromkeys((other.function, other.kind) for other in roots.spawned(spawn))
            waiting.update(started)
            known.update(started)
        step(len(done), len(known))
    studies = list(done.values())
    studies.sort(key=lambda study: (study.entry.function.module.shown, study.entry.function.line, study.entry.kind))
    return Survey(program, studies, roots.unresolved)


def _decorator(program: Program, entry: Entry) -> tuple[Hop, ...]:
    """The hop from a decorated function to the wrapper that the framework runs in its place."""
    node = entry.function.node
    if entry.frame.code is entry.function or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ()
    frame = program.frames.generic(entry.function)
    return (Hop(frame, node.decorator_list[-1] if node.decorator_list else node),)
