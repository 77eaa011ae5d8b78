"""The check itself: files to engine, program, roots, reach, rules, result."""

from __future__ import annotations

import contextlib
import gc
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.check.engine.awaited import AwaitedCallGraph
from clearway.check.engine.kept import KeptCallGraph
from clearway.check.engine.pyrefly import Pyrefly
from clearway.check.environment import find_environment, places_of
from clearway.check.fingerprint import fingerprinted
from clearway.check.program.code import Module
from clearway.check.program.program import Program
from clearway.check.project import find_project
from clearway.check.result import Place, Result, Skipped, Unresolved
from clearway.check.rules import RULES
from clearway.check.sinks import Library
from clearway.check.source.syntax import written
from clearway.check.survey import survey
from clearway.check.unknowns import unknowns
from clearway.check.verdicts import root_of
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from clearway.check.cache.store import Store
    from clearway.check.engine import Engine
    from clearway.check.environment import Environment
    from clearway.check.project import Project
    from clearway.check.request import Request
    from clearway.check.result import Looked
    from clearway.check.survey import Survey
    from clearway.model import Finding

    T = TypeVar("T")

STACK_MB = 512
"""Expressions nest as deep as people, and generators of code, write them."""
DEEPEST_RECURSION = 50_000
WORTH_STARTING_EARLY = 40
"""Files. The engine of a larger project works beside us from the start; a smaller one may well do without."""


def check(
    request: Request,
    engine: Engine | None = None,
    looked: Looked | None = None,
    kept: tuple[Store, str] | None = None,
) -> Result:
    """Carry out a check, and tell `looked` what the result rests on. Raises ClearwayError for what cannot be done.

    `kept` is where the engine's answers are kept, and the key of this request there.
    """
    with _few_collections():
        return _with_deep_stack(lambda: _check(request, engine or Pyrefly(), looked, kept))


def _check(
    request: Request, engine: Engine, looked: Looked | None = None, kept: tuple[Store, str] | None = None
) -> Result:
    started = time.perf_counter()
    settings = request.settings
    project = find_project(request.paths, request.src, settings.exclude)
    environment = find_environment(project.root, request.python)
    library = Library.load(settings.sinks, settings.safe, settings.offloaders)
    program = Program(project, environment, library)
    with tempfile.TemporaryDirectory(prefix="clearway-") as workplace:
        graph = AwaitedCallGraph(engine, project, Path(workplace))
        answers = None if kept is None else KeptCallGraph(graph, *kept)
        program.graph = answers or graph
        early = len(project.files) >= WORTH_STARTING_EARLY
        try:
            if early and not (answers and answers.has_answers):
                graph.start()
            _read(program, project, request)
            if answers and not _all_hold(answers, program, project) and early:
                graph.start()
            gc.freeze()  # trees stay to the end: the collector need not look at them again and again
            gc.enable()
            found = survey(
                program, everything=request.all_roots, step=lambda done, total: _tell(request, "roots", done, total)
            )
            findings = _findings(found)
            roots = tuple(root_of(study, found) for study in found.studies)  # asks the engine too: while it is there
            if answers:
                answers.keep()
        finally:
            graph.cancel()
    if looked is not None:
        _look_back(looked, program, project, environment, request)
    skipped = [*project.skipped, *_unreadable(project, program)]
    return Result(
        root=project.root,
        roots=roots,
        findings=findings,
        unresolved=_unresolved(program, found),
        unknown=unknowns(found, roots),
        skipped=tuple(skipped),
        warnings=(*environment.warnings, *_left_out(program)),
        files=len(project.files) - len(program.modules.unreadable),
        checked=tuple(file.shown for file in project.files if file.path not in program.modules.unreadable),
        evidence=_evidence(found),
        seconds=round(time.perf_counter() - started, 3),
    )


