"""Whether an `async def` may become `def`: who, in the whole project, relies on it being a coroutine function."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Function
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import ExternalV, FunctionV, InstanceV, ModelV
from clearway.check.rules.decorators import behind
from clearway.check.rules.mentions import Mention, mentions
from clearway.check.rules.places import frame_of
from clearway.check.source.syntax import last_name
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearway.check.program.values import Code, Value
    from clearway.check.survey import Study, Survey

TAKES_EITHER = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY, RootKind.EXCEPTION_HANDLER, RootKind.BACKGROUND_TASK})
"""What the framework runs in a thread where it is `def`."""
_TAKES_FUNCTIONS = frozenset(
    {"Depends", "Security", "add_api_route", "add_route", "Route", "APIRoute", "add_exception_handler", "add_task"}
    | {"BackgroundTask", "FastAPI", "APIRouter", "Starlette", "Router", "api_route", "exception_handler"}
)
"""Calls that treat `def` and `async def` alike."""
_EITHER_DECORATORS = ("slowapi.", "typing.", "typing_extensions.", "functools.wraps", "warnings.deprecated")
"""Of libraries, that treat both alike."""
_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "override", "final", "no_type_check"})
_EITHER_BASES = frozenset(
    {"builtins.object", "starlette.endpoints.HTTPEndpoint", "fastapi.endpoints.HTTPEndpoint", "pydantic.BaseModel"}
    | {"abc.ABC", "typing.Generic", "enum.Enum", "typing.NamedTuple", "pydantic.main.BaseModel"}
)
_HANDS_ON = (ast.Await, ast.Call, ast.keyword, ast.Return, ast.List, ast.Tuple, ast.Starred, ast.Lambda)


class CoroutineUses:
    """Knows of every mention of the roots that could become `def`."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._program = survey.program
        self._kinds: dict[Function, set[RootKind]] = defaultdict(set)
        for study in survey.studies:
            self._kinds[study.entry.function].add(study.entry.kind)
        self._mentions: dict[str, list[Mention]] = {}
        self._answers: dict[Function, bool] = {}

    def may_be_def(self, study: Study) -> bool:
        """Whether nobody would notice, but for where it runs."""
        function = study.entry.function
        if function not in self._answers:
            self._answers[function] = self._suits(study) and not self._is_used(function)
        return self._answers[function]

    def _suits(self, study: Study) -> bool:
        function = study.entry.function
        if study.awaits or not self.may_serve(study):
            return False
        return self.is_free(function)

    def may_serve(self, study: Study) -> bool:
        """Whether the framework runs this very function, as an `async def` or as a `def`."""
        function = study.entry.function
        if study.entry.unknown is not None or study.entry.by_container:
            return False  # what runs in its place may well await it; a container runs it on the loop anyway
        runs_it = function.is_async and study.entry.frame.code is function
        return runs_it and self._kinds[function] <= TAKES_EITHER

    def is_root(self, function: Function) -> bool:
        return bool(self._kinds.get(function))

    def is_free(self, function: Function) -> bool:
        """Whether neither the framework nor a class nor a decorator says that it has to be `async def`."""
        if not self._kinds.get(function, set()) <= TAKES_EITHER:
            return False
        if function.name in ("__aenter__", "__aexit__", "__anext__"):
            return False
        return self._decorators_take_either(function) and not self._overrides(function)

    def _decorators_take_either(self, function: Function) -> bool:
        assert not isinstance(function.node, ast.Lambda)
        frame = self._program.frames.parent(function)
        if function.owner is not None:
            frame = self._program.frames.of_class(function.owner, self._program.frames.parent(function.owner))
        for decorator, name in zip(function.node.decorator_list, function.decorators, strict=True):
            if name in _PLAIN_DECORATORS:
                continue
            values = self._program.evaluate(decorator, frame)
            if not values and isinstance(decorator, ast.Call):
                values = self._program.evaluate(decorator.func, frame)
                values = values if all(isinstance(value, ExternalV) for value in values) else frozenset()
            if not values and not _looks_like_route(decorator):
                return False
            if not all(self._takes_either(value) for value in values):
                return False
        return True

    def _takes_either(self, value: Value) -> bool:
        if isinstance(value, ModelV):
            return value.name in ("registrar", "identity")
        if isinstance(value, ExternalV):
            return value.name.startswith(_EITHER_DECORATORS)
        # One of the project's own: that it gives the function back was seen when the root was found.
        return isinstance(value, FunctionV)

    def _overrides(self, function: Function) -> bool:
        """Whether a base or a subclass has a method of this name: they are called alike."""
        owner = function.owner
        if owner is None:
            return False
        definitions = self._program.definitions
        if not set(definitions.externals(owner)) <= _EITHER_BASES:
            return True
        others = [base for base in definitions.mro(owner) if isinstance(base, Class) and base is not owner]
        others += definitions.subclasses(owner)
        return any(definitions.own_method(other, function.name) is not None for other in others)

    def _is_used(self, function: Function) -> bool:
        if function.name == "__call__" and self._has_called_instances(function):
            return True
        self._want(self._roots_that_may())
        self._want(frozenset({function.name}))
        return any(self._relies(mention, function) for mention in self._mentions[function.name])

    def reliances(self, function: Function) -> list[Mention]:
        """The places that rely on the function being a coroutine function, or may."""
        self._want(frozenset({function.name}))
        return [mention for mention in self._mentions[function.name] if self._relies(mention, function)]

    def want(self, names: Iterable[str]) -> None:
        """Find these names in one go, as they will be asked for."""
        self._want(frozenset(names))

    def _has_called_instances(self, function: Function) -> bool:
        """Whether somebody awaits a call of an object that has this `__call__`."""
        for module in self._program.modules.project:
            if "await" not in module.source.text:
                continue
            for other in module.functions.values():
                if not other.is_async:
                    continue
                for node in ast.walk(other.node):
                    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                        values = self._program.evaluate(node.value.func, frame_of(self._program, other))
                        if any(isinstance(value, InstanceV) and value.cls is function.owner for value in values):
                            return True
        return False

    def _relies(self, mention: Mention, function: Function) -> bool:
        """Whether this place, if it means the function, calls it or gives it to what may await it."""
        node = mention.node
        if isinstance(node, ast.alias):
            return True  # under another name we do not follow it
        if not self._means(mention, function):
            return False
        parent = mention.parents.get(node)
        if isinstance(parent, ast.Attribute):
            return not parent.attr.startswith("__")
        if isinstance(parent, ast.Subscript) and parent.slice is node:
            return last_name(parent.value) != "dependency_overrides"
        if isinstance(parent, ast.Assign):
            return not all(
                isinstance(target, ast.Subscript) and last_name(target.value) == "dependency_overrides"
                for target in parent.targets
            )
        return not self._is_given_to_framework(mention, node, function)

    def _is_given_to_framework(self, mention: Mention, node: ast.AST, function: Function) -> bool:
        """Whether what stands there goes nowhere but to the framework, which takes `def` and `async def` alike."""
        parent = mention.parents.get(node)
        if isinstance(parent, ast.Return):
            return self._goes_out(mention, function)
        held = node
        while isinstance(parent, ast.keyword | ast.Dict | ast.List | ast.Tuple | ast.Set):
            if isinstance(parent, ast.Dict) and held in parent.keys:
                return True
            held, parent = parent, mention.parents.get(parent)
        if isinstance(parent, ast.Attribute) and parent.attr in ("items", "values"):
            held = mention.parents.get(parent, parent)
            parent = mention.parents.get(held)
        if isinstance(parent, ast.For) and held is parent.iter:
            return self._is_registered_in(parent, mention, function)
        return isinstance(parent, ast.Call) and parent.func is not held and _takes_functions(parent)

    def _goes_out(self, mention: Mention, function: Function) -> bool:
        """Whether a factory returns the function, and all its calls stand where the framework takes what they give."""
        factory = mention.code
        if not isinstance(factory, Function) or function.parent is not factory or factory.is_async:
            return False
        if isinstance(factory.node, ast.Lambda) or factory.node.decorator_list or factory.parent is not None:
            return False
        self._want(frozenset({factory.name}))
        calls = 0
        for other in self._mentions[factory.name]:
            if isinstance(other.node, ast.alias):
                return False
            if not self._means(other, factory):
                continue
            call = other.parents.get(other.node)
            if not isinstance(call, ast.Call) or call.func is not other.node:
                return False
            taker = other.parents.get(call)
            taker = other.parents.get(taker) if isinstance(taker, ast.keyword) else taker
            if not isinstance(taker, ast.Call) or taker.func is call or not _takes_functions(taker):
                return False
            calls += 1
        return calls > 0

    def _is_registered_in(self, loop: ast.For, mention: Mention, function: Function) -> bool:
        """Whether a loop over several functions does nothing with them but register them."""
        names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        frame = frame_of(self._program, mention.code)
        parents = {child: node for body in loop.body for node in ast.walk(body) for child in ast.iter_child_nodes(node)}
        for node, parent in parents.items():
            if not isinstance(node, ast.Name) or node.id not in names:
                continue
            values = self._program.evaluate(node, frame)
            if values and not any(isinstance(value, FunctionV) for value in values):
                continue
            taker = parents.get(parent) if isinstance(parent, ast.keyword) else parent
            if not isinstance(taker, ast.Call) or taker.func is node or not _takes_functions(taker):
                return False
        return True

    def _means(self, mention: Mention, function: Function) -> bool:
        """Whether the name may stand for the function there."""
        node = mention.node
        assert isinstance(node, ast.Name | ast.Attribute)
        values = behind(self._program, self._program.evaluate(node, frame_of(self._program, mention.code)))
        if values:
            return any(isinstance(value, FunctionV) and value.function is function for value in values)
        if isinstance(node, ast.Name):
            return function.owner is None and not _is_local(mention.code, node.id)
        if function.owner is not None:
            # An object of unknown class: it may be our method where the result is awaited, or given to what may do so.
            call = mention.parents.get(node)
            return not isinstance(call, ast.Call) or isinstance(mention.parents.get(call), _HANDS_ON)
        return last_name(node.value) == function.module.name.rpartition(".")[2]

    def _roots_that_may(self) -> frozenset[str]:
        return frozenset(
            study.entry.function.name
            for study in self._survey.studies
            if study.entry.is_async and study.entry.kind in TAKES_EITHER and not study.awaits
        )

    def _want(self, names: frozenset[str]) -> None:
        """Have all mentions of these names, in one go over the project."""
        missing = names - self._mentions.keys()
        if not missing:
            return
        self._mentions.update((name, []) for name in missing)
        for module in self._program.modules.project:
            for mention, name in mentions(module, missing):
                self._mentions[name].append(mention)


def _takes_functions(call: ast.Call) -> bool:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return last_name(call.func) in _TAKES_FUNCTIONS or (of is not None and last_name(of) == "dependency_overrides")


def _is_local(code: Code, name: str) -> bool:
    """Whether the name is bound here by anything but a definition or an import."""
    scope: Code | None = code
    while scope is not None:
        bindings = scope.scope.bindings.get(name)
        if bindings:
            return all(binding.kind not in (Bind.FUNCTION, Bind.IMPORT) for binding in bindings)
        scope = scope.parent if isinstance(scope, Function | Class) else None
    return False


def _looks_like_route(decorator: ast.expr) -> bool:
    """`@router.get("/x")` on a router of unknown make."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute) or not decorator.args:
        return False
    first = decorator.args[0]
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] in ("/", "")
