"""Whatever a coroutine looks like: a fix changes what it is about, and nothing else."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.check.fix import FixKind, applied
from clearway.model import Fix

HEADER = "import asyncio  # kept\nimport functools\n\n"


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    callees = st.one_of(st.sampled_from(["f", "self.g", "(h)", "a.b[0]", "super().load"]), inner)
    argument = st.one_of(inner, inner.map("*{}".format))
    named = st.one_of(inner.map("k={}".format), inner.map("**{}".format))
    arguments = st.tuples(st.lists(argument, max_size=2), st.lists(named, max_size=1)).map(
        lambda both: both[0] + both[1]
    )
    layouts = st.sampled_from(["({})", "( {} )", "({},)", "(  # why\n        {},  # é\n        )", "(\n{}\n)"])

    def written(parts: tuple[str, list[str], str]) -> str:
        callee, given, layout = parts
        return callee + (layout.format(", ".join(given)) if given else "()")

    return st.tuples(callees, arguments, layouts).map(written)


def _compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = [
        *("{}.x", "{}[0]", "a[{}:]", "[{}]", "(-{})", "(not {})", "({} ** 2)", "(2 ** {})", "(await {})", "(yield {})"),
        *("[{} for i in y]", "[i for i in {}]", "{{i: 1 for i in y if {}}}", "[[i for i in {}] for j in y]"),
        *("(i for i in {})", "(i for i in y if {})", "(lambda: {})", "(lambda x={}: x)", "(w := {})", "({},)", "f({})"),
        "f(i for i in {})",
    ]
    two = ["({} + {})", "({} if {} else z)", "({} or {})", "{{**{}, 1: {}}}", "({} < {} < 3)", "({}\n  , # two\n {})"]
    return st.one_of(
        st.tuples(st.sampled_from(one), inner).map(lambda both: both[0].format(both[1])),
        st.tuples(st.sampled_from(two), inner, inner).map(lambda all: all[0].format(*all[1:])),
        inner.map(lambda text: f"f'{{{text}}}'" if not set(text) & set("'\n{#") else text),
    )


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "'é'", "(1)", "f()", "self.db.all()", "g(x, 1)"]),
    lambda inner: st.one_of(_calls(inner), _compounds(inner)),
    max_leaves=8,
)
STATEMENTS = st.tuples(
    st.sampled_from(
        [
            *("{}", "x = {}", "x[{}] = y", "for i in {}: pass", "if {}: pass", "with {} as x: pass", "assert {}, y"),
            *("async with {} as x: pass", "def inner(x={}): pass", "def inner(): return {}", "class A({}): pass"),
            *("async def inner(): {}", "with lock:\n        {}", "try: {}\n    finally: pass", "del {}.x", "{}.x += 1"),
        ]
    ),
    EXPRESSIONS,
).map(lambda both: f"    {both[0].format(both[1])}  # é\n")
MODULES = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda lines: f"{HEADER}async def c(self):\n{''.join(lines)}"
)


def _parsed(text: str) -> ast.Module | None:
    """The tree of a text that Python itself takes, scopes and all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "app.py", "exec", dont_inherit=True)
        except SyntaxError:
            return None
        return ast.parse(text)


def _fixes(text: str, tree: ast.Module, kind: FixKind) -> list[Fix]:
    """One for every call."""
    lines = text.split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode())

    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.end_lineno is not None and node.end_col_offset is not None:
            start, end = column(node.lineno, node.col_offset), column(node.end_lineno, node.end_col_offset)
            found.append(Fix(kind, "app.py", node.lineno, start, node.end_lineno, end, ""))
    return found


