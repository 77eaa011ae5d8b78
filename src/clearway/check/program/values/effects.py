"""What happens when a piece of code runs, as far as the checker cares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from clearway.check.program.values import Frame, Value, Values
    from clearway.check.sinks import SinkEntry


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Several functions of which one runs: which, is decided elsewhere."""

    candidates: tuple[tuple[Effect, ...], ...]
    """What each of them does."""


@dataclass(frozen=True, slots=True)
class Run:
    """A function's body runs here, before the statement goes on."""

    frame: Frame
    possible: bool = False
    """Found by the method's name alone, or one of several."""
    on_loop: bool = False
    """It runs on the loop whoever asks for it, as the body of a streamed response does."""
    choice: Choice | None = None
    """What it is one of."""


@dataclass(frozen=True, slots=True)
class Block:
    """An operation that blocks the thread it runs on."""

    entry: SinkEntry
    called: str
    """As the code names it, `requests.get`."""
    possible: bool = False


@dataclass(frozen=True, slots=True)
class Offload:
    """A function runs in another thread or process."""

    functions: Values
    frames: tuple[Frame, ...]
    lane: str
    name: str


@dataclass(frozen=True, slots=True)
class Spawn:
    """A function runs on the loop later, or in another task."""

    frames: tuple[Frame, ...]
    kind: Literal["task", "background_task", "callback"]


@dataclass(frozen=True, slots=True)
class Reenter:
    """A loop is run, or waited for, from code that may be on a loop: `asyncio.run(f())`."""

    name: str


@dataclass(frozen=True, slots=True)
class Register:
    """The framework is told of a function."""

    kind: str
    """`route`, `websocket`, `include`, `mount`, `middleware` … : see `roots`."""
    functions: Values
    owner: Value | None
    """The app or router."""
    details: tuple[tuple[str, Values], ...] = ()

    def detail(self, name: str) -> Values:
        for key, values in self.details:
            if key == name:
                return values
        return frozenset()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A call whose target is not known."""

    text: str
    module: str | None = None
    """The imported module that it leads to, where that is known."""
    hides: bool = True
    """It could hide a sink: something of this name blocks, or nothing at all is known of it."""


Effect = Run | Block | Offload | Spawn | Reenter | Register | Unresolved


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call's result and what it does."""

    values: Values
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One expression or statement that does something."""

    node: ast.AST
    effects: tuple[Effect, ...]


def chosen(candidates: Sequence[Sequence[Effect]]) -> list[Effect]:
    """The effects of several candidates of which one is taken: what they run is possible, none of it certain."""
    if len(candidates) < 2:
        return [effect for effects in candidates for effect in effects]
    choice = Choice(tuple(map(tuple, candidates)))
    return [
        replace(effect, possible=True, choice=None if effect.possible and effect.choice is None else choice)
        if isinstance(effect, Run)
        else effect
        for effects in candidates
        for effect in effects
    ]
