"""`async def`s that await nothing but each other: which of them can become `def` together, and what has to change where
they are awaited.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clearway.check.program.code import Function, Module
from clearway.check.program.values import FunctionV
from clearway.check.rules.coroutines import targets_of_graph
from clearway.check.rules.decorators import behind, only_takes_both
from clearway.check.rules.hops import may_be_handed_awaited
from clearway.check.rules.places import BESIDE_THE_SERVICE, own_nodes, suspends
from clearway.model import Severity

if TYPE_CHECKING:
    from clearway.check.program.program import Program
    from clearway.check.rules.coroutine_uses import CoroutineUses
    from clearway.check.rules.loop_bound import LoopBound
    from clearway.check.rules.mentions import Mention
    from clearway.check.survey import Survey

MOST_FUNCTIONS = 150
"""More than this nobody reads in one edit."""
_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "override", "final"})
_PATCHING = re.compile(r"\b(?:patch|setattr|getattr|__all__)\b")


@dataclass(frozen=True, slots=True)
class Awaited:
    """An awaited call."""

    function: Function
    """In whose body it stands."""
    call: ast.Call

    @property
    def module(self) -> Module:
        return self.function.module


@dataclass(frozen=True, slots=True)
class Chain:
    """Functions that become `def` together."""

    functions: tuple[Function, ...]
    """The root that was asked about comes first."""
    plain: tuple[Awaited, ...]
    """Calls that lose their `await`."""
    handed: tuple[Awaited, ...]
    """Calls in functions that stay `async def`: they go to a thread."""


class _Impossible(Exception):
    """A function has to stay `async def`; `within` is the one that brought it."""

    def __init__(self, function: Function) -> None:
        self.function = function


class Chains:
    """Finds chains. What was found out about a function is kept."""

    def __init__(self, survey: Survey, uses: CoroutineUses, bound: LoopBound) -> None:
        self._survey = survey
        self._program: Program = survey.program
        self._uses = uses
        self._bound = bound
        self._awaits: dict[Function, dict[ast.Call, frozenset[Function]] | None] = {}
        self._below: dict[Function, frozenset[Function] | None] = {}
        self._found: dict[Function, Chain | None] = {}
        self._blocking: dict[Function, bool] = {}
        self._reliances: dict[Function, list[Mention]] = {}
        self._prepared = False

    def of(self, root: Function) -> Chain | None:
        """The functions that become `def` with this root; None where it has to stay what it is."""
        if root not in self._found:
            chain = self._found[root] = self._search(root)
            if chain is None:
                return None
            for other in chain.functions:
                if self._uses.is_root(other):  # they become `def` together, whichever of them one starts from
                    rest = tuple(function for function in chain.functions if function is not other)
                    self._found[other] = replace(chain, functions=(other, *rest))
        return self._found[root]

    def _search(self, root: Function) -> Chain | None:
        if self.needed_by(root) is None:
            return None
        staying: set[Function] = set()
        while True:
            try:
                return _Attempt(self, root, staying).run()
            except _Impossible as impossible:
                if impossible.function is root or impossible.function in staying:
                    return None
                staying.add(impossible.function)

    def awaits(self, function: Function) -> dict[ast.Call, frozenset[Function]] | None:
        """What a function awaits: calls of `async def`s of the project alone; None where it awaits something else, or
        has to be `async def` for another reason.
        """
        if function not in self._awaits:
            self._awaits[function] = None  # for one that asks for itself
            self._awaits[function] = self._awaits_of(function)
        return self._awaits[function]

    def _awaits_of(self, function: Function) -> dict[ast.Call, frozenset[Function]] | None:
        node = function.node
        if not isinstance(node, ast.AsyncFunctionDef) or function.is_generator or not function.module.is_project:
            return None
        if not self._uses.is_free(function) or BESIDE_THE_SERVICE.search(function.module.shown):
            return None
        if not self._uses.is_root(function) and not self._is_plain(function):
            return None
        found: dict[ast.Call, frozenset[Function]] = {}
        for inner in own_nodes(node):
            if isinstance(inner, ast.GeneratorExp) and any(isinstance(part, ast.Await) for part in ast.walk(inner)):
                return None  # an async generator, which its reader has to know of
            if not suspends(inner):
                continue
            if not isinstance(inner, ast.Await) or not isinstance(inner.value, ast.Call):
                return None
            callees = self.callees(inner.value, function)
            if not callees:
                return None
            found[inner.value] = callees
        frame = self._program.frames.generic(function)
        calls = [inner for inner in own_nodes(node) if isinstance(inner, ast.Call)]
        if any(self._bound.is_method_of_bound(call, frame) for call in calls if call not in found):
            return None
        return None if self._bound.binds(self._bound.below(frame)) else found

    def _is_plain(self, function: Function) -> bool:
        """Whether nothing but calls that we see can mean this helper."""
        if function.name.startswith("__") or not only_takes_both(self._program, function, _PLAIN_DECORATORS):
            return False
        definitions = self._program.definitions
        if function.owner is not None:
            for method in definitions.methods.get(function.name, ()):
                stands_in = method.is_async and BESIDE_THE_SERVICE.search(method.module.shown)
                if stands_in or (method.owner is not None and definitions.is_protocol(method.owner)):
                    return False
        return not self._is_named_in_text(function)

    def _is_named_in_text(self, function: Function) -> bool:
        """Whether a text names it, or its name is given another meaning: what `__all__` offers to others, what tests
        put something else in the place of, what is found by its name.
        """
        name = re.escape(function.name)
        text = re.compile(rf"""["'](?:[\w.:]+[.:])?{name}["']""")
        stored = re.compile(rf"\.{name}\s*(?::[^=\n]*)?=[^=]")
        for module in self._program.modules.project:
            source = module.source.text
            if function.name in source and (
                stored.search(source) or (_PATCHING.search(source) and text.search(source))
            ):
                return True
        return False

    def callees(self, call: ast.Call, function: Function) -> frozenset[Function]:
        """The `async def`s that an awaited call certainly means, one of them; empty where it may mean another thing."""
        frame = self._program.frames.generic(function)
        values = self._program.evaluate(call.func, frame) or frozenset(targets_of_graph(self._program, call, frame))
        values = behind(self._program, values)
        found = [value.function for value in values if isinstance(value, FunctionV)]
        sure = len(found) == len(values) and all(
            each.is_async and not each.is_generator and each.module.is_project for each in found
        )
        return frozenset(found) if sure else frozenset()

    def needed_by(self, function: Function) -> frozenset[Function] | None:
        """All that has to become `def` with a function, itself included; None where something of it cannot."""
        if function not in self._below:
            found: dict[Function, None] = {}
            waiting = [function]
            while waiting:
                current = waiting.pop()
                if current in found:
                    continue
                found[current] = None
                awaited = self.awaits(current)
                if awaited is None or len(found) > MOST_FUNCTIONS:
                    self._below[function] = None
                    return None
                waiting.extend(callee for callees in awaited.values() for callee in _sorted(callees))
            self._below[function] = frozenset(found)
        return self._below[function]

    def reliances(self, function: Function) -> list[Mention]:
        if not self._prepared:
            self._prepared = True
            self._uses.want(self._names())
        if function not in self._reliances:
            self._reliances[function] = self._uses.reliances(function)
        return self._reliances[function]

    def _names(self) -> set[str]:
        """Of all functions that may be asked for: those that blocking roots need."""
        return {
            function.name
            for study in self._survey.studies
            if study.blocks and study.entry.function.is_async
            for function in self.needed_by(study.entry.function) or ()
        }

    def blocks(self, function: Function) -> bool:
        """Whether calling it may take long."""
        if function not in self._blocking:
            below = self._bound.below(self._program.frames.generic(function))
            self._blocking[function] = any(hit.severity is not Severity.ADVICE for hit in below.hits)
        return self._blocking[function]

    def may_be_handed(self, site: Awaited) -> bool:
        return may_be_handed_awaited(self._program, self._bound, site.call, site.function)

    def may_be_asked(self, function: Function) -> bool:
        """Whether all that call it are known: the framework, or calls that we see."""
        return self._uses.is_root(function) or bool(self.reliances(function))


class _Attempt:
    """Collects what has to become `def` with a root, callers included, but for those that are to stay."""

    def __init__(self, chains: Chains, root: Function, staying: set[Function]) -> None:
        self._chains = chains
        self._staying = staying
        self._brought: dict[Function, Function] = {root: root}
        """Of each function, the root or the caller because of which it has to become `def`."""
        self._waiting = [root]
        self._plain: dict[Awaited, None] = {}
        self._handed: dict[Awaited, None] = {}

    def run(self) -> Chain:
        while self._waiting:
            function = self._waiting.pop(0)
            awaited = self._chains.awaits(function)
            if awaited is None or len(self._brought) > MOST_FUNCTIONS:
                raise _Impossible(self._brought[function])
            for call, callees in awaited.items():
                self._plain[Awaited(function, call)] = None
                for callee in _sorted(callees):
                    self._add(callee, self._brought[function])
            for mention in self._chains.reliances(function):
                self._settle(mention, function)
        # A caller may have been brought in after it was told to hand the call over.
        handed = tuple(site for site in self._handed if site.function not in self._brought)
        return Chain(tuple(self._brought), tuple(self._plain), handed)

    def _add(self, function: Function, because: Function) -> None:
        if function not in self._brought:
            self._brought[function] = because
            self._waiting.append(function)

    def _settle(self, mention: Mention, function: Function) -> None:
        """What becomes of a place that awaits the function; raises where it does something else with it."""
        site = _awaited_at(mention)
        chains = self._chains
        if site is None:
            raise _Impossible(self._brought[function])
        callees = chains.callees(site.call, site.function)
        if callees and function not in callees:
            return
        if callees != {function} and site.function not in self._brought:
            raise _Impossible(self._brought[function])
        caller = site.function
        if caller in self._brought:
            return  # its own awaits are looked at when its turn comes
        if BESIDE_THE_SERVICE.search(site.module.shown) or not chains.blocks(function):
            self._plain[site] = None
        elif caller not in self._staying and chains.needed_by(caller) is not None and chains.may_be_asked(caller):
            self._add(caller, caller)
        elif chains.may_be_handed(site):
            self._handed[site] = None
        else:
            raise _Impossible(self._brought[function])


def _awaited_at(mention: Mention) -> Awaited | None:
    """The awaited call of which a mention is the function."""
    call = mention.parents.get(mention.node)
    if not isinstance(call, ast.Call) or call.func is not mention.node:
        return None
    code = mention.code
    if not isinstance(mention.parents.get(call), ast.Await) or not isinstance(code, Function) or not code.is_async:
        return None
    node: ast.AST = call
    while (parent := mention.parents.get(node)) is not None and parent is not code.node:
        if isinstance(parent, ast.GeneratorExp):
            return None
        node = parent
    return Awaited(code, call)


def _sorted(functions: frozenset[Function]) -> list[Function]:
    return sorted(functions, key=lambda function: function.serial)