class _Undone(ast.NodeTransformer):
    """The tree with every `await` and every hand-over undone."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) == "asyncio.to_thread":
            return ast.Call(node.args[0], node.args[1:], node.keywords)
        return node


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@settings(max_examples=40)
@pytest.mark.parametrize("kind", [FixKind.TO_THREAD, FixKind.ADD_AWAIT])
@given(text=MODULES, chosen=st.sets(st.integers(0, 12)) | st.none())
def test_only_what_the_fixes_say_changes(kind: FixKind, text: str, chosen: set[int] | None) -> None:
    tree = _parsed(text)
    if tree is None:  # such as an `await` where none may stand
        return
    every = _fixes(text, tree, kind)
    fixes = every if chosen is None else [fix for index, fix in enumerate(every) if index in chosen]
    after, done = applied(text, fixes)
    fixed = _parsed(after)
    assert fixed is not None, after
    calls = sum(isinstance(node, ast.Await) for node in ast.walk(fixed))
    assert calls == sum(isinstance(node, ast.Await) for node in ast.walk(tree)) + len(done)
    assert ast.dump(_Undone().visit(fixed)) == ast.dump(_Undone().visit(tree))
    assert _comments(after) == _comments(text)
    untouched = set(range(len(text.split("\n")))) - {line for fix in done for line in range(fix.line - 1, fix.end_line)}
    remaining = iter(after.split("\n"))
    assert all(text.split("\n")[line] in remaining for line in sorted(untouched))


@settings(max_examples=25)
@pytest.mark.parametrize("kind", [FixKind.TO_THREAD, FixKind.ADD_AWAIT])
@given(text=MODULES)
def test_fixing_everything_twice_is_fixing_it_once(kind: FixKind, text: str) -> None:
    tree = _parsed(text)
    if tree is None:
        return
    fixes = _fixes(text, tree, kind)
    once = applied(text, fixes)[0]
    again = _parsed(once)
    assert again is not None
    assert applied(once, fixes) == (once, ())
    assert applied(once, _fixes(once, again, kind)) == (once, ())


@settings(max_examples=40)
@given(
    text=_calls(EXPRESSIONS),
    receiver=st.sampled_from(
        [
            "to_thread({})",
            "run_in_executor(None, {})",
            "to_thread(\n    {},\n)",
            "f({}\n, k=1)",
            "Thread(target={}, name=x)",
        ]
    ),
)
def test_a_function_that_is_handed_over_gets_its_arguments(text: str, receiver: str) -> None:
    before = f"{HEADER}async def c(self):\n    {receiver.format(text)}\n"
    tree = _parsed(before)
    if tree is None:
        return
    statement = tree.body[-1]
    assert isinstance(statement, ast.AsyncFunctionDef)
    assert isinstance(statement.body[0], ast.Expr)
    call = statement.body[0].value
    assert isinstance(call, ast.Call)
    inner = call.keywords[0].value if receiver.startswith("Thread") else call.args[-1]
    assert isinstance(inner, ast.Call)
    fix = next(fix for fix in _fixes(before, ast.Module([ast.Expr(inner)], []), FixKind.HAND_OVER))
    after, done = applied(before, [fix])
    assert done == (fix,)
    fixed = _parsed(after)
    assert fixed is not None, after
    assert _comments(after) == _comments(before)
    assert _handed_over(fixed) == ast.dump(inner)
    assert applied(after, [fix]) == (after, ())


def _handed_over(tree: ast.Module) -> str:
    """The call that the receiver will make, in the last statement of the coroutine."""
    statement = tree.body[-1]
    assert isinstance(statement, ast.AsyncFunctionDef)
    assert isinstance(statement.body[0], ast.Expr)
    call = statement.body[0].value
    assert isinstance(call, ast.Call)
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    name = ast.unparse(call.func)
    if name == "Thread":
        function, arguments, keywords = named["target"], list[ast.expr](), list[ast.keyword]()
        if isinstance(args := named.get("args"), ast.Tuple):
            arguments = args.elts
        if isinstance(kwargs := named.get("kwargs"), ast.Dict):
            for key, value in zip(kwargs.keys, kwargs.values, strict=True):
                keywords.append(ast.keyword(str(key.value) if isinstance(key, ast.Constant) else None, value))
    else:
        positional = call.args[1:] if name == "run_in_executor" else call.args
        function, arguments = positional[0], positional[1:]
        keywords = call.keywords if name == "to_thread" else []
    if isinstance(function, ast.Call) and ast.unparse(function.func) == "functools.partial":
        bound = function
        function, arguments, keywords = bound.args[0], bound.args[1:], bound.keywords
    return ast.dump(ast.Call(function, arguments, keywords))
