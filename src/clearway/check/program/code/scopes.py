"""Which names a scope binds, and to what: one pass over a module's, class's or function's own statements."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from clearway.check.source.syntax import children, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ScopeNode = ast.Module | ast.ClassDef | FunctionNode


class Bind(Enum):
    """How a name got its value."""

    IMPORT = auto()
    STAR = auto()
    FUNCTION = auto()
    CLASS = auto()
    VALUE = auto()
    """`node` is the expression, `path` says which part of it."""
    ANNOTATION = auto()
    """`node` is the annotation."""
    ELEMENT = auto()
    """`node` is iterated."""
    ENTERED = auto()
    """`node` is entered as a context manager."""
    PARAMETER = auto()
    OTHER = auto()
    """Deleted, an exception, a captured pattern, a loop of a kind we do not follow."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a name is bound."""

    kind: Bind
    node: ast.AST
    path: tuple[int, ...] = ()
    """Indexes of unpacking, outermost first; -1 for a starred part."""
    module: str = ""
    """IMPORT: the module, dotted, with its leading dots."""
    member: str | None = None
    """IMPORT: the name taken from the module; None for the module itself."""


@dataclass(slots=True)
class Scope:
    """The names of one scope."""

    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    """Declared `global` or `nonlocal`."""
    stars: list[Binding] = field(default_factory=list)
    returns: list[ast.expr] = field(default_factory=list)
    yields: list[ast.Yield | ast.YieldFrom] = field(default_factory=list)
    elements: dict[str, list[ast.expr]] = field(default_factory=dict)
    """What is put into a collection of this name: `name[key] = value`, `name.append(value)`."""
    changed: set[str] = field(default_factory=set)
    """Names that are added to, or deleted: `total += 1`, `del x`."""
    awaits: bool = False
    """Some statement of its own awaits, iterates or enters asynchronously."""

    def bind(self, name: str, binding: Binding) -> None:
        self.bindings.setdefault(name, []).append(binding)


def scope_of(node: ScopeNode) -> Scope:
    """The names that this module, class or function binds itself."""
    scope = Scope()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for parameter in parameters(node.args):
            scope.bind(parameter.arg, Binding(Bind.PARAMETER, parameter))
    if isinstance(node, ast.Lambda):
        _collect(node.body, scope)
        scope.returns.append(node.body)
    else:
        for statement in node.body:
            _collect(statement, scope)
    return scope


def parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter in the order in which it is written."""
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def _collect(root: ast.AST, scope: Scope) -> None:
    stack: list[ast.AST] = [root]
    while stack:
        node = stack.pop()
        collect = _COLLECTORS.get(type(node))
        if collect is not None:
            collect(node, scope)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                stack.extend(reversed(_evaluated_outside(node)))
                continue
        if isinstance(node, ast.Lambda):
            stack.extend(reversed([*node.args.defaults, *(default for default in node.args.kw_defaults if default)]))
            continue
        stack += reversed(children(node))


def _evaluated_outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.AST]:
    """The parts of a definition that run where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
    return [*node.decorator_list, *defaults]


def _target(target: ast.expr, kind: Bind, node: ast.AST, scope: Scope, path: tuple[int, ...] = ()) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding(kind, node, path))
    elif isinstance(target, ast.Tuple | ast.List):
        for index, part in enumerate(target.elts):
            _target(part, kind, node, scope, (*path, index))
    elif isinstance(target, ast.Starred):
        _target(target.value, kind, node, scope, (*path[:-1], -1))


