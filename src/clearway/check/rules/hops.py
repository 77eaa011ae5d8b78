"""The best hop of a chain: the call that takes everything below it off the loop when a thread makes it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.values import CoroutineV, ExternalInstanceV, ExternalV
from clearway.check.program.values.effects import Offload, Run
from clearway.check.source.syntax import children, last_name, walk
from clearway.model import SinkKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.reach import Hit, Hop
    from clearway.check.rules.loop_bound import LoopBound

_SEES_ITS_CALLER = frozenset(
    {"super", "locals", "vars", "dir", "globals", "eval", "exec", "_getframe", "currentframe", "exec_module"}
)
_LAZY = frozenset({"map", "filter", "zip", "enumerate", "iter", "reversed", "partial", "chain", "islice", "starmap"})
"""They do their work when what they give is iterated or called."""
_LOCK = re.compile(r"(?i:(?:^|_)(?:r?lock|mutex|semaphore|condition)s?(?:_|$))|(?:Lock|Mutex|Semaphore|Condition)$")
_LOCKS = ("threading.", "multiprocessing.", "filelock.", "fasteners.", "portalocker.")
_STOPS = frozenset({"next", "__next__", "send"})
"""They may raise StopIteration, which cannot come back from a thread."""
MOST_WAYS = 50
"""Of how many ways in which a function is called we ask what a call in it means."""


def best_hop(program: Program, bound: LoopBound, hit: Hit) -> Hop | None:
    """The deepest call that an `async def` of the project makes itself; None where handing it over is not safe."""
    if hit.possible:
        return None  # what we guess the name of may be a coroutine function
    index = max((index for index, hop in enumerate(hit.hops) if _is_async(hop)), default=None)
    if index is None:
        return None
    hop = hit.hops[index]
    if not isinstance(hop.node, ast.Call) or not hop.frame.module.is_project:
        return None
    assert isinstance(hop.frame.code, Function)
    place = Place(program, hop.frame.code, hop.node)
    if not place.may_await(hop.frame) or not _may_be_handed(program, bound, hit, hop):
        return None
    return hop


def is_called_too_early(program: Program, hop: Hop) -> bool:
    """Whether the call was meant to be handed over itself: the `f()` in `to_thread(f())`."""
    assert isinstance(hop.frame.code, Function)
    for node in walk(hop.frame.code.node):
        if isinstance(node, ast.Call) and hop.node in node.args:
            handed = 1 if last_name(node.func) == "run_in_executor" else 0
            effects = program.calls.outcome(node, hop.frame).effects
            return node.args.index(hop.node) == handed and any(isinstance(effect, Offload) for effect in effects)
    return False


def _is_async(hop: Hop) -> bool:
    return isinstance(hop.frame.code, Function) and hop.frame.code.is_async


def _may_be_handed(program: Program, bound: LoopBound, hit: Hit, hop: Hop) -> bool:
    call = hop.node
    assert isinstance(call, ast.Call)
    name = last_name(call.func)
    if isinstance(call.func, ast.Call) or name in _SEES_ITS_CALLER | _LAZY:
        return False
    if name in _STOPS and len(call.args) < 2:
        return False
    is_last = hop is hit.last
    if is_last and hit.entry.kind is SinkKind.LOCK and name == "acquire":
        return False  # a lock that another thread took is not ours
    if is_last and bound.needs_own_thread([hit]):
        return False
    ways = [hop.frame, *program.frames.known(hop.frame.code)][:MOST_WAYS]
    if any(bound.takes_bound(call, way) or bound.gives_bound(call, way) for way in ways):
        return False
    for argument in call.args:
        if isinstance(argument, ast.Starred) and program.iteration(program.evaluate(argument.value, hop.frame)):
            return False  # it is iterated before the call
    if is_last:
        return not bound.has_session_of_thread([hit])
    for effect in program.calls.outcome(call, hop.frame).effects:
        if isinstance(effect, Run):
            found = bound.below(effect.frame)
            if bound.binds(found) or bound.has_session_of_thread(found.hits):
                return False
    return True


def may_be_handed_awaited(program: Program, bound: LoopBound, call: ast.Call, function: Function) -> bool:
    """Whether a thread may make this call, which is awaited today, once what it calls is a `def`."""
    frame = program.frames.generic(function)
    place = Place(program, function, call, is_awaited=True)
    if isinstance(call.func, ast.Call) or not place.may_await(frame):
        return False
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    for way in [frame, *program.frames.known(function)][:MOST_WAYS]:
        if bound.takes_bound(call, way):
            return False
        for value in program.calls.outcome(call, way).values:
            if not isinstance(value, CoroutineV) or bound.are_bound(program.returns(value.frame)):
                return False
            found = bound.below(value.frame)
            if bound.binds(found) or bound.has_session_of_thread(found.hits):
                return False
    return True


@lru_cache(maxsize=64)
def _parents_in(function: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in walk(function) for child in children(node)}


class Place:
    """Where a call stands in its function."""

    def __init__(self, program: Program, function: Function, call: ast.Call, *, is_awaited: bool = False) -> None:
        self._program = program
        self._function = function
        self._call = call
        self._is_awaited = is_awaited
        """The call has an `await`, and may keep it."""
        self._parents = _parents_in(function.node)

    def _ancestors(self) -> Iterator[tuple[ast.AST, ast.AST]]:
        """(child, parent) upwards as far as the function."""
        node: ast.AST = self._call
        while node is not self._function.node and (parent := self._parents.get(node)) is not None:
            yield node, parent
            node = parent

    def may_await(self, frame: Frame) -> bool:
        """Whether an `await` may stand in front of the call, and helps."""
        comprehensions = 0
        first_iterated: ast.AST | None = None
        for child, parent in self._ancestors():
            if parent is self._function.node:
                is_body = any(child is statement for statement in getattr(parent, "body", ()))
                return is_body and comprehensions < 2 and not self._is_behind_acquired_lock()
            if isinstance(parent, ast.comprehension) and child is parent.iter:
                above = self._parents[parent]
                first_iterated = above if getattr(above, "generators", [None])[0] is parent else None
            elif parent is first_iterated:
                first_iterated = None
            elif isinstance(parent, ast.ListComp | ast.SetComp | ast.DictComp):
                comprehensions += 1
            if not self._may_stand_in(parent, child, frame):
                return False
        return False

    def _may_stand_in(self, parent: ast.AST, child: ast.AST, frame: Frame) -> bool:
        program = self._program
        match parent:
            case ast.Await() if child is self._call:
                return self._is_awaited
            case ast.GeneratorExp() | ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return False
            case ast.withitem() if child is parent.context_expr:
                return child is not self._call  # what blocks is the entering
            case ast.For() | ast.comprehension() if child is self._call and child is parent.iter:
                return not program.iteration(program.evaluate(self._call, frame))
            case ast.YieldFrom() | ast.Starred() if child is self._call:
                return False
            case ast.With() if child not in parent.items:
                return not any(self._is_held(item.context_expr, frame) for item in parent.items)
            case ast.Try():
                # Where the task is being cancelled an `await` may never come back: cleaning up must not need one.
                return child not in parent.finalbody
            case _:
                return True

    def _is_behind_acquired_lock(self) -> bool:
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "acquire"
            and not isinstance(self._parents.get(node), ast.Await)
            and node.lineno < self._call.lineno
            for node in self._parents
        )

    def _is_held(self, entered: ast.expr, frame: Frame) -> bool:
        """Whether this context must not be held while others run, or would be handed over by halves: a lock, a file."""
        called = entered.func if isinstance(entered, ast.Call) else entered
        if _LOCK.search(last_name(called)):
            return True
        for value in self._program.evaluate(entered, frame):
            if isinstance(value, ExternalInstanceV | ExternalV) and value.name.startswith(_LOCKS):
                return True
            if isinstance(value, CoroutineV):
                return True
        if not isinstance(entered, ast.Call):
            return False
        effects = self._program.calls.outcome(entered, frame).effects
        return any(getattr(getattr(effect, "entry", None), "kind", None) is SinkKind.FILE for effect in effects)
