"""Where one of several functions runs: whether all of them block, so that it blocks whichever is taken."""

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

CACHES = frozenset({"lru_cache", "cache"})


def runs_once(frame: Frame, node: ast.AST) -> bool:
    """What it gives is kept: by a cached function without parameters, or behind `if x is None: x = ...`."""
    code = frame.code
    if not isinstance(code, Function):
        return False
    cached = bool(CACHES & set(code.decorators)) and not code.parameters
    return cached or node in code.made_lazily


def is_seldom(frame: Frame, node: ast.AST) -> bool:
    """It runs once in the life of the process, or only on the way to an error."""
    code = frame.code
    return runs_once(frame, node) or (isinstance(code, Function) and node in code.on_the_way_to_errors)


def is_certain(program: Program, run: Run) -> bool:
    """Whether this runs for certain, or whatever runs in its place blocks as well."""
    if not run.possible:
        return True
    return run.choice is not None and _choices(program).all_block(run.choice)


class _Choices:
    """Decides each choice once."""

    def __init__(self, program: Program) -> None:
        self._steps = program.steps
        self._known: dict[Choice, bool] = {}
        self._frames: dict[Frame, bool] = {}

    def all_block(self, choice: Choice) -> bool:
        """Whether each candidate reaches, for certain and with every call, an operation that can take seconds."""
        known = self._known.get(choice)
        if known is None:
            self._known[choice] = False  # for candidates that come back to the same choice
            known = all(self._any_blocks(effects) for effects in choice.candidates)
            self._known[choice] = known
        return known

    def _any_blocks(self, effects: Iterable[Effect]) -> bool:
        return any(map(_blocks, effects)) or any(
            self._reaches(effect.frame) for effect in effects if isinstance(effect, Run) and self._is_certain(effect)
        )

    def _is_certain(self, run: Run) -> bool:
        return not run.possible or (run.choice is not None and self.all_block(run.choice))

    def _reaches(self, start: Frame) -> bool:
        """Whether a frame reaches such an operation. Where it does not, none of what it runs does."""
        if start in self._frames:
            return self._frames[start]
        waiting = [start]
        seen = {start: None}
        while waiting:
            frame = waiting.pop()
            for step in self._steps(frame):
                if not step.effects or is_seldom(frame, step.node):
                    continue
                if any(map(_blocks, step.effects)):
                    self._frames[start] = True
                    return True
                for effect in step.effects:
                    if not isinstance(effect, Run) or effect.frame in seen or not self._is_certain(effect):
                        continue
                    if self._frames.get(effect.frame):
                        self._frames[start] = True
                        return True
                    seen[effect.frame] = None
                    if effect.frame not in self._frames:
                        waiting.append(effect.frame)
        self._frames.update(dict.fromkeys(seen, False))
        return False


def _blocks(effect: Effect) -> bool:
    return isinstance(effect, Block) and not effect.possible and effect.entry.severity is Severity.ERROR


_KNOWN: WeakKeyDictionary[Program, _Choices] = WeakKeyDictionary()


def _choices(program: Program) -> _Choices:
    if program not in _KNOWN:
        _KNOWN[program] = _Choices(program)
    return _KNOWN[program]
