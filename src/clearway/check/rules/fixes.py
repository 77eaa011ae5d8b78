"""The safe edit for a finding, where there is one."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from clearway.check.fix import FixKind, parts_of
from clearway.check.program.code import Function
from clearway.check.rules.chains import Chains
from clearway.check.rules.coroutine_uses import CoroutineUses
from clearway.check.rules.hops import best_hop, is_called_too_early
from clearway.check.rules.loop_bound import LoopBound
from clearway.check.rules.places import own_nodes
from clearway.check.rules.words import quoted
from clearway.check.source.syntax import written
from clearway.model import Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.check.program.code import Module
    from clearway.check.reach import Hit, Hop
    from clearway.check.rules.chains import Awaited, Chain
    from clearway.check.survey import Study, Survey

MOST_NAMED = 4
_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows more than these."""


class _Fixes:
    """The fixes of one survey, and what was found out for them."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._program = survey.program
        self._bound = LoopBound(survey.program)
        self._uses = CoroutineUses(survey)
        self._defs: dict[tuple[Function, str], frozenset[tuple[ast.AST, str]] | None] = {}
        self._hops: dict[ast.AST, Fix] = {}
        self._chains = Chains(survey, self._uses, self._bound)
        self._together: dict[Function, Fix | None] = {}
        self._members: dict[Function, Fix] | None = None

    def of_hit(self, study: Study, hit: Hit) -> Fix | None:
        """The edit after which the root does not reach this operation on the loop any more."""
        if hit.severity is Severity.ADVICE:
            return None  # the way to a thread and back costs more
        left = self._left_by_def(study)
        if left is not None and _key(hit) not in left:
            return self._to_def(study)
        together = self._of_chain(study, hit)
        if together is not None:
            return together
        hop = best_hop(self._program, self._bound, hit)
        if hop is None:
            return None
        if is_called_too_early(self._program, hop):
            return self._hand_over(hop)
        if hop is hit.last and hit.entry.name == "time.sleep":
            return self._async_sleep(hop)
        return self._to_thread(hop)

    def to_def(self, study: Study) -> Fix | None:
        """`def` for a root that blocks and awaits nothing, where that is safe and takes something off the loop."""
        left = self._left_by_def(study)
        if left is None:
            return self._to_def_together(study)
        return None if all(_key(hit) in left for hit in study.hits) else self._to_def(study)

    def _of_chain(self, study: Study, hit: Hit) -> Fix | None:
        """The edit that makes the root, or functions on the way, `def` together, if it takes this off the loop."""
        if hit.possible:
            return None
        own = self._to_def_together(study)
        if own is not None:
            below = self._bound.below(study.entry.frame).hits
            return own if all(_key(hit) != _key(left) for left in below if left.on_loop) else None
        # The root stays, but another one's chain goes through what this one awaits.
        for hop in hit.hops[1:]:
            code = hop.frame.code
            if isinstance(code, Function) and code.is_async and code in self._by_member():
                return self._by_member()[code]
        return None

    def _by_member(self) -> dict[Function, Fix]:
        """The combined edits by each function that they make `def`."""
        if self._members is None:
            self._members = {}
            for study in self._survey.studies:
                fix = self._to_def_together(study)
                chain = self._chains.of(study.entry.function) if fix is not None else None
                if fix is not None and chain is not None:
                    for function in chain.functions:
                        self._members.setdefault(function, fix)
        return self._members

    def _to_def_together(self, study: Study) -> Fix | None:
        function = study.entry.function
        sure = any(hit.severity is not Severity.ADVICE and not hit.possible for hit in study.hits)
        if not sure or study.entry.starting or not self._uses.may_serve(study):
            return None
        if function not in self._together:
            chain = None if self._bound.binds(study.reach) else self._chains.of(function)
            self._together[function] = None if chain is None else self._fix_of(chain)
        return self._together[function]

    def _fix_of(self, chain: Chain) -> Fix:
        first, *others = chain.functions
        edits = [*(self._def_edit(function) for function in others)]
        edits += [_call_edit(FixKind.DROP_AWAIT, site) for site in chain.plain]
        edits += [_call_edit(FixKind.THREAD_AWAITED, site) for site in chain.handed]
        if others:
            description = f"make {_named([first, *others])} `def`: they await nothing but each other"
        else:
            description = f"make {quoted(first)} a `def`, and call it without `await`: it awaits nothing"
        if chain.handed:
            where = sorted({quoted(site.function) for site in chain.handed})
            description += f"; {_listed(where)} {'calls' if len(where) == 1 else 'call'} them in a thread"
        return replace(self._def_edit(first), description=description, more=tuple(edits))

    def _def_edit(self, function: Function) -> Fix:
        assert isinstance(function.node, ast.AsyncFunctionDef)
        return fix_at(FixKind.TO_DEF, function.module, function.node, f"make {quoted(function)} a `def`")

    def def_or_not(self, study: Study) -> tuple[bool, str]:
        """Whether a root that blocks should be `def`, and what keeps it from that where it should not."""
        hits = [hit for hit in study.hits if hit.severity is not Severity.ADVICE]
        fixes = [self.of_hit(study, hit) for hit in hits]
        own = {(edit.file, edit.line) for fix in fixes if fix for edit in parts_of(fix) if edit.kind == FixKind.TO_DEF}
        function = study.entry.function
        if (function.module.shown, function.line) in own:
            return True, ""
        if study.awaits or study.entry.by_container:
            return False, ""
        left = self._left_by_def(study)
        if left is not None and all(_key(hit) in left for hit in hits):
            return False, "a `def` would not help, as the loop runs what it gives back"
        is_wrapped = study.entry.is_async and study.entry.frame.code is not function
        if is_wrapped or any(fix is not None for fix in fixes):
            return False, "it has to stay `async def`"
        return True, ""

    def _left_by_def(self, study: Study) -> frozenset[tuple[ast.AST, str]] | None:
        """What would block the loop all the same if the root were `def`; None where it must not be."""
        key = study.entry.function, str(study.entry.kind)
        if key not in self._defs:
            self._defs[key] = self._after_def(study)
        return self._defs[key]

    def _after_def(self, study: Study) -> frozenset[tuple[ast.AST, str]] | None:
        sure = (hit for hit in study.hits if hit.severity is not Severity.ADVICE and not hit.possible)
        if next(sure, None) is None or study.entry.starting or not self._uses.may_be_def(study):
            return None
        frame = study.entry.frame
        calls = [node for node in own_nodes(study.entry.function.node) if isinstance(node, ast.Call)]
        if self._bound.binds(study.reach) or any(self._bound.is_method_of_bound(call, frame) for call in calls):
            return None
        return frozenset(_key(hit) for hit in self._bound.below(frame).hits if hit.on_loop)

    def _to_def(self, study: Study) -> Fix:
        function = study.entry.function
        assert isinstance(function.node, ast.AsyncFunctionDef)
        description = f"make {quoted(function)} a `def`, which runs in a thread: it awaits nothing"
        return fix_at(FixKind.TO_DEF, function.module, function.node, description)

    def _to_thread(self, hop: Hop) -> Fix:
        assert isinstance(hop.node, ast.Call)
        if hop.node not in self._hops:
            description = f"hand `{written(hop.node)}` to a thread: `await asyncio.to_thread(…)`"
            self._hops[hop.node] = fix_at(FixKind.TO_THREAD, hop.frame.module, hop.node, description)
        return self._hops[hop.node]

    def _hand_over(self, hop: Hop) -> Fix:
        assert isinstance(hop.node, ast.Call)
        description = f"hand `{written(hop.node)}` over instead of calling it"
        return fix_at(FixKind.HAND_OVER, hop.frame.module, hop.node, description)

    def _async_sleep(self, hop: Hop) -> Fix | None:
        call = hop.node
        assert isinstance(call, ast.Call)
        if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
            return self._to_thread(hop)
        return fix_at(FixKind.ASYNC_SLEEP, hop.frame.module, call, "sleep without blocking: `await asyncio.sleep(…)`")


def _call_edit(kind: FixKind, site: Awaited) -> Fix:
    what = "call `{}` without `await`" if kind is FixKind.DROP_AWAIT else "`await asyncio.to_thread({}, …)`"
    return fix_at(kind, site.module, site.call, what.format(written(site.call).removesuffix("(…)")))


def _named(functions: Sequence[Function]) -> str:
    return _listed([quoted(function) for function in functions])


def _listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and 3 more`."""
    if len(names) == 1:
        return names[0]
    if len(names) <= MOST_NAMED:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"


