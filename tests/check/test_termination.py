"""Whatever code looks like, a check ends, finds what is plain to see, and says what it did not look into."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.check import analysis
from clearway.check.request import Request
from clearway.check.result import Result
from clearway.model import Verdict

HEAD = "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
DECORATOR = "def deco(f):\n    def w(*a, **k):\n        return f(*a, **k)\n    return w\n"
DECORATED = "@deco\n@deco\ndef g{0}(x=None): return g{1}(g{2})\n"


def service(body: str, before: str = "") -> str:
    lines = [*body.splitlines(), "time.sleep(1)"]
    return f"{before}{HEAD}@app.get('/')\nasync def read():\n" + "".join(f"    {line}\n" for line in lines)


def numbered(text: str, count: int) -> str:
    return "".join(text.format(number, number + 1) for number in range(count))


SHAPES = {
    "a sum of many parts": service("x = " + " + ".join(["app"] * 2_000)),
    "a chain of attributes": service("x = app" + ".a" * 500),
    "a chain of calls": service("x = app" + ".a()" * 500),
    "nested calls": service("x = " + "f(" * 180 + "1" + ")" * 180, "def f(x): return x\n"),
    "a chain of comparisons": service("x = " + " and ".join(["app"] * 3000)),
    "a long dictionary": service("D['k1']", "D = {" + numbered("'k{0}': {1},\n", 20_000) + "}\n"),
    "a dictionary of functions": service(
        "for k in D: D[k]()",
        numbered("def f{0}(): pass\n", 1000) + "D = {" + numbered("'k{0}': f{0},\n", 1000) + "}\n",
    ),
    "a dictionary that holds itself": service("D['a']['b']()", "D = {}\nD['a'] = D\nD['b'] = [D, {'x': D}]\n"),
    "functions that call each other with more and more": service(
        "a(1)", "def a(x): return b([x])\ndef b(x): return c({'a': x})\ndef c(x): return a((x, x))\n"
    ),
    "closures that make closures": service(
        "mk(mk, mk)(1)",
        "def mk(f, g):\n    def w(*a):\n        return mk(lambda: f, lambda: w)(mk(w, f), mk(g, w))\n    return w\n",
    ),
    "a function decorated a hundred times": service("g()", DECORATOR + "@deco\n" * 100 + "def g(): pass\n"),
    "a hundred decorated functions that call each other": service(
        "g0()", DECORATOR + "".join(DECORATED.format(n, (n * 7 + 1) % 100, (n * 3 + 2) % 100) for n in range(100))
    ),
    "results that double at each step": service(
        "f19(f19)",
        "def f0(x): return (x, x)\n"
        + "".join(f"def f{n}(x): return (f{n - 1}(x), f{n - 1}([x]))\n" for n in range(1, 20)),
    ),
    "objects made of themselves": service(
        "N(None).up()",
        "class N:\n    def __init__(self, n): self.n = n\n    def up(self): return N(self).up()\n",
    ),
    "a name that grows for ever": service(
        "read()",
        "import lib\ndef unwrap(x, f):\n    return unwrap(x.inner, f) if hasattr(x, 'inner') else f()\n"
        "unwrap(lib.thing, print)\nunwrap(lib.Thing(), lambda: 1)\n",
    ),
    "closures that are given closures": service(
        "build([app], lambda: 1)",
        "def build(body, run):\n    def hook(node):\n        def inner():\n            return run()\n"
        "        return build(node.body, inner)\n    return [hook(node) for node in body]\n",
    ),
    "partials of partials": service(
        "grow(print)()", "from functools import partial\ndef grow(f): return grow(partial(f, grow)) or partial(f, f)\n"
    ),
    "collections of collections": service(
        "grow([1])", "def grow(x):\n    y = {'a': [x], 'b': (x, [x])}\n    return grow(y) or grow([y]) or y\n"
    ),
    "queries of queries": service(
        "grow(select(C))",
        "from sqlalchemy import select\nfrom sqlalchemy.orm import DeclarativeBase\nclass C(DeclarativeBase): pass\n"
        "def grow(q): return grow(select(q, C).where(grow)) or grow([q])\n",
    ),
    "models that hold each other": service(
        "A(b={'a': {}})",
        "from pydantic import BaseModel, model_validator\nclass A(BaseModel):\n    b: 'B'\nclass B(BaseModel):\n"
        "    a: A\n    @model_validator(mode='after')\n    def v(self): return B(a=A(b=self))\n",
    ),
    "classes in a circle": service("A().x()", "class A(B): pass\nclass B(A): pass\n"),
    "a line of classes": service(
        "C200().m()",
        "class C0: pass\n" + numbered("class C{1}(C{0}):\n    def m(self): return super().m()\n", 200),
    ),
    "aliases in a circle": service("def f(x: T): x.y()", "T = U\nU = T\n"),
    "a module that takes everything from itself": service("foo()", "from app import *\n"),
    "a combinator": service(
        "Y(lambda s: lambda n: s(n))(1)",
        "Y = lambda f: (lambda x: f(lambda v: x(x)(v)))(lambda x: f(lambda v: x(x)(v)))\n",
    ),
    "a name bound a thousand times": service("x = app\n" + "x = f(x)\n" * 1000 + "x()", "def f(x): return x\n"),
}


def checked(tmp_path: Path, text: str) -> Result:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "app.py").write_text(text)
    return analysis.check(Request(paths=(tmp_path,), use_cache=False))


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_check_ends_and_finds_what_is_plain(tmp_path: Path, text: str) -> None:
    result = checked(tmp_path, text)
    assert not result.skipped
    assert "CW101" in {finding.rule for finding in result.findings}


def test_what_lies_too_deep_is_counted(tmp_path: Path) -> None:
    """The chain is longer than anybody would read; that nothing was found at its end must not look like safety."""
    functions = numbered("def f{0}(x):\n    return f{1}(x)\n", 2500) + "def f2500(x): time.sleep(1)\n"
    text = f"{functions}{HEAD}@app.get('/')\nasync def read():\n    return f0(1)\n"
    result = checked(tmp_path, text)
    (root,) = result.roots
    assert root.verdict in (Verdict.UNKNOWN, Verdict.BLOCKS)
    assert result.unresolved.calls
