"""A coroutine that nobody awaited is awaited."""

from __future__ import annotations

import pytest

from tests.check.fix.marked import expression, expression_is_left_out, is_left_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«add_await:g()»", "await g()"),
        ("x = «add_await:g(1)».x", "x = (await g(1)).x"),
        ("return«add_await:(g)(1)»", "return await (g)(1)"),
        ("print(f'{«add_await:g()»}')", "print(f'{await g()}')"),
        ("[«add_await:g(x)» for x in y]", "[await g(x) for x in y]"),
        ("if not «add_await:g()»: pass", "if not await g(): pass"),
        ("with «add_await:g()» as x: pass", "with await g() as x: pass"),
        ("«add_await:self.g(\n        1,  # one\n    )»", "await self.g(\n        1,  # one\n    )"),
        ("«add_await:asyncio.to_thread(«hand_over:g(1)»)»", "await asyncio.to_thread(g, 1)"),
    ],
)
def test_a_coroutine_is_awaited(before: str, after: str) -> None:
    assert expression(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "await «add_await:g()»",
        "asyncio.create_task(«add_await:g()»)",
        "await asyncio.gather(«add_await:g()», «add_await:h()»)",
        "lambda: «add_await:g()»",
        "with self.lock: «add_await:g()»",
    ],
)
def test_what_must_not_be_awaited_stays(text: str) -> None:
    assert expression_is_left_out(text)


def test_nothing_is_awaited_in_a_function() -> None:
    assert is_left_out("def f():\n    «add_await:g()»\n")
