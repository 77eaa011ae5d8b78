"""Where one of several functions runs: what is certain of all of them, so that it blocks whichever is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from clearway.check.program.code import Function
from clearway.check.program.values.effects import Block, Run
from clearway.model import Severity

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.program.values.effects import Choice, Effect


def is_seldom(program: Program, frame: Frame, node: ast.AST) -> bool:
    """It runs once in the life of the process, or only on the way to an error."""
    code = frame.code
    return program.once.runs(frame, node) or (isinstance(code, Function) and node in code.on_the_way_to_errors)


def certain(program: Program, run: Run) -> Severity | None:
    """The gravest that is certain of what this runs: all of it, or of one of several functions that may run here, what
    the least grave of them blocks with; None where it may block with nothing.
    """
    if not run.possible:
        return Severity.ERROR
    return None if run.choice is None else _choices(program).least(run.choice)


class _Choices:
    """Decides each choice once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._steps = program.steps
        self._known: dict[Choice, Severity | None] = {}
        self._frames: dict[Frame, Severity | None] = {}

    def least(self, choice: Choice) -> Severity | None:
        """What the least grave of the candidates blocks with for certain, with every call; advice is nothing."""
        if choice not in self._known:
            self._known[choice] = None  # for candidates that come back to the same choice
            found: Severity | None = Severity.ERROR
            for effects in choice.candidates:
                found = _milder(found, self._of(effects))
                if found is None:
                    break
            self._known[choice] = found
        return self._known[choice]

    def _of(self, effects: Iterable[Effect]) -> Severity | None:
        """The gravest that these effects come to."""
        found: Severity | None = None
        for effect in effects:
            if isinstance(effect, Block):
                found = _graver(found, _blocks(effect))
            elif isinstance(effect, Run) and (most := self._certain(effect)) is not None:
                found = _graver(found, _milder(most, self._reached(effect.frame)))
        return found

    def _certain(self, run: Run) -> Severity | None:
        if not run.possible:
            return Severity.ERROR
        return None if run.choice is None else self.least(run.choice)

    def _reached(self, start: Frame) -> Severity | None:
        """The gravest that a frame comes to. Where it comes to nothing, none of what it runs does."""
        if start in self._frames:
            return self._frames[start]
        best: Severity | None = None
        first = (start, Severity.ERROR)
        waiting = [first]
        seen = {first}
        while waiting and best is not Severity.ERROR:
            frame, most = waiting.pop()
            for step in self._steps(frame):
                if not step.effects:
                    continue
                here = Severity.WARNING if is_seldom(self._program, frame, step.node) else most
                for effect in step.effects:
                    if isinstance(effect, Block) and (
                        frame.module.is_project or effect.entry.severity is Severity.ERROR
                    ):
                        best = _graver(best, _milder(here, _blocks(effect)))
                    elif isinstance(effect, Run) and (inner := _milder(here, self._certain(effect))) is not None:
                        way = (effect.frame, inner)
                        if effect.frame in self._frames:
                            best = _graver(best, _milder(inner, self._frames[effect.frame]))
                        elif way not in seen:
                            seen.add(way)
                            waiting.append(way)
        if best is None:
            self._frames.update((frame, None) for frame, _ in seen)
        self._frames[start] = best
        return best


def _blocks(effect: Block) -> Severity | None:
    severity = effect.entry.severity
    return None if effect.possible or severity is Severity.ADVICE else severity


def _milder(one: Severity | None, other: Severity | None) -> Severity | None:
    return None if one is None or other is None else max(one, other, key=_rank)


def _graver(one: Severity | None, other: Severity | None) -> Severity | None:
    return other if one is None else one if other is None else min(one, other, key=_rank)


def _rank(severity: Severity) -> int:
    return severity.rank


_KNOWN: WeakKeyDictionary[Program, _Choices] = WeakKeyDictionary()


def _choices(program: Program) -> _Choices:
    if program not in _KNOWN:
        _KNOWN[program] = _Choices(program)
    return _KNOWN[program]
