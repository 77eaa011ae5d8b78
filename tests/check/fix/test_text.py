"""Outside of its edits a text stays as it is, character for character; and fixes get along with each other."""

from __future__ import annotations

import dataclasses

import pytest

from clearway.check.fix import FixKind, applied, apply
from clearway.model import Fix
from tests.check.fix.marked import fixed, is_left_out, marked


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\r\n\r\nasync def f():\r\n\tx = «to_thread:g(\r\n\t\ta,  # é\r\n\t)»  # …\r\n",
            "import asyncio\r\nimport os\r\n\r\nasync def f():\r\n"
            "\tx = await asyncio.to_thread(\r\n\t\tg,\r\n\t\ta,  # é\r\n\t)  # …\r\n",
        ),
        ("async def f(): «to_thread:g()»", "import asyncio\n\n\nasync def f(): await asyncio.to_thread(g)"),
        ('"""Doc."""\rasync def f(): return «add_await:g()»\r', '"""Doc."""\rasync def f(): return await g()\r'),
        ("\ufeffasync def f(): «add_await:g()»\n", "\ufeffasync def f(): await g()\n"),
        ("\ufeff«to_def:async» def f(): pass", "\ufeffdef f(): pass"),
        ("\ufeffasync def f(): «to_thread:g()»", "\ufeffimport asyncio\n\n\nasync def f(): await asyncio.to_thread(g)"),
        (
            "x = 1\n\f\nasync def f():\n    «add_await:g()»\n\f\n    «add_await:h('\f')»\n",
            "x = 1\n\f\nasync def f():\n    await g()\n\f\n    await h('\f')\n",
        ),
        ("x = 1\n\fasync def f():\n    «add_await:g()»\n", "x = 1\n\fasync def f():\n    await g()\n"),
        ("x = 1\n\f«to_def:async» def f():\f pass\n", "x = 1\n\fdef f():\f pass\n"),
        ("async def f():\n  \f  «add_await:g()»\n", "async def f():\n  \f  await g()\n"),
        (
            "async def f():\n    '𝒳é', «add_await:g('ü')», «add_await:h()»\n",
            "async def f():\n    '𝒳é', await g('ü'), await h()\n",
        ),
        ("async def f():\n    x = 1;  «add_await:g()» ;\n\n\n", "async def f():\n    x = 1;  await g() ;\n\n\n"),
        (
            "async def f():\n    try: pass\n    except (A, B) :  pass\n    \nasync def h(): «add_await:g()»",
            "async def f():\n    try: pass\n    except (A, B) :  pass\n    \nasync def h(): await g()",
        ),
        (
            "x = '\x0c\x1c\u2028\x85'\nasync def f(): «add_await:g()»\n",
            "x = '\x0c\x1c\u2028\x85'\nasync def f(): await g()\n",
        ),
        # Syntax of 3.12 to 3.14, whatever Python runs this.
        (
            "type A[*T] = B[*T]\nasync def f[T: int = str](x: T):\n"
            "    try: f'{'a' + «add_await:g()»}'\n    except A, B: pass\n",
            "type A[*T] = B[*T]\nasync def f[T: int = str](x: T):\n"
            "    try: f'{'a' + await g()}'\n    except A, B: pass\n",
        ),
    ],
)
def test_everything_else_stays(before: str, after: str) -> None:
    assert fixed(before) == after


def test_a_text_that_does_not_parse_is_an_error_of_one_line() -> None:
    for text in (
        "async def f(:\n",
        "x = (\n",
        "if x:\n        y\n    z\n",
        "x = '\ud800'\n",
        "\0",
        "(x if y else z)or a\n",
    ):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            apply(text, [])


def test_a_text_that_is_nested_too_deeply_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^it is nested too deeply$"):
        apply("x = " + "-" * 3000 + "1\n", [Fix(FixKind.ADD_AWAIT, "app.py", 1, 0, 1, 3, "")])


def test_without_fixes_nothing_changes() -> None:
    assert applied("x = 1", []) == ("x = 1", ())
    assert applied("", []) == ("", ())


@pytest.mark.parametrize(
    "place", [(0, 0, 0, 3), (1, 1, 99, 3), (99, 0, 99, 3), (2, -1, 2, 7), (2, 4, 2, 99), (2, 5, 2, 7), (3, 0, 3, 0)]
)
@pytest.mark.parametrize("kind", [*FixKind, "something_else"])
def test_a_place_that_holds_nothing_is_left_out(place: tuple[int, int, int, int], kind: str) -> None:
    text = "async def f():\n    g()\n"
    assert applied(text, [Fix(kind, "app.py", *place, "")]) == (text, ())


def test_an_unknown_kind_is_left_out() -> None:
    assert is_left_out("async def f(): «something:g()»\n")


def test_the_same_fix_twice_is_done_once() -> None:
    text, fixes = marked("import asyncio\nasync def f(): «to_thread:g()»\n")
    again = dataclasses.replace(fixes[0], description="for another root")
    after, done = applied(text, [*fixes, *fixes, again])
    assert after == "import asyncio\nasync def f(): await asyncio.to_thread(g)\n"
    assert done == (fixes[0], again)


def test_of_two_kinds_at_one_place_the_first_is_done() -> None:
    text, fixes = marked("import asyncio\nimport time\nasync def f(): «to_thread:time.sleep(1)»\n")
    sleep = dataclasses.replace(fixes[0], kind=FixKind.ASYNC_SLEEP)
    assert "to_thread(time.sleep, 1)" in apply(text, [*fixes, sleep])
    after, done = applied(text, [sleep, *fixes])
    assert after == "import asyncio\nasync def f(): await asyncio.sleep(1)\n"
    assert done == (sleep,)


def test_a_fix_that_is_left_out_adds_and_takes_no_import() -> None:
    assert is_left_out("import time\nasync def f(): «async_sleep:(time # x\n .sleep)(1)»\n")


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nasync def f(): «to_thread:g(«to_thread:h(1)»)»\n",
        "import asyncio\nasync def f(): x = «to_thread:g(1)».x, «to_thread:g(1)»[0]\n",
        "import asyncio\nimport time\nasync def f():\n    time\n    «async_sleep:time.sleep(1)»\n    time.sleep(1)\n",
        "async def f(): «add_await:g()», «add_await:g()».x\n",
        "async def f(): await to_thread(«hand_over:g(h(1))»)\n",
        "Thread(target=«hand_over:g(1)»)\n",
        "«to_def:async» def f():\n    async def g(): pass\n",
    ],
)
def test_the_same_fixes_again_change_nothing(text: str) -> None:
    plain, fixes = marked(text)
    after = fixed(text)
    assert after != plain
    assert applied(after, fixes) == (after, ())
