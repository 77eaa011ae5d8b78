"""An engine's answer that is waited for when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clearway.check.engine import CallGraph, Engine, PendingCallGraph, Span, Target
    from clearway.check.project import Project


class AwaitedCallGraph:
    """A call graph whose engine is started early, or when the first question is asked."""

    def __init__(self, engine: Engine, project: Project, workplace: Path) -> None:
        self._engine = engine
        self._project = project
        self._workplace = workplace
        self._pending: PendingCallGraph | None = None
        self._graph: CallGraph | None = None

    def start(self) -> None:
        """Have the engine work beside us. Raises EngineError."""
        if self._pending is None:
            self._pending = self._engine.start(self._project, self._workplace)

    def cancel(self) -> None:
        """End the engine, whether it was needed or not."""
        if self._pending is not None:
            self._pending.cancel()

    def _answer(self) -> CallGraph:
        if self._graph is None:
            self.start()
            assert self._pending is not None
            self._graph = self._pending.wait()
        return self._graph

    @property
    def unanswered(self) -> Sequence[Path]:
        """See CallGraph; nothing before the first question."""
        return () if self._graph is None else self._graph.unanswered

    def calls(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph. Raises EngineError when the engine failed."""
        return self._answer().calls(path, span)

    def constructs(self, path: Path, span: Span) -> Sequence[str]:
        """See CallGraph. Raises EngineError when the engine failed."""
        return self._answer().constructs(path, span)

    def properties(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph. Raises EngineError when the engine failed."""
        return self._answer().properties(path, span)

    def implicit(self, path: Path, span: Span) -> Sequence[Target]:
        """See CallGraph. Raises EngineError when the engine failed."""
        return self._answer().implicit(path, span)