def _look_back(looked: Looked, program: Program, project: Project, environment: Environment, request: Request) -> None:
    """What was looked at."""
    files, folders = places_of(environment, project.root, request.python)
    looked.files.update(dict.fromkeys(map(str, files), ""))
    looked.files.update({str(path): digest for path, digest in program.modules.digests.items()})
    looked.folders += [*project.folders, *map(str, folders)]
    # Of a package only some modules were read: a new one beside them would be found in the place of another.
    looked.folders += {str(path.parent) for path in program.modules.digests}


def _read(program: Program, project: Project, request: Request) -> None:
    for done, file in enumerate(project.files):
        program.modules.load(file.path)
        if done % 50 == 0:
            _tell(request, "reading", done, len(project.files))


def _all_hold(answers: KeptCallGraph, program: Program, project: Project) -> bool:
    """Whether the engine said all that was asked of it the last time for these very files."""
    sources = [module.source for module in program.modules.project]
    return answers.compare(project, sources, program.modules.unreadable)


def _tell(request: Request, what: str, done: int, total: int) -> None:
    if request.progress is not None:
        request.progress.step(what, done, total)


def _findings(found: Survey) -> tuple[Finding, ...]:
    findings = [finding for rule in RULES.values() for finding in rule.find(found)]
    findings.sort(key=lambda finding: (finding.file, finding.line, finding.rule, finding.message))
    return fingerprinted(findings)


def _left_out(program: Program) -> list[str]:
    """Decorators that stand before more functions than are looked at: endpoints may be missing."""
    return sorted(
        f"{code.module.shown}:{code.node.lineno}: {code.name} is called in too many ways; endpoints may be missing "
        f"that {count:,} of its calls register or decorate; check fewer files at a time"
        for code, count in program.frames.left_out.items()
        if not isinstance(code, Module) and code.module.is_project
    )


def _unreadable(project: Project, program: Program) -> list[Skipped]:
    shown = {file.path: file.shown for file in project.files}
    return [Skipped(shown[path], reason) for path, reason in program.modules.unreadable.items() if path in shown]


def _unresolved(program: Program, found: Survey) -> Unresolved:
    places: dict[Place, None] = {}
    modules: set[str] = set()
    seen: set[object] = set()
    total = 0
    for study in found.studies:
        for frame, count in study.reach.counted.items():
            if frame not in seen:
                seen.add(frame)
                total += count
        for unresolved, hop in study.reach.unresolved:
            if hop.frame.module.is_project:
                places[Place(hop.frame.module.shown, hop.line, unresolved.text)] = None
                if unresolved.module is not None and unresolved.module in program.modules.unknown:
                    modules.add(unresolved.module)
    for node, frame in found.unresolved:
        places[Place(frame.module.shown, getattr(node, "lineno", 1), written(node))] = None
    total += len(found.unresolved)
    return Unresolved(len(places), max(total, len(places)), tuple(sorted(modules)), tuple(places))


def _evidence(found: Survey) -> dict[str, tuple[str, ...]]:
    evidence: dict[str, set[str]] = {}
    for study in found.studies:
        files = {module.shown for module in study.reach.modules if module.is_project}
        evidence.setdefault(study.entry.id, set()).update(files)
    return {name: tuple(sorted(files)) for name, files in evidence.items()}


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Reading makes millions of objects, none of them garbage: the collector waits until that is done."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        (gc.enable if enabled else gc.disable)()


def _with_deep_stack(work: Callable[[], T]) -> T:
    """Run in a thread whose stack bears deep recursion; what it raises is raised here."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # raised again below, in the caller's thread
            failure.append(error)

    limit = sys.getrecursionlimit()
    size = threading.stack_size(STACK_MB * 1024 * 1024)
    try:
        sys.setrecursionlimit(max(limit, DEEPEST_RECURSION))
        thread = threading.Thread(target=run, name="clearway-check", daemon=True)
        thread.start()
    except (RuntimeError, MemoryError) as error:
        raise ClearwayError(f"no thread for the check could be started: {error}; free some memory") from error
    finally:
        threading.stack_size(size)
    try:
        while thread.is_alive():
            # With a timeout, so that Ctrl-C is answered.
            thread.join(0.2)
    finally:
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]
