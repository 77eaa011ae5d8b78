"""Who is to blame: samples taken during a stall, and the line that most of them show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from clearway.model import Cause
from clearway.runtime.stalls.operation import Site, name_operation, site_of
from clearway.runtime.stalls.stack import Stack, Step, user_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

    from clearway.model import Frame

    FindContext = Callable[[FrameType], object | None]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ObservedStall:
    """A stall as the watchdog saw it, before it is matched with requests and registered calls."""

    started_s: float
    """On `time.perf_counter`'s clock."""
    duration_s: float
    cause: Cause
    stack: tuple[Frame, ...]
    """Of the thread to blame, outermost first; empty where no stack is to blame."""
    culprit: Frame | None
    """The innermost line of the user's own code."""
    operation: str | None
    """What was being called, as far as it can be seen."""
    root: CodeType | None
    """Of the outermost frame of the user's own code."""
    codes: tuple[CodeType, ...]
    """Of `stack`, frame by frame."""
    context: object | None
    """What `find_context` found in the stack."""
    samples: int
    """How many stacks the blame rests on."""
    starved_s: float = 0.0
    """How much of it the loop's thread could have gone on, had it had a core and the GIL."""


class Seen:
    """One stack of one thread, and what could be made of its frames while they were there."""

    __slots__ = ("_frame", "_site", "context", "idle", "operation", "steps", "user", "weight_ns")

    def __init__(self, stack: Stack, find_context: FindContext | None) -> None:
        self.steps = stack.steps()
        self.user = user_steps(self.steps)
        self.idle = stack.idle
        self.operation: str | None = None
        self.weight_ns = 1
        """The time it stands for: that since the sample before. A call that keeps the GIL has one sample."""
        self._site: Site | None = None
        self._frame: FrameType | None = None
        if (found := site_of(stack.frames)) is not None:
            self._site, self._frame = found
        self.context = None if find_context is None else _first_context(stack.frames, find_context)

    def settle(self) -> None:
        """Name the operation and let go of the frame. Reads a source file the first time it meets it."""
        if self._site is not None:
            frame, self._frame = self._frame, None
            self.operation = name_operation(self._site, frame)
            self._site = None


class Other(NamedTuple):
    """Another thread that seems to have the GIL."""

    thread: int
    cpu_ns: int
    seen: Seen


class Sample:
    """What the watchdog saw at one moment of a stall."""

    __slots__ = ("at_ns", "other", "seen", "since_ns", "switches", "task")

    def __init__(self, at_ns: int, since_ns: int, seen: Seen, task: int) -> None:
        self.at_ns = at_ns
        self.since_ns = since_ns
        """The turn of the loop after which nothing more was heard of it."""
        self.seen = seen
        self.task = task
        """Identity of the task that ran, 0 for none."""
        self.switches: int | None = None
        """Voluntary context switches of the loop's thread so far."""
        self.other: Other | None = None


def _first_context(frames: list[FrameType], find_context: FindContext) -> object | None:
    for frame in reversed(frames):
        if (found := find_context(frame)) is not None:
            return found
    return None


def in_one_callback(samples: Sequence[Sample]) -> bool:
    """All samples may show one and the same callback; else many short ones made up the turn."""
    return len({sample.task for sample in samples}) <= 1


def observe(
    samples: Sequence[Sample],
    others: Sequence[Other],
    collector: Seen | None,
    cause: Cause,
    started_ns: int,
    stall_ns: int,
    starved_ns: int = 0,
    in_one: bool = True,
) -> ObservedStall:
    """Put the blame for a stall of known cause. `collector` is the stack that set off a collection.

    `in_one` says that it may have been one and the same callback.
    """
    if cause is Cause.GARBAGE_COLLECTION and collector is not None:
        seen, culprit = collector, collector.user[-1] if collector.user else None
        operation = collector.operation
    elif cause is Cause.MACHINE:
        seen, culprit, operation = None, None, None
    else:
        stacks = _busiest(others) if cause is Cause.GIL else [s.seen for s in samples if not s.seen.idle]
        if not in_one and len(stacks) == 1 and cause is Cause.CPU:
            stacks = []  # of many callbacks only one was seen
        seen, culprit, operation = _elect(stacks, cause is Cause.GIL or (in_one and in_one_callback(samples)))
    steps = () if seen is None else seen.steps
    return ObservedStall(
        started_s=started_ns / 1e9,
        duration_s=stall_ns / 1e9,
        cause=cause,
        stack=tuple(step.frame() for step in steps),
        culprit=None if culprit is None else culprit.frame(),
        operation=operation,
        root=seen.user[0].code if seen is not None and seen.user else None,
        codes=tuple(step.code for step in steps),
        context=None if seen is None else seen.context,
        samples=len(samples),
        starved_s=starved_ns / 1e9,
    )


def _busiest(others: Sequence[Other]) -> list[Seen]:
    """The stacks of the one thread that used the processor most."""
    used: Counter[int] = Counter()
    for other in others:
        used[other.thread] += other.cpu_ns + 1
    if not used:
        return []
    culprit = used.most_common(1)[0][0]
    return [other.seen for other in others if other.thread == culprit]


def _elect(stacks: list[Seen], one_callback: bool) -> tuple[Seen | None, Step | None, str | None]:
    """(a stack that shows the culprit, the culprit, its operation) by the majority of the stacks."""
    if not stacks:
        return None, None, None
    if one_callback:
        culprit = _shown_by_most(stacks)
    else:
        culprit = _majority(stacks, [seen.user[-1] if seen.user else None for seen in stacks])
    if culprit is None:
        return (stacks[-1], None, _operation(stacks)) if one_callback else (None, None, None)
    showing = [seen for seen in stacks if culprit in seen.user]
    return showing[-1], culprit, _operation(showing)


def _shown_by_most(stacks: list[Seen]) -> Step | None:
    """The innermost function that most stacks are in, at the line where most of them are in it.

    A loop that calls small functions is in a different one at each sample; what they share is the loop.
    """
    votes: Counter[CodeType] = Counter()
    depths: Counter[CodeType] = Counter()
    for seen in stacks:
        for code, depth in {step.code: depth for depth, step in enumerate(seen.user)}.items():
            votes[code] += seen.weight_ns
            depths[code] = max(depths[code], depth)
    total = sum(seen.weight_ns for seen in stacks)
    common = [code for code, vote in votes.items() if vote * 2 >= total]
    if not common:
        return None
    function = max(common, key=lambda code: depths[code])
    lines: Counter[Step] = Counter()
    for seen in stacks:
        line = next((step for step in reversed(seen.user) if step.code is function), None)
        if line is not None:
            lines[line] += seen.weight_ns
    return lines.most_common(1)[0][0]


def _operation(stacks: list[Seen]) -> str | None:
    for seen in stacks:
        seen.settle()
    return _majority(stacks, [seen.operation for seen in stacks])


def _majority(stacks: list[Seen], values: list[_T | None]) -> _T | None:
    """The value that stands for at least half of the time."""
    votes: Counter[_T | None] = Counter()
    for seen, value in zip(stacks, values, strict=True):
        votes[value] += seen.weight_ns
    value, vote = votes.most_common(1)[0]
    return value if vote * 2 >= votes.total() else None
