"""Work handed elsewhere: functions to threads and processes, coroutines to the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import (
    OPAQUE,
    UNKNOWN,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    ListV,
    ShapeV,
    TaskV,
    TupleV,
    Value,
    Values,
)
from clearway.check.program.values.effects import Effect, Offload, Outcome, Run, Spawn

if TYPE_CHECKING:
    import ast

    from clearway.check.program.program import Program
    from clearway.check.program.values.arguments import Arguments
    from clearway.check.sinks import Schedule


JOINED = frozenset({"gather", "wait", "wait_for", "shield", "as_completed"})
"""What is handed to these runs while the caller waits for it."""


class HandingOver:
    """Follows what runs elsewhere, and what is waited for."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def offloaded(
        self, functions: Values, arguments: Arguments, node: ast.AST, frame: Frame, lane: str, name: str
    ) -> Outcome:
        """Handing functions to another thread or process."""
        program = self._program
        frames: dict[Frame, None] = {}
        values: Values = UNKNOWN
        effects: list[Effect] = []
        for function in functions:
            outcome = self._program.calls.apply(function, arguments, node, frame)
            values = program.union(values, outcome.values)
            for effect in outcome.effects:
                if isinstance(effect, Run):
                    frames[effect.frame] = None
            for value in outcome.values:
                if isinstance(value, CoroutineV):
                    frames[value.frame] = None
        effects.append(Offload(functions, tuple(frames), lane, name))
        held = program.library.returns(name) if name else None
        if held is not None and held.shape == "instance" and held.name != "asyncio.Future":
            return Outcome(frozenset({ExternalInstanceV(held.name)}), tuple(effects))
        return Outcome(frozenset({ShapeV("await", values)}), tuple(effects))

    def scheduled(
        self, callee: ExternalV, schedule: Schedule, arguments: Arguments, node: ast.AST, frame: Frame
    ) -> Outcome:
        """Handing coroutines or functions to the loop."""
        program = self._program
        given = self._handed(schedule, arguments)
        frames: dict[Frame, None] = {}
        elsewhere: dict[Frame, None] = {}
        """Of tasks that other code started."""
        for value in given:
            if isinstance(value, CoroutineV):
                frames[value.frame] = None
            elif isinstance(value, TaskV):
                (frames if value.maker is frame.code else elsewhere).update(dict.fromkeys(value.frames))
            elif schedule.what != "coroutine":
                rest = arguments.after(schedule.position + 1)
                outcome = self._program.calls.apply(value, rest, node, frame)
                for effect in outcome.effects:
                    if isinstance(effect, Run):
                        frames[effect.frame] = None
                for made in outcome.values:
                    if isinstance(made, CoroutineV):
                        frames[made.frame] = None
        last = callee.name.rpartition(".")[2]
        # A task group is waited for where it ends, in the same function.
        joined = last in JOINED or ".TaskGroup." in callee.name
        effects: list[Effect] = []
        if frames:
            kind = schedule.kind
            if not (joined and last in ("wait_for", "shield")):
                effects.append(Spawn(tuple(frames), kind))
            if joined:
                effects.extend(Run(inner) for inner in frames)
        results: Values = UNKNOWN
        for inner in (*frames, *elsewhere):
            results = program.union(results, program.returns(inner))
        if last == "gather":
            parts = tuple(self._program.awaited_or_same(frozenset({value})) for value in given)
            values: Values = frozenset({ShapeV("await", frozenset({TupleV(parts) if parts else ListV(results)}))})
            if arguments.has_rest or len(parts) != len(arguments.positional):
                values = frozenset({ShapeV("await", frozenset({ListV(results)}))})
        elif last in JOINED:
            values = frozenset({ShapeV("await", results or (OPAQUE if last == "wait" else UNKNOWN))})
        elif frames and schedule.kind == "task":
            values = frozenset({TaskV(tuple(frames), frame.code)})
        elif elsewhere and schedule.kind == "task":  # `ensure_future(task)` is the task
            values = frozenset(value for value in given if isinstance(value, TaskV))
        else:
            values = self._program.externals.values(callee, arguments, node) or OPAQUE
        return Outcome(values, tuple(effects))

    def _handed(self, schedule: Schedule, arguments: Arguments) -> list[Value]:
        """The values that a scheduling function is given, collections opened."""
        found: dict[Value, None] = {}
        positions = range(schedule.position, len(arguments.positional)) if schedule.many else [schedule.position]
        unions = [arguments.at(position, schedule.keyword) for position in positions]
        if schedule.many and arguments.has_rest:
            unions.append(arguments.rest)
        for values in unions:
            for value in values:
                inner = self._program.iterated(frozenset({value})) if isinstance(value, ListV | TupleV | DictV) else ()
                for one in inner or (value,):
                    found[one] = None
        return list(found)
