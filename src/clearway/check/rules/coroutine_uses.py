"""Whether an `async def` may become `def`: who, in the whole project, relies on it being a coroutine function."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearway.check.program.modules import Class, Function, Module, last_name
from clearway.check.program.scopes import Bind
from clearway.check.program.syntax import children
from clearway.check.program.values import ExternalV, FunctionV, InstanceV, ModelV
from clearway.check.rules.places import frame_of, has_any, lines_of
from clearway.check.verdicts import awaits
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A place where a function's name is read."""

    module: Module
    code: Code
    node: ast.Name | ast.Attribute | ast.alias
    parents: dict[ast.AST, ast.AST]


class CoroutineUses:
    """Knows of every mention of the roots that could become `def`."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._program = survey.program
        self._kinds: dict[Function, set[RootKind]] = defaultdict(set)
        for study in survey.studies:
            self._kinds[study.entry.function].add(study.entry.kind)
        self._mentions: dict[str, list[_Mention]] | None = None
        self._answers: dict[Function, bool] = {}

    def may_be_def(self, study: Study) -> bool:
        """Whether nobody would notice, but for where it runs."""
        function = study.entry.function
        if function not in self._answers:
            self._answers[function] = self._suits(study) and not self._is_used(function)
        return self._answers[function]

    def _suits(self, study: Study) -> bool:
        function = study.entry.function
        if not function.is_async or awaits(study) or study.entry.frame.code is not function:
            return False
        if not self._kinds[function] <= TAKES_EITHER or function.name in ("__aenter__", "__aexit__", "__anext__"):
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
        return any(self._relies(mention, function) for mention in self._find()[function.name])

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

    def _relies(self, mention: _Mention, function: Function) -> bool:
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
        while isinstance(parent, ast.keyword | ast.Dict | ast.List | ast.Tuple):
            if isinstance(parent, ast.Dict) and node in parent.keys:
                return False
            parent = mention.parents.get(parent)
        if isinstance(parent, ast.Call) and parent.func is not node:
            of = parent.func.value if isinstance(parent.func, ast.Attribute) else None
            return not (last_name(parent.func) in _TAKES_FUNCTIONS or (of and last_name(of) == "dependency_overrides"))
        return True

    def _means(self, mention: _Mention, function: Function) -> bool:
        """Whether the name may stand for the function there."""
        node = mention.node
        assert isinstance(node, ast.Name | ast.Attribute)
        values = self._program.evaluate(node, frame_of(self._program, mention.code))
        if values:
            return any(isinstance(value, FunctionV) and value.function is function for value in values)
        if isinstance(node, ast.Name):
            return function.owner is None and not _is_local(mention.code, node.id)
        if function.owner is not None:
            # An object of unknown class: it may be our method where the result is awaited, or given to what may do so.
            call = mention.parents.get(node)
            return not isinstance(call, ast.Call) or isinstance(mention.parents.get(call), _HANDS_ON)
        return last_name(node.value) == function.module.name.rpartition(".")[2]

    def _find(self) -> dict[str, list[_Mention]]:
        """All mentions of all candidates, in one go over the project."""
        if self._mentions is None:
            self._mentions = defaultdict(list)
            names = {
                study.entry.function.name
                for study in self._survey.studies
                if study.entry.is_async and study.entry.kind in TAKES_EITHER and not awaits(study)
            }
            for module in self._program.modules.project:
                for mention, name in _mentions(module, names):
                    self._mentions[name].append(mention)
        return self._mentions


def _mentions(module: Module, names: set[str]) -> Iterator[tuple[_Mention, str]]:
    words = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b") if names else None
    lines = lines_of(module.source.text, words.finditer(module.source.text)) if words else []
    if not lines:
        return
    for statement in module.source.tree.body:
        if not has_any(statement, lines):
            continue
        parents: dict[ast.AST, ast.AST] = {}
        stack: list[tuple[ast.AST, Code]] = [(statement, module)]
        while stack:
            node, code = stack.pop()
            name = _read_name(node)
            if name in names:
                assert isinstance(node, ast.Name | ast.Attribute | ast.alias)
                yield _Mention(module, code, node, parents), name
            inside, outside = code, set()
            if _is_scope(node):
                if not isinstance(code, Function) and isinstance(node, ast.stmt) and not has_any(node, lines):
                    continue
                inside = module.functions.get(node) or module.classes.get(node) or code
                outside = {*getattr(node, "decorator_list", ()), *_signature(node)}
            for child in node.names if isinstance(node, ast.Import | ast.ImportFrom) else children(node):
                parents[child] = node
                stack.append((child, code if child in outside else inside))


def _read_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
            return name
        case ast.alias(name=name, asname=str() as other) if other != name:
            return name
        case _:
            return ""


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, (*_FUNCTIONS, ast.ClassDef))


def _signature(node: ast.AST) -> list[ast.AST]:
    """What of a definition runs where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *node.keywords]
    return [node.args] if isinstance(node, _FUNCTIONS) else []


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
