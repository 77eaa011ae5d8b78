"""Which parts of a function never run in a frame, and which only where the environment says so."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.code.flow import end_of, start_of
from clearway.check.program.facts.answers import Answer, Answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame


class Regions:
    """Parts of a function's text."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[tuple[tuple[int, int], tuple[int, int]]] = []

    def add(self, nodes: Sequence[ast.AST]) -> None:
        if nodes:
            self._parts.append((start_of(nodes[0]), end_of(nodes[-1])))

    def covers(self, node: ast.AST) -> bool:
        """Whether a node stands in one of them."""
        begins, ends = start_of(node), end_of(node)
        return any(start <= begins < end and ends <= end for start, end in self._parts)

    def __bool__(self) -> bool:
        return bool(self._parts)


NOWHERE = Regions()


class Branches:
    """Says what tests give, and which parts of a function never run, once for each frame."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._answers = Answers(program)
        self._dead: dict[Frame, Regions] = {}
        self._unusual: dict[Frame, Regions] = {}

    def answer(self, test: ast.expr, frame: Frame) -> Answer | None:
        """Whether a test holds in this frame; None where that is open."""
        return self._answers.of(test, frame)

    def dead(self, frame: Frame) -> Regions:
        """What never runs in this frame."""
        known = self._dead.get(frame)
        return self._read(frame) if known is None else known

    def unusual(self, frame: Frame) -> Regions:
        """What runs only where a variable of the environment differs from its default."""
        self.dead(frame)
        return self._unusual.get(frame, NOWHERE)

    def _read(self, frame: Frame) -> Regions:
        tests: Sequence[ast.AST] = ()
        if isinstance(frame.code, Function):
            tests = frame.code.flow.tests
        elif isinstance(frame.code, Module):
            tests = frame.code.tests
        if not tests:
            self._dead[frame] = NOWHERE
            return NOWHERE
        # Filled test by test: what an earlier one rules out counts for the later ones already.
        dead = self._dead[frame] = Regions()
        unusual = self._unusual[frame] = Regions()
        for test in tests:
            if not (dead and dead.covers(test)):
                self._ruled_out(test, frame, dead, unusual)
        return dead

    def _ruled_out(self, test: ast.AST, frame: Frame, dead: Regions, unusual: Regions) -> None:
        match test:
            case ast.If() | ast.IfExp():
                answer = self.answer(test.test, frame)
                if answer is None:
                    return
                body = test.body if isinstance(test.body, list) else [test.body]
                orelse = test.orelse if isinstance(test.orelse, list) else [test.orelse]
                taken, left = (body, orelse) if answer.holds else (orelse, body)
                if answer.by_default and taken and isinstance(taken[-1], ast.Raise):
                    return  # without the variable there is no service: who runs it has set it
                regions = unusual if answer.by_default else dead
                regions.add(left)
                if taken and isinstance(taken[-1], LEAVING):
                    regions.add(self._behind(test, frame))
            case ast.While():
                answer = self.answer(test.test, frame)
                if answer is not None and not answer.holds:
                    (unusual if answer.by_default else dead).add(test.body)
            case ast.BoolOp():
                for index, part in enumerate(test.values[:-1]):
                    answer = self.answer(part, frame)
                    if answer is not None and answer.holds is isinstance(test.op, ast.Or):
                        (unusual if answer.by_default else dead).add(test.values[index + 1 :])
                        return
            case ast.Match():
                self._cases(test, frame, dead, unusual)
            case _:
                pass

    def _behind(self, test: ast.AST, frame: Frame) -> Sequence[ast.stmt]:
        """The statements behind one in its block."""
        code = frame.code
        return code.flow.behind(test) if isinstance(code, Function) else ()

    def _cases(self, test: ast.Match, frame: Frame, dead: Regions, unusual: Regions) -> None:
        over: Answer | None = None
        for case in test.cases:
            if over is not None:
                (unusual if over.by_default else dead).add(case.body)
                continue
            answer = self._answers.matches(test.subject, case.pattern, frame)
            if answer is not None and not answer.holds:
                (unusual if answer.by_default else dead).add(case.body)
            elif answer is not None and case.guard is None:
                over = answer


LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
