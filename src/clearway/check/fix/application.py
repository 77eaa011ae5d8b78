"""Fixes applied to a text: each place is looked up, turned into edits, and all edits are made in one go."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import libcst as cst
from libcst import helpers

from clearway.check.fix.arguments import lead, parts, spread
from clearway.check.fix.edit import Edit, Edits, opening
from clearway.check.fix.function import to_def, without_await
from clearway.check.fix.handing import hand_over
from clearway.check.fix.imports import Section, close_gaps, unused
from clearway.check.fix.kind import FixKind
from clearway.check.fix.names import Names, scopes
from clearway.check.fix.place import awaited, awaiting_function
from clearway.check.fix.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.model import Fix

_SEES_ITS_CALLER = frozenset(
    {"super", "locals", "vars", "dir", "globals", "eval", "exec", "sys._getframe", "inspect.currentframe"}
)
"""Functions that mean something else in another thread or frame."""
_OFFLOADERS = frozenset({"to_thread", "run_in_executor", "run_in_threadpool", "run_sync"})
_TAKES_COROUTINES = frozenset(
    {
        "as_completed",
        "create_task",
        "ensure_future",
        "gather",
        "run",
        "run_coroutine_threadsafe",
        "run_until_complete",
        "shield",
        "start_soon",
        "wait",
        "wait_for",
    }
)


_SETTLING = frozenset({FixKind.DROP_AWAIT, FixKind.THREAD_AWAITED})


def apply(text: str, fixes: Sequence[Fix]) -> str:
    """The text after these fixes, with the imports that they need.

    A fix whose place does not hold what its kind needs is left out. Raises ValueError where the text does not parse.
    """
    return applied(text, fixes)[0]


def applied(text: str, fixes: Sequence[Fix]) -> tuple[str, tuple[Fix, ...]]:
    """The text after these fixes, and those that were done.

    The places are those of this text. An import that a fix adds moves the lines below it: fixes made for a text are not
    for what came of it. Where fixes contradict each other the earlier one is done, and a function that becomes `def`
    comes before anything that would await in it. Raises ValueError where the text does not parse.
    """
    try:
        session = _Session(text)
        for fix in sorted(fixes, key=_turn):
            session.take(fix)
        return session.finish(), tuple(fix for fix in dict.fromkeys(fixes) if place_of(fix) in session.done)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def place_of(fix: Fix) -> tuple[str, int, int, int, int]:
    """What tells one edit of a text from another."""
    return fix.kind, fix.line, fix.column, fix.end_line, fix.end_column


def _turn(fix: Fix) -> int:
    """A function can become `def` when its awaits are settled, and nothing may be awaited in it after that."""
    return 0 if fix.kind in _SETTLING else 1 if fix.kind == FixKind.TO_DEF else 2


class _Session:
    """One text and the edits that are decided for it so far."""

    def __init__(self, text: str) -> None:
        self.done: set[tuple[str, int, int, int, int]] = set()
        self._tree = Tree(text)
        self._names = Names(self._tree)
        self._section = Section(self._tree)
        self._edits = Edits()
        self._edited: set[cst.CSTNode] = set()
        self._settled: set[cst.Await] = set()
        self._imports: set[str] = set()
        self._dropped: set[cst.Name] = set()
        self._wanted: set[str] = set()
        """Modules that the fix in hand has to have imported."""
        self._exports = False

    def take(self, fix: Fix) -> None:
        """Do this fix, or leave it out."""
        start, end = (fix.line, fix.column), (fix.end_line, fix.end_column)
        node = self._tree.function(start) if fix.kind == FixKind.TO_DEF else self._tree.call(start, end)
        if node is None or node in self._edited:
            return
        self._wanted.clear()
        if isinstance(node, cst.FunctionDef):
            edits = to_def(self._tree, node, self._settled)
        else:
            edits = self._for_call(fix.kind, node)
        if edits is not None and self._edits.add(edits):
            self.done.add(place_of(fix))
            around = self._tree.parents[node]
            if fix.kind in _SETTLING and isinstance(around, cst.Await):
                self._settled.add(around)
            self._edited.add(node)
            self._imports |= self._wanted
            if fix.kind == FixKind.ASYNC_SLEEP and isinstance(node, cst.Call):
                name = node.func.value if isinstance(node.func, cst.Attribute) else node.func
                assert isinstance(name, cst.Name)
                self._dropped.add(name)
            self._exports |= PurePath(fix.file).name == "__init__.py"

    def finish(self) -> str:
        """The text after all that was taken."""
        self._edits.add(self._section.add(self._imports))
        if not self._exports:  # what an `__init__.py` imports it may offer to others
            for local in sorted({name.value for name in self._dropped}):
                edits = unused(self._tree, self._names, local, self._dropped)
                if not self._imports:
                    edits = close_gaps(self._tree, edits)
                self._edits.add(edits)
        return self._edits(self._tree.text)

    def _for_call(self, kind: str, call: cst.Call) -> list[Edit] | None:
        if kind == FixKind.HAND_OVER:
            return hand_over(self._tree, call, lambda: self._reference("functools", "partial", call))
        if kind == FixKind.DROP_AWAIT:
            return without_await(self._tree, call)
        if kind == FixKind.THREAD_AWAITED:
            return self._thread_awaited(call)
        function = awaiting_function(self._tree, call)
        if function is None or function in self._edited:
            return None
        if kind == FixKind.TO_THREAD:
            return self._to_thread(call)
        if kind == FixKind.ASYNC_SLEEP:
            return self._async_sleep(call)
        if kind == FixKind.ADD_AWAIT and not self._is_given_to_loop(call):
            return awaited(self._tree, call, "")
        return None

    def _thread_awaited(self, call: cst.Call) -> list[Edit] | None:
        if not isinstance(self._tree.parents[call], cst.Await) or call.lpar:
            return None
        function = self._reference("asyncio", "to_thread", call)
        if function is None:
            return None
        start = opening(f"{function}({lead(self._tree, call)}", self._tree.span(call))
        return [start, *spread(self._tree, call)]

    def _to_thread(self, call: cst.Call) -> list[Edit] | None:
        called = helpers.get_full_name_for_node(call.func) or ""
        if called in _SEES_ITS_CALLER or called.rpartition(".")[2] in _OFFLOADERS:
            return None
        if isinstance(self._tree.parents[call], cst.WithItem):
            return None  # what blocks is the entering, not the call
        function = self._reference("asyncio", "to_thread", call)
        if function is None:
            return None
        return [*awaited(self._tree, call, f"{function}({lead(self._tree, call)}"), *spread(self._tree, call)]

    def _async_sleep(self, call: cst.Call) -> list[Edit] | None:
        called = call.func
        name, target = called, "time.sleep"
        if isinstance(called, cst.Attribute) and called.attr.value == "sleep":
            name, target = called.value, "time"
        if not isinstance(name, cst.Name) or not self._names.means(name.value, target, call):
            return None
        if len(call.args) != 1 or call.args[0].star or call.args[0].keyword:
            return None
        start, end = self._tree.span(call)[0], parts(self._tree, call).function_end
        function = self._reference("asyncio", "sleep", call)
        if function is None or "#" in self._tree.text[start:end]:
            return None
        return [*awaited(self._tree, call, ""), Edit(start, end, function)]

    def _is_given_to_loop(self, call: cst.Call) -> bool:
        """Whether the coroutine is an argument of what runs or schedules coroutines."""
        argument = self._tree.parents[call]
        receiver = self._tree.parents.get(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(receiver, cst.Call):
            return False
        name = helpers.get_full_name_for_node(receiver.func) or ""
        return name.rpartition(".")[2] in _TAKES_COROUTINES

    def _reference(self, module: str, attribute: str, at: cst.Call) -> str | None:
        """How this function of a module is written at this call; the module is imported if it has to be.

        None where the names that it would take mean something else there.
        """
        names = self._names
        for local in names.locals_of(module):
            if names.means(local, module, at):
                return f"{local}.{attribute}"
        for local in names.locals_of(f"{module}.{attribute}"):
            if names.means(local, f"{module}.{attribute}", at):
                return local
        if not names.free_for(module, module, at):
            return None
        runs_at_import = isinstance(next(scopes(self._tree, at)), cst.Module | cst.ClassDef)
        if runs_at_import and self._tree.span(at)[0] < self._section.add([module])[0].start:
            return None
        self._wanted.add(module)
        return f"{module}.{attribute}"
