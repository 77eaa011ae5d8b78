"""What tests let run only once: what is kept is made where it is not there yet.

`if x is None: x = make()`; the same in a method that is called there; and `if x is not None: return x` before it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.source.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Called = Callable[[ast.Call], ast.AST | None]
    Outlives = Callable[[ast.expr], bool]

MOST_METHODS = 3
"""So far from the test what is kept may be set: `get` calls `_create`, which calls `_create_again`, which sets it."""


def made_lazily(function: ast.AST, outlives: Outlives, called: Called, is_raised: Outlives) -> frozenset[ast.AST]:
    """What runs once of a function. `outlives` says of a name or attribute whether it is there for the next call too,
    `called` gives the function of the same class or module that a call runs, `is_raised` says whether a flag may be
    set again.
    """
    tests = _Tests(outlives, called, is_raised)
    found: set[ast.AST] = set()
    for node in walk(function):
        for once in tests.read(node):
            found.update(inner for statement in once for inner in walk(statement))
    return frozenset(found)


def put_down(function: ast.AST, outlives: Outlives, called: Called) -> dict[ast.AST, list[ast.expr]]:
    """What stands below `if flag:` where that puts the flag down, with the flags."""
    tests = _Tests(outlives, called, lambda _flag: False)
    found: dict[ast.AST, list[ast.expr]] = {}
    for node in walk(function):
        if isinstance(node, ast.If) and tests.is_put_down(node):
            for statement in node.body:
                for inner in walk(statement):
                    found.setdefault(inner, []).append(node.test)
    return found


Kept = dict[str, str | None]
"""Names and attributes, as text to compare by, and the value that they are compared with; None for `is None`."""


class _Tests:
    """Reads tests for what is there already, and looks whether it is set where it is not."""

    def __init__(self, outlives: Outlives, called: Called, is_raised: Outlives) -> None:
        self._outlives = outlives
        self._called = called
        self._is_raised = is_raised

    def read(self, node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
        """The statements that run once, of those right below this one."""
        if isinstance(node, ast.If) and (
            self._runs_once(self._missing(node.test), node.body) or self.is_put_down(node)
        ):
            yield node.body
        for name in ("body", "orelse", "finalbody"):
            together = getattr(node, name, None)
            for index, test in enumerate(together if isinstance(together, list) else ()):
                # `if self.x is not None: return self.x`
                if isinstance(test, ast.If) and not test.orelse and isinstance(test.body[-1], ast.Return):
                    behind = together[index + 1 :] if isinstance(together, list) else []
                    if self._runs_once(self._present(test.test), behind):
                        yield behind

    def is_put_down(self, node: ast.If) -> bool:
        """`if self.first: ...; self.first = False`, a flag that no statement there raises again."""
        flag = node.test
        if not isinstance(flag, ast.Name | ast.Attribute) or not self._outlives(flag):
            return False
        values = self._stores(node.body, 0, set()).get(ast.dump(flag), [])
        return values == [_FALSE] and not self._is_raised(flag)

    def _runs_once(self, ways: list[Kept], body: Sequence[ast.stmt]) -> bool:
        """Whether what is asked for is set there. Of several `ways` to get there each has to be closed by it."""
        if not ways or not body:
            return False
        stores = self._stores(body, 0, set())
        return all(any(_is_set(name, value, stores) for name, value in way.items()) for way in ways)

    def _missing(self, test: ast.expr) -> list[Kept]:
        """What a test asks to be missing: `x is None`, `not x`, joined by `and`, `or`; nothing where it asks more."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                return self._present(test.operand)
            case ast.BoolOp(op=ast.Or()):
                return _each([self._missing(part) for part in test.values])
            case ast.BoolOp(op=ast.And()):
                return _any([self._missing(part) for part in test.values])
            case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
                return self._kept(left, None)
            case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[value]) if _is_fixed(value):
                return self._kept(left, ast.dump(value))
            case _:
                return []

    def _present(self, test: ast.expr) -> list[Kept]:
        """The same of a test that holds where it is there: `x is not None`, `x`, `self.state == State.READY`."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                return self._missing(test.operand)
            case ast.BoolOp(op=ast.And()):
                return _each([self._present(part) for part in test.values])
            case ast.BoolOp(op=ast.Or()):
                return _any([self._present(part) for part in test.values])
            case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
                return self._kept(left, None)
            case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[value]) if _is_fixed(value):
                return self._kept(left, ast.dump(value))
            case _:
                return self._kept(test, None)

    def _kept(self, subject: ast.expr, value: str | None) -> list[Kept]:
        if not isinstance(subject, ast.Name | ast.Attribute) or not self._outlives(subject):
            return []
        return [{ast.dump(subject): value}]

    def _stores(self, body: Sequence[ast.AST], depth: int, seen: set[ast.AST]) -> dict[str, list[str]]:
        """What statements set, and what the functions set that they call, with the values: as text."""
        found: dict[str, list[str]] = {}
        for node in (node for statement in body for node in walk(statement)):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name | ast.Attribute):
                        name = ast.dump(target).replace("Store()", "Load()")
                        found.setdefault(name, []).append(ast.dump(node.value))
            elif isinstance(node, ast.Call) and depth < MOST_METHODS:
                inner = self._called(node)
                if inner is None or inner in seen:
                    continue
                seen.add(inner)
                for name, values in self._stores(getattr(inner, "body", []), depth + 1, seen).items():
                    if name.startswith("Attribute") or _is_global(name, inner):
                        found.setdefault(name, []).extend(values)
        return found


def _is_set(name: str, value: str | None, stores: dict[str, list[str]]) -> bool:
    values = stores.get(name, [])
    if value is not None:
        return value in values
    # A flag that is put back, `self.busy = False`, lets it run again.
    return any(one != _NONE for one in values) and _FALSE not in values


_NONE = ast.dump(ast.Constant(None))
_FALSE = ast.dump(ast.Constant(False))


def _each(parts: list[list[Kept]]) -> list[Kept]:
    """One that is missing is enough to make it again: all must be set."""
    return [way for part in parts for way in part] if all(parts) else []


def _any(parts: list[list[Kept]]) -> list[Kept]:
    """It is made only where all are missing: to set one is enough."""
    single = [part[0] for part in parts if len(part) == 1]
    return [{name: value for way in single for name, value in way.items()}] if single else []


def _is_fixed(value: ast.expr) -> bool:
    """A constant, or a member of an enumeration by the way it is written."""
    if isinstance(value, ast.Attribute):
        return value.attr.isupper()
    return isinstance(value, ast.Constant) and value.value is not None


def _is_global(name: str, function: ast.AST) -> bool:
    """Whether a name that a function sets is its module's."""
    return any(f"id='{one}'" in name for node in walk(function) if isinstance(node, ast.Global) for one in node.names)
