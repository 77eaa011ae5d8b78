"""How a function's own statements go: its tests, what they ask for, where its names are bound, filled and handed on."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from clearway.check.source.syntax import children, last_name, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

Test = ast.If | ast.IfExp | ast.BoolOp | ast.Match | ast.While | ast.Assert | ast.comprehension
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
TESTS = (ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.While, ast.Assert, ast.comprehension)
HARMLESS = (ast.If, ast.IfExp, ast.While, ast.Return, ast.Compare, ast.For, ast.BoolOp, ast.UnaryOp, ast.FormattedValue)
"""Around a collection's name these put nothing into it."""
ASKING = frozenset({"isinstance", "callable", "hasattr", "bool", "str", "getattr"})
LOOKING = frozenset({"len", "bool", "isinstance", "print", "str", "repr", "any", "all", "sorted", "list", "sum"})
"""Functions that put nothing into the collection that they are given."""


TAKES_COROUTINES = frozenset({"gather", "wait", "wait_for", "as_completed", "create_task", "ensure_future", "shield"})


class Flow:
    """Read in one walk over a function, without those that it holds."""

    def __init__(self, function: ast.AST) -> None:
        self._function = function
        self.tests: list[Test] = []
        self.calls: list[ast.Call] = []
        self.returns: list[ast.Return] = []
        self.awaited: set[ast.AST] = set()
        self.keys: list[ast.expr] = []
        """What is looked up in something: `REGISTRY[kind]`."""
        self._loops: list[ast.AST] = []
        self._names: dict[str, list[tuple[ast.Name, ast.AST]]] = {}
        self.nested: list[ast.AST] = []
        self.attribute_stores: list[tuple[str, ast.expr]] = []
        self.unconditional: set[ast.AST] = set()
        """What is assigned by statements that run whenever the function goes on behind them."""
        self._read()

    def _read(self) -> None:
        body = getattr(self._function, "body", [])
        for statement in body if isinstance(body, list) else []:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                self.unconditional.add(statement.value)
        written: set[ast.AST] = set()
        waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body]
        while waiting:
            node = waiting.pop()
            if isinstance(node, NESTED):
                self.nested.append(node)
                continue
            if isinstance(node, TESTS):
                if node not in written:
                    self.tests.append(node)
            elif isinstance(node, ast.Call):
                self.calls.append(node)
            elif isinstance(node, ast.Await):
                self.awaited.add(node.value)
            elif isinstance(node, ast.Return):
                self.returns.append(node)
            elif isinstance(node, ast.Subscript):
                self.keys.append(node.slice)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                self.attribute_stores.append((node.targets[0].attr, node.value))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute) and node.value is not None:
                self.attribute_stores.append((node.target.attr, node.value))
            if isinstance(node, LOOPS):
                self._loops.append(node)
            below = children(node)
            if isinstance(node, ast.JoinedStr):
                # Before Python 3.12, places inside of formatted text are not to be relied on.
                written.update(ast.walk(node))
            for child in below:
                if isinstance(child, ast.Name):
                    self._names.setdefault(child.id, []).append((child, node))
            waiting += below
        self.tests.sort(key=start_of)

    @cached_property
    def tested(self) -> frozenset[str]:
        """Names that tests ask for: `if wait`, `kind == "x"`, `isinstance(x, list)`, `REGISTRY[kind]`."""
        found: set[str] = set()
        for test in self.tests:
            for subject in _subjects(test):
                found.update(asked_names(subject))
        for key in self.keys:
            found.update(asked_names(key))
        for call in self.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "get" and call.args:
                found.update(asked_names(call.args[0]))
        return frozenset(found)

    @cached_property
    def handed(self) -> list[tuple[str, int | str, str]]:
        """Names that are handed on as they are: the function's last name, the position or keyword, the name."""
        found: list[tuple[str, int | str, str]] = []
        for call in self.calls:
            called = last_name(call.func)
            if not called:
                continue
            for index, argument in enumerate(call.args):
                found.extend((called, index, name) for name in asked_names(argument))
            for keyword in call.keywords:
                if keyword.arg is not None:
                    found.extend((called, keyword.arg, name) for name in asked_names(keyword.value))
        return found

    @cached_property
    def handed_to_loop(self) -> frozenset[ast.AST]:
        """Calls whose coroutines are handed to what runs them: `gather(a(), *(b(x) for x in y))`."""
        taking = [call for call in self.calls if last_name(call.func) in TAKES_COROUTINES]
        return frozenset(given for call in taking for given in given_coroutines(call))

    @cached_property
    def set_by_name(self) -> list[ast.expr]:
        """Objects whose attributes it sets by computed names: `setattr(x, name, value)`, `x.__dict__.update(...)`."""
        found: list[ast.expr] = []
        for call in self.calls:
            if last_name(call.func) in ("setattr", "__setattr__") and len(call.args) == 3:
                if not isinstance(call.args[1], ast.Constant):
                    found.append(call.args[0])
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "update":
                owner = call.func.value
                if isinstance(owner, ast.Attribute) and owner.attr == "__dict__":
                    found.append(owner.value)
        return found

    def repeats(self, use: ast.AST) -> bool:
        """Whether a place is inside of a loop."""
        return any(_holds(loop, use) for loop in self._loops)

    @cached_property
    def _declared_inside(self) -> frozenset[str]:
        return frozenset(
            name
            for function in self.nested
            for node in ast.walk(function)
            if isinstance(node, ast.Nonlocal)
            for name in node.names
        )

    def behind(self, statement: ast.AST) -> list[ast.stmt]:
        """The statements behind one in its block."""
        return self._behind.get(statement, [])

    @cached_property
    def _behind(self) -> dict[ast.AST, list[ast.stmt]]:
        found: dict[ast.AST, list[ast.stmt]] = {}
        for node in statements(self._function):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                together: list[ast.stmt] = block if isinstance(block, list) else []
                for index, one in enumerate(together):
                    if isinstance(one, ast.If):
                        found[one] = together[index + 1 :]
        return found

    def shares(self, name: str) -> bool:
        """Whether a function inside binds this name of ours."""
        return bool(self.nested) and name in self._declared_inside

    def uses_that_fill(self, name: str) -> list[ast.AST]:
        """Where a collection of this name may be filled, or be handed to somebody who may fill it."""
        return [use for use, _ in self.uses_that_may_fill(name)]

    def uses_that_may_fill(self, name: str) -> list[tuple[ast.AST, ast.AST]]:
        """The same, each with what stands around it."""
        found: list[tuple[ast.AST, ast.AST]] = []
        for use, around in self._names.get(name, ()):
            looks = (
                isinstance(use.ctx, ast.Store)
                or isinstance(around, HARMLESS)
                or (isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Load))
                or (isinstance(around, ast.Call) and last_name(around.func) in LOOKING)
            )
            if not looks:
                found.append((use, around))
        for inside in self.nested:
            found.extend((node, inside) for node in ast.walk(inside) if isinstance(node, ast.Name) and node.id == name)
        return found


