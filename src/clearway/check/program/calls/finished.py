"""Whether what a future is asked for is there already: behind `if future.done()`, what awaited it, or a flush."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.code.flow import end_of, start_of
from clearway.check.program.code.scopes import Bind
from clearway.check.source.syntax import last_name, walk

if TYPE_CHECKING:
    from clearway.check.program.values import Frame

FLUSHED = "kafka.producer.future.FutureRecordMetadata"
FUTURES = frozenset({"concurrent.futures.Future", FLUSHED})
GIVING_DONE = frozenset({"as_completed", "wait"})
LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def is_finished(method: str, node: ast.AST, frame: Frame) -> bool:
    """Whether `node`, a call of this method of a future, cannot wait."""
    owner = method.rpartition(".")[0]
    function = frame.code
    if owner not in FUTURES or not isinstance(function, Function) or not isinstance(node, ast.Call):
        return False
    subject = node.func.value if isinstance(node.func, ast.Attribute) else None
    if not isinstance(subject, ast.Name):
        return False
    if _is_taken_from_done(subject.id, function):
        return True
    evidence = _Evidence(subject.id, node, flushes=owner == FLUSHED)
    return any(map(evidence.holds, walk(function.node)))


def _is_taken_from_done(name: str, function: Function) -> bool:
    """`for future in as_completed(futures)`, `done, _ = await wait(futures)` and `for future in done`."""
    bindings = function.scope.bindings.get(name, [])
    for binding in bindings:
        made = binding.node
        if binding.kind is not Bind.ELEMENT:
            return False
        if isinstance(made, ast.Name):
            sources = function.scope.bindings.get(made.id, [])
            if len(sources) != 1 or sources[0].path != (0,):
                return False
            made = sources[0].node
        inner = made.value if isinstance(made, ast.Await) else made
        if not isinstance(inner, ast.Call) or last_name(inner) not in GIVING_DONE:
            return False
    return bool(bindings)


class _Evidence:
    """What is written before a place, or around it, and says that the future of this name is done there."""

    def __init__(self, name: str, place: ast.AST, *, flushes: bool) -> None:
        self._name = name
        self._place = start_of(place)
        self._flushes = flushes

    def holds(self, node: ast.AST) -> bool:
        match node:
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=body) if self._asks(test):
                return end_of(node) <= self._place and isinstance(body[-1], LEAVING)
            case ast.If(test=ast.BoolOp(op=ast.And(), values=parts)) if any(map(self._asks, parts)):
                return self._is_in(node.body)
            case ast.If(test=test) if self._asks(test):
                return self._is_in(node.body)
            case ast.While(test=ast.UnaryOp(op=ast.Not(), operand=test)) if self._asks(test):
                return end_of(node) <= self._place
            case ast.Await(value=ast.Call() as call) if end_of(node) <= self._place:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                return any(self._is_named(inner) for one in given for inner in walk(one))
            case ast.Call(func=ast.Attribute(attr="flush")):
                return self._flushes and end_of(node) <= self._place
            case _:
                return False

    def _asks(self, test: ast.expr) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=subject, attr="done" | "succeeded")):
                return self._is_named(subject)
            case ast.Attribute(value=subject, attr="is_done"):
                return self._is_named(subject)
            case _:
                return False

    def _is_in(self, body: list[ast.stmt]) -> bool:
        return start_of(body[0]) <= self._place < end_of(body[-1])

    def _is_named(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self._name
