"""`async def` becomes `def` where nothing would notice but the loop."""

from __future__ import annotations

import pytest

from clearway.check.fix import applied
from tests.check.fix.marked import fixed, is_left_out, marked


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«to_def:async def f(): pass»\n", "def f(): pass\n"),
        ("«to_def:async   def f(): pass»\n", "def f(): pass\n"),
        ("«to_def:async \\\n  def f(): pass»\n", "def f(): pass\n"),
        (
            "# a\n@app.get('/')  # b\n«to_def:async»  def  f(): return 1  # c\n",
            "# a\n@app.get('/')  # b\ndef  f(): return 1  # c\n",
        ),
        ("class A:\n\t«to_def:async» def f(self): pass", "class A:\n\tdef f(self): pass"),
        (
            "«to_def:async» def f():\n    async def g(): await h()\n    return lambda: (yield)\n",
            "def f():\n    async def g(): await h()\n    return lambda: (yield)\n",
        ),
        ("«to_def:async» def f(): pass\nasync def g(): await x.f()\n", "def f(): pass\nasync def g(): await x.f()\n"),
        ("«to_def:async» def f[T](x: T) -> T: return x\n", "def f[T](x: T) -> T: return x\n"),
    ],
)
def test_a_coroutine_function_becomes_a_function(before: str, after: str) -> None:
    assert fixed(before) == after


@pytest.mark.parametrize(
    "body",
    [
        "await g()",
        "async for x in y: pass",
        "async with x: pass",
        "return [x async for x in y]",
        "return (x async for x in y)",
        "yield 1",
        "x = yield",
        "return f'{await g()}'",
        "def g(x=await h()): pass",
        "return [x for x in await y]",
    ],
)
def test_a_function_that_awaits_or_yields_stays(body: str) -> None:
    assert is_left_out(f"«to_def:async» def f():\n    {body}\n")


@pytest.mark.parametrize(
    "text",
    [
        "«to_def:def f(): pass»\n",
        "x = «to_def:f()»\n",
        "«to_def:async» def f(): pass\nasync def g(): await f()\n",
        "class A:\n    «to_def:async» def f(self): pass\n    async def g(self): await self.f()\n",
        "class A:\n    «to_def:async» def __aenter__(self): return self\n",
    ],
)
def test_a_function_that_is_awaited_stays(text: str) -> None:
    assert is_left_out(text)


def test_nothing_awaits_in_a_function_that_becomes_def() -> None:
    text, fixes = marked(
        "async def f():\n    «to_thread:g()»\n    «hand_over:h(1)»\n\n«to_def:async» def i():\n    «to_thread:g()»\n"
    )
    after, done = applied(text, fixes)
    assert [fix.kind for fix in done] == ["to_thread", "to_def"]
    assert after.endswith("    await asyncio.to_thread(g)\n    h(1)\n\ndef i():\n    g()\n")