def _subjects(test: Test) -> list[ast.expr]:
    match test:
        case ast.Match(subject=subject):
            return [subject]
        case ast.BoolOp(values=values):
            return values
        case ast.comprehension(ifs=ifs):
            return ifs
        case ast.If(test=inner) | ast.IfExp(test=inner) | ast.While(test=inner) | ast.Assert(test=inner):
            return [inner]


def asked_names(node: ast.expr) -> set[str]:
    """The names on which the outcome of a test, or the value of an expression, rests as they are."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=value):
            return asked_names(value)
        case ast.UnaryOp(operand=operand):
            return asked_names(operand)
        case ast.BoolOp(values=values):
            return set().union(*map(asked_names, values))
        case ast.IfExp():
            return asked_names(node.test) | asked_names(node.body) | asked_names(node.orelse)
        case ast.Compare(left=left, comparators=comparators):
            return asked_names(left).union(*map(asked_names, comparators))
        case ast.NamedExpr(value=value):
            return asked_names(value)
        case ast.Call(func=ast.Name(id=called), args=[first, *_]) if called in ASKING:
            return asked_names(first)
        case ast.Call(func=ast.Attribute(value=value)):
            return asked_names(value)
        case _:
            return set()


def given_coroutines(call: ast.Call) -> Iterator[ast.AST]:
    """The calls whose results another call is given, one by one or as a collection."""
    for argument in call.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.GeneratorExp | ast.ListComp):
            yield inner.elt
        elif isinstance(inner, ast.List | ast.Tuple):
            yield from inner.elts
        else:
            yield inner


def start_of(node: ast.AST) -> tuple[int, int]:
    """Where a node begins."""
    if isinstance(node, ast.comprehension):
        node = node.target
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
        node = node.decorator_list[0]
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def end_of(node: ast.AST) -> tuple[int, int]:
    """Where a node ends, or a place behind the beginning of all that it holds, where trees were made compact."""
    if (line := getattr(node, "end_lineno", None)) is not None:
        return line, getattr(node, "end_col_offset", 0)
    return (node.lineno, node.col_offset + 1) if isinstance(node, ast.expr) else (0, 0)


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return start_of(outer) <= start_of(inner) < end_of(outer)
