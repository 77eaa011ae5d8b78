"""Which operations a root reaches where it runs, and by which calls."""

from __future__ import annotations

import ast
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clearway.check.choices import certain, is_seldom
from clearway.check.program.code import Class, Function, Module
from clearway.check.program.values.effects import Block, Offload, Reenter, Run, Spawn, Unresolved
from clearway.model import Link, Severity, SinkKind

if TYPE_CHECKING:
    from clearway.check.program.program import Program
    from clearway.check.program.values import Code, Frame
    from clearway.check.sinks import SinkEntry

OPENINGS = frozenset({"builtins.open", "open", "io.open", "pathlib.Path.open"})
ROLLBACKS = frozenset({"sqlalchemy.orm.Session.rollback", "sqlalchemy.orm.scoped_session.rollback"})
DEEPEST = 2_000
"""Chains longer than this are not followed, and counted as unresolved."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A call on the way: the code that makes it, and where."""

    frame: Frame
    node: ast.AST
    certain: Severity | None = Severity.ERROR
    """The gravest that it can lead to for certain; None where it is only possible."""

    @property
    def possible(self) -> bool:
        """Found by a method's name alone, or one of several of which others do not block."""
        return self.certain is None

    @property
    def line(self) -> int:
        node = self.node.iter if isinstance(self.node, ast.comprehension) else self.node
        return getattr(node, "lineno", 1)


@dataclass(frozen=True, slots=True)
class Hit:
    """A blocking operation that is reached, with the hops that lead there, outermost first."""

    entry: SinkEntry
    called: str
    hops: tuple[Hop, ...]
    severity: Severity
    possible: bool
    """Some hop was found by a method's name alone."""
    on_loop: bool
    """False for what a root that runs in a thread reaches there."""

    @property
    def last(self) -> Hop:
        return self.hops[-1]

    def links(self) -> tuple[Link, ...]:
        """The hops as a finding's chain."""
        found: list[Link] = []
        for index, hop in enumerate(self.hops):
            following = self.hops[index + 1].frame.code if index + 1 < len(self.hops) else None
            calls = self.called if following is None else code_id(following)
            found.append(Link(code_id(hop.frame.code), hop.frame.module.shown, hop.line, calls))
        return tuple(found)


@dataclass(slots=True)
class Reach:
    """All that one root reaches."""

    hits: list[Hit] = field(default_factory=list)
    reentries: list[tuple[Reenter, tuple[Hop, ...]]] = field(default_factory=list)
    spawned: list[tuple[Spawn, Hop]] = field(default_factory=list)
    offloaded: list[tuple[Offload, Hop]] = field(default_factory=list)
    unresolved: list[tuple[Unresolved, Hop]] = field(default_factory=list)
    counted: dict[Frame, int] = field(default_factory=dict)
    """How many calls each function that it runs makes."""
    modules: set[Module] = field(default_factory=set)
    """The files that the answer rests on."""

    @property
    def calls(self) -> int:
        """How many calls were looked at."""
        return sum(self.counted.values())


def reach(program: Program, *roots: Frame, on_loop: bool = True, before: tuple[Hop, ...] = ()) -> Reach:
    """Follow everything that runs when the root's function does, nearest first, each function once a frame.

    `roots` are the ways in which it is entered. `before` are hops that lead to its frames: a decorator's.
    """
    found = Reach()
    own = before[0].frame.code if before else roots[0].code
    waiting: deque[tuple[Frame, tuple[Hop, ...], bool]] = deque((root, before, on_loop) for root in roots)
    # What is only possible is followed last: a function that is reached for certain, too, is told of as certain.
    perhaps: deque[tuple[Frame, tuple[Hop, ...], bool]] = deque()
    seen: set[tuple[Frame, bool]] = {(root, on_loop) for root in roots}
    reported: set[tuple[ast.AST, str]] = set()
    opening: set[Frame] = set()
    while waiting or perhaps:
        surely = bool(waiting)
        frame, hops, looping = (waiting if surely else perhaps).popleft()
        if not surely:
            if (frame, looping) in seen:
                continue
            seen.add((frame, looping))
        if frame.code is own:
            hops = ()  # back from its decorator's wrapper
        found.modules.add(frame.module)
        found.counted[frame] = program.calls_in(frame)
        for step in program.steps(frame):
            for effect in step.effects:
                match effect:
                    case Run(frame=inner, on_loop=moved):
                        most = certain(program, effect)
                        way = (inner, looping or moved)
                        if len(hops) >= DEEPEST:
                            found.unresolved.append((Unresolved("a chain of too many calls"), Hop(frame, step.node)))
                        elif way not in seen:
                            onward = (inner, (*hops, Hop(frame, step.node, most)), way[1])
                            if surely and most is Severity.ERROR:
                                seen.add(way)
                                waiting.append(onward)
                            else:
                                perhaps.append(onward)
                    case Block() if frame in opening and effect.entry.name.startswith("io."):
                        pass  # reading what was opened here: the opening is told of
                    case Block():
                        if effect.entry.name in OPENINGS:
                            opening.add(frame)
                        if (step.node, effect.entry.name) not in reported:
                            reported.add((step.node, effect.entry.name))
                            last = Hop(frame, step.node, None if effect.possible else Severity.ERROR)
                            hit = _hit(program, effect, (*hops, last), looping)
                            if hit is not None:
                                found.hits.append(hit)
                    case Reenter():
                        found.reentries.append((effect, (*hops, Hop(frame, step.node))))
                    case Spawn():
                        found.spawned.append((effect, Hop(frame, step.node)))
                    case Offload():
                        found.offloaded.append((effect, Hop(frame, step.node)))
                    case Unresolved():
                        found.unresolved.append((effect, Hop(frame, step.node)))
                    case _:
                        pass
    _doubt_rollbacks(found)
    return found


def _doubt_rollbacks(found: Reach) -> None:
    """A session that has done nothing has nothing to roll back: where the root asks the database for nothing else, only
    what others did with the session can make it wait.
    """
    if any(hit.entry.kind is SinkKind.DATABASE and not hit.entry.name.endswith(".rollback") for hit in found.hits):
        return
    for index, hit in enumerate(found.hits):
        if hit.entry.name in ROLLBACKS and hit.severity is Severity.ERROR:
            found.hits[index] = replace(hit, severity=Severity.WARNING, possible=True)


def _hit(program: Program, effect: Block, hops: tuple[Hop, ...], on_loop: bool) -> Hit | None:
    severity = effect.entry.severity
    inside = [hop for hop in hops if not hop.frame.module.is_project]
    if inside and severity is not Severity.ERROR:
        # What a package does with files is its own affair: only what can take seconds counts there.
        return None
    if any(program.once.runs(hop.frame, hop.node) for hop in hops):
        # Once in the life of the process, not with each request.
        severity = Severity.WARNING if severity is Severity.ERROR else Severity.ADVICE
    if severity is Severity.ERROR and any(is_seldom(program, hop.frame, hop.node) for hop in hops):
        severity = Severity.WARNING
    possible = any(hop.possible for hop in hops)
    if severity is Severity.ERROR and any(hop.certain is not Severity.ERROR for hop in hops[:-1]):
        # Found by a method's name alone, or another that may run here is less grave: too little to fail a build for.
        severity = Severity.WARNING
        possible = True
    return Hit(effect.entry, effect.called, hops, severity, possible, on_loop)


def code_id(code: Code) -> str:
    """How outputs name a piece of code."""
    if isinstance(code, Module):
        return f"{code.name}:<module>"
    assert isinstance(code, Function | Class)
    return code.id