def _import(node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        if alias.asname:
            scope.bind(alias.asname, Binding(Bind.IMPORT, node, module=alias.name))
        else:
            scope.bind(alias.name.partition(".")[0], Binding(Bind.IMPORT, node, module=alias.name.partition(".")[0]))


def _import_from(node: ast.ImportFrom, scope: Scope) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            scope.stars.append(Binding(Bind.STAR, node, module=module))
        else:
            scope.bind(alias.asname or alias.name, Binding(Bind.IMPORT, node, module=module, member=alias.name))


def _assign(node: ast.Assign, scope: Scope) -> None:
    for target in node.targets:
        _target(target, Bind.VALUE, node.value, scope)
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            scope.elements.setdefault(target.value.id, []).append(node.value)


def _put(node: ast.Call, scope: Scope) -> None:
    called = node.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and (put := element_put(node)):
        scope.elements.setdefault(called.value.id, []).append(put)


def element_put(node: ast.Call) -> ast.expr | None:
    """What a call puts into the collection whose method it calls."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in ("append", "add", "appendleft", "put_nowait", "put", "set", "set_result") and len(node.args) == 1:
        return node.args[0]
    if name in ("insert", "setdefault") and len(node.args) == 2:
        return node.args[1]
    return None


def _annotated(node: ast.AnnAssign, scope: Scope) -> None:
    if isinstance(node.target, ast.Name):
        scope.bind(node.target.id, Binding(Bind.ANNOTATION, node.annotation))
        if node.value is not None:
            scope.bind(node.target.id, Binding(Bind.VALUE, node.value))


def _for(node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope) -> None:
    if isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
        scope.awaits = True
    _target(node.target, Bind.ELEMENT, node.iter, scope)


def _with(node: ast.With | ast.AsyncWith, scope: Scope) -> None:
    if isinstance(node, ast.AsyncWith):
        scope.awaits = True
    for item in node.items:
        if item.optional_vars is not None:
            _target(item.optional_vars, Bind.ENTERED, item.context_expr, scope)


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    scope.bind(node.name, Binding(Bind.FUNCTION, node))


def _class(node: ast.ClassDef, scope: Scope) -> None:
    scope.bind(node.name, Binding(Bind.CLASS, node))


def _walrus(node: ast.NamedExpr, scope: Scope) -> None:
    _target(node.target, Bind.VALUE, node.value, scope)


def _elsewhere(node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
    scope.elsewhere.update(node.names)


def _handler(node: ast.ExceptHandler, scope: Scope) -> None:
    if node.name:
        scope.bind(node.name, Binding(Bind.OTHER, node))


def _match(node: ast.Match, scope: Scope) -> None:
    for case in node.cases:
        for pattern in walk(case.pattern):
            name = getattr(pattern, "name", None)
            if isinstance(pattern, ast.MatchAs | ast.MatchStar) and name:
                whole = pattern is case.pattern and isinstance(pattern, ast.MatchAs) and pattern.pattern is None
                scope.bind(name, Binding(Bind.VALUE if whole else Bind.OTHER, node.subject))
            if isinstance(pattern, ast.MatchAs) and name and isinstance(pattern.pattern, ast.MatchClass):
                scope.bind(name, Binding(Bind.ANNOTATION, pattern.pattern.cls))


def _return(node: ast.Return, scope: Scope) -> None:
    if node.value is not None:
        scope.returns.append(node.value)


def _yield(node: ast.Yield | ast.YieldFrom, scope: Scope) -> None:
    scope.yields.append(node)


def _changed(node: ast.AugAssign | ast.Delete, scope: Scope) -> None:
    targets = node.targets if isinstance(node, ast.Delete) else [node.target]
    scope.changed.update(target.id for target in targets if isinstance(target, ast.Name))


def _await(_node: ast.Await, scope: Scope) -> None:
    scope.awaits = True


_COLLECTORS: dict[type[ast.AST], Callable[[Any, Scope], None]] = {
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Assign: _assign,
    ast.Call: _put,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _changed,
    ast.Delete: _changed,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.comprehension: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _class,
    ast.NamedExpr: _walrus,
    ast.Global: _elsewhere,
    ast.Nonlocal: _elsewhere,
    ast.ExceptHandler: _handler,
    ast.Match: _match,
    ast.Return: _return,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
}