_KNOWN: WeakKeyDictionary[Survey, _Fixes] = WeakKeyDictionary()


def fix_of_hit(survey: Survey, study: Study, hit: Hit) -> Fix | None:
    """The edit that takes this operation off the loop; None where none is safe."""
    try:
        return _fixes(survey).of_hit(study, hit)
    except RecursionError:  # an expression of thousands of calls: nobody would read the edit
        return None


def fix_to_def(survey: Survey, study: Study) -> Fix | None:
    """The edit that makes a root that awaits nothing `def`; None where it does not block, or must stay a coroutine."""
    return _fixes(survey).to_def(study)


def def_or_not(survey: Survey, study: Study) -> tuple[bool, str]:
    """Whether a root that blocks should be `def`, and what keeps it from that where it should not: what the fixes of
    its findings say, or would say if they could be made.
    """
    try:
        return _fixes(survey).def_or_not(study)
    except RecursionError:
        return not study.awaits, ""


def _fixes(survey: Survey) -> _Fixes:
    if survey not in _KNOWN:
        _KNOWN[survey] = _Fixes(survey)
    return _KNOWN[survey]


def _key(hit: Hit) -> tuple[ast.AST, str]:
    return hit.last.node, hit.entry.name


def fix_at(kind: FixKind, module: Module, node: ast.expr | ast.stmt, description: str) -> Fix:
    """The edit of this kind at the place of a call or a `def`."""
    end_line = node.end_lineno or node.lineno
    end_offset = node.col_offset if node.end_col_offset is None else node.end_col_offset
    return Fix(
        kind=kind,
        file=module.shown,
        line=node.lineno,
        column=_characters(module, node.lineno, node.col_offset),
        end_line=end_line,
        end_column=_characters(module, end_line, end_offset),
        description=description,
    )


def _characters(module: Module, line: int, offset: int) -> int:
    """`ast` counts columns in UTF-8 bytes, people and LibCST in characters."""
    lines = _lines(module.source.text)
    if line > len(lines):
        return offset
    return len(lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore"))


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(_LINE_END.split(text))
