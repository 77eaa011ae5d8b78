"""What becomes of a call's result, by what the call stands in."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from clearway.check.program.code import Function
from clearway.check.program.code.scopes import Bind
from clearway.check.source.syntax import children

if TYPE_CHECKING:
    from clearway.check.rules.places import Site


class Kind(Enum):
    """In which way the result is used."""

    DROPPED = auto()
    """A statement of its own."""
    ASSIGNED = auto()
    """To names of which nothing more is said here."""
    TESTED = auto()
    COMPARED = auto()
    COMPUTED = auto()
    FORMATTED = auto()
    READ = auto()
    """By an attribute or an index."""
    CALLED = auto()
    ITERATED = auto()
    ENTERED = auto()
    HANDED = auto()
    """To the call that is `node`."""
    RETURNED = auto()


@dataclass(frozen=True, slots=True)
class Fate:
    """One use of a result."""

    kind: Kind
    node: ast.AST
    """What uses it."""
    inside: bool = False
    """The result is not used itself, but held by a collection that is."""
    names: tuple[str, ...] = ()
    """ASSIGNED: to which."""
    keyword: str | None = None
    """HANDED: by this name."""


def fate_of(site: Site, node: ast.AST | None = None) -> Fate | None:
    """How the result of the site's call, or of another expression there, is used; None for what says nothing."""
    inside = False
    for child, parent in site.ancestors(node):
        match parent:
            case ast.IfExp() if child is not parent.test:
                continue
            case ast.BoolOp() if child is parent.values[-1]:
                continue
            case ast.List() | ast.Tuple() | ast.Set():
                inside = True
            case ast.Dict() if child in parent.values:
                inside = True
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if child is parent.elt:
                inside = True
            case ast.keyword():
                receiver = site.parents[parent]
                return Fate(Kind.HANDED, receiver, inside, keyword=parent.arg) if parent.arg else None
            case ast.withitem():
                block = site.parents[parent]
                return Fate(Kind.ENTERED, block) if isinstance(block, ast.With) and not inside else None
            case _:
                kind = _kind(child, parent)
                if kind is None or (inside and kind not in _OF_COLLECTIONS):
                    return None
                return Fate(kind, parent, inside, _targets(parent) if kind is Kind.ASSIGNED else ())
    return None


def never_read(site: Site, names: tuple[str, ...]) -> bool:
    """Whether the function that assigns these names does nothing more with them."""
    function = _function_of(site)
    if function is None or any(name in function.scope.elsewhere for name in names):
        return False
    return not any(_reads(function).get(name) for name in names)


def uses(site: Site, name: str) -> list[Fate | None]:
    """The fate of every use of a name that this site's statement alone binds.

    Nothing where the name is bound elsewhere too, or where nested functions use it: then its value may be another one.
    """
    function = _function_of(site)
    if function is None or name in function.scope.elsewhere:
        return []
    bindings = [one for one in function.scope.bindings.get(name, ()) if one.kind is not Bind.ANNOTATION]
    read = sorted(_reads(function).get(name, []), key=lambda one: (one[0].lineno, one[0].col_offset))
    if len(bindings) != 1 or any(nested or not isinstance(node.ctx, ast.Load) for node, nested in read):
        return []
    return [fate_of(site, node) for node, _ in read]


_OF_COLLECTIONS = frozenset({Kind.DROPPED, Kind.ASSIGNED, Kind.FORMATTED, Kind.HANDED, Kind.RETURNED})
"""What a collection can suffer that is as wrong for what it holds."""
_SEES_ALL = frozenset({"locals", "vars", "eval", "exec"})


def _kind(child: ast.AST, parent: ast.AST) -> Kind | None:
    match parent:
        case ast.Expr():
            return Kind.DROPPED
        case ast.Assign():
            if all(isinstance(target, ast.Name) for target in parent.targets):
                return Kind.ASSIGNED
            return Kind.ITERATED if any(isinstance(target, ast.Tuple | ast.List) for target in parent.targets) else None
        case ast.AnnAssign(target=ast.Name()) if child is parent.value:
            return Kind.ASSIGNED
        case ast.If() | ast.While() | ast.Assert() | ast.IfExp() if child is parent.test:
            return Kind.TESTED
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return Kind.TESTED
        case ast.comprehension() if child in parent.ifs:
            return Kind.TESTED
        case ast.comprehension() | ast.For() if child is parent.iter:
            return None if isinstance(parent, ast.comprehension) and parent.is_async else Kind.ITERATED
        case ast.Starred():
            return Kind.ITERATED
        case ast.Compare():
            return Kind.COMPARED
        case ast.BinOp() | ast.UnaryOp() | ast.AugAssign():
            return Kind.COMPUTED
        case ast.FormattedValue():
            return Kind.FORMATTED
        case ast.Attribute():
            return Kind.READ
        case ast.Subscript() if child is parent.value:
            return Kind.READ
        case ast.Call():
            return Kind.CALLED if child is parent.func else Kind.HANDED
        case ast.Return():
            return Kind.RETURNED
        case _:
            return None


def _targets(statement: ast.AST) -> tuple[str, ...]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return tuple(target.id for target in targets if isinstance(target, ast.Name))


def _function_of(site: Site) -> Function | None:
    """The function whose name is assigned; None where names are attributes, or where something may see them all."""
    code = site.code
    if not isinstance(code, Function) or isinstance(code.node, ast.Lambda):
        return None
    return None if _SEES_ALL & set(_reads(code)) else code


@lru_cache(maxsize=64)
def _reads(function: Function) -> dict[str, list[tuple[ast.Name, bool]]]:
    """Where a function reads or deletes each name, and whether a function or class nested in it does."""
    found: dict[str, list[tuple[ast.Name, bool]]] = {}
    stack: list[tuple[ast.AST, bool]] = [(child, False) for child in children(function.node)]
    while stack:
        node, nested = stack.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Store):
                found.setdefault(node.id, []).append((node, nested))
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            nested = True
        stack.extend((child, nested) for child in children(node))
    return found
