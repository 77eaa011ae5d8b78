"""`to_thread(f(a))` hands the function over instead of calling it."""

from __future__ import annotations

import textwrap

import pytest

from tests.check.fix.marked import expression, expression_is_left_out, fixed, is_left_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("to_thread(«hand_over:g()»)", "to_thread(g)"),
        ("to_thread(«hand_over:g(a, k=1)»)", "to_thread(g, a, k=1)"),
        ("to_thread(«hand_over:g(a,)»)", "to_thread(g, a)"),
        ("to_thread(«hand_over:g(a,)»,)", "to_thread(g, a,)"),
        ("to_thread(«hand_over:g(*a, **k)»)", "to_thread(g, *a, **k)"),
        ("to_thread(«hand_over:g(x for x in y)»)", "to_thread(g, (x for x in y))"),
        ("to_thread(«hand_over:self.db.query(x).all()»)", "to_thread(self.db.query(x).all)"),
        ("to_thread((«hand_over:g(a)»))", "to_thread((functools.partial(g, a)))"),
        ("to_thread((«hand_over:g()»))", "to_thread((g))"),
        ("loop.run_in_executor(None, «hand_over:g(a)»)", "loop.run_in_executor(None, g, a)"),
        (
            "loop.run_in_executor(None, «hand_over:g(a, k=1)»)",
            "loop.run_in_executor(None, functools.partial(g, a, k=1))",
        ),
        (
            "loop.run_in_executor(None, func=«hand_over:g(a)»)",
            "loop.run_in_executor(None, func=functools.partial(g, a))",
        ),
        ("run_in_threadpool(«hand_over:g(a, k=1)»)", "run_in_threadpool(g, a, k=1)"),
        ("run_in_threadpool(«hand_over:g(func=1)»)", "run_in_threadpool(functools.partial(g, func=1))"),
        ("run_in_threadpool(«hand_over:g(**k)»)", "run_in_threadpool(functools.partial(g, **k))"),
        ("anyio.to_thread.run_sync(«hand_over:g(a)», limiter=x)", "anyio.to_thread.run_sync(g, a, limiter=x)"),
        ("anyio.to_thread.run_sync(«hand_over:g(k=1)»)", "anyio.to_thread.run_sync(functools.partial(g, k=1))"),
        ("executor.submit(«hand_over:g(a, k=1)»)", "executor.submit(g, a, k=1)"),
        ("tasks.add_task(«hand_over:g(a)»)", "tasks.add_task(g, a)"),
        ("loop.call_later(1, «hand_over:g(a)»)", "loop.call_later(1, g, a)"),
        ("Thread(target=«hand_over:g()», daemon=True)", "Thread(target=g, daemon=True)"),
        ("Thread(target=«hand_over:g(a)», daemon=True)", "Thread(target=g, args=(a,), daemon=True)"),
        ("Thread(target=«hand_over:g(a,)»)", "Thread(target=g, args=(a,))"),
        ("Thread(target=«hand_over:g(a, b)»)", "Thread(target=g, args=(a, b))"),
        ("Thread(target=«hand_over:g(*a)»)", "Thread(target=g, args=(*a,))"),
        ("Thread(target=«hand_over:g(x for x in y)»)", "Thread(target=g, args=((x for x in y),))"),
        ("Thread(target=«hand_over:g(k = (1))»)", 'Thread(target=g, kwargs={"k": (1)})'),
        ("Thread(target=«hand_over:g(a, k=1, **z)»)", 'Thread(target=g, args=(a,), kwargs={"k": 1, **z})'),
        ("Thread(target=«hand_over:g(a, b, k=1,)»)", 'Thread(target=g, args=(a, b), kwargs={"k": 1,})'),
        ("Thread(target=«hand_over:g(k=1, *a)»)", "Thread(target=functools.partial(g, k=1, *a))"),
        ("Thread(None, «hand_over:g(a)»)", "Thread(None, functools.partial(g, a))"),
        ("Timer(1, function=«hand_over:g(a)»)", "Timer(1, function=g, args=(a,))"),
        ("f'{Thread(target=«hand_over:g(k=1)»)}'", "f'{Thread(target=functools.partial(g, k=1))}'"),
        ("offloaded(«hand_over:g(a, k=1)», priority=1)", "offloaded(functools.partial(g, a, k=1), priority=1)"),
        ("await offloaded(«hand_over:g()»)", "await offloaded(g)"),
        ("sync_to_async(«hand_over:g(a)»)()", "sync_to_async(functools.partial(g, a))()"),
        ("to_thread(«hand_over:g(«to_thread:h(1)»)»)", "to_thread(g, await asyncio.to_thread(h, 1))"),
        (
            "Thread(target=«hand_over:g(k=«to_thread:h(1)»)»)",
            'Thread(target=g, kwargs={"k": await asyncio.to_thread(h, 1)})',
        ),
    ],
)
def test_a_function_is_handed_over(before: str, after: str) -> None:
    assert expression(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "«hand_over:g(a)»",
        "to_thread(«hand_over:functools.partial(g, a)»)",
        "to_thread(await «hand_over:g(a)»)",
        "to_thread(*«hand_over:g(a)»)",
        "to_thread(g, «hand_over:h(a)»)",
        "to_thread(«hand_over:g(a)», b)",
        "to_thread(«hand_over:g(a)», k=1)",
        "to_thread(*x, «hand_over:g(a)»)",
        "loop.run_in_executor(«hand_over:g(a)», h)",
        "loop.run_in_executor(None, «hand_over:g(a)», b)",
        "Thread(target=«hand_over:g(a)», args=(b,))",
        "Thread(«hand_over:g(a)»)",
        "await sync_to_async(«hand_over:g(a)»)",
    ],
)
def test_what_is_no_function_to_hand_over_stays(text: str) -> None:
    assert expression_is_left_out(text)


def test_lines_and_comments_of_the_arguments_stay() -> None:
    before = """
        async def f():
            await to_thread(
                «hand_over:g(  # why
                    a,  # first
                    {
                        "k": 1,
                    },
                )»
            )
            await to_thread(
                «hand_over:g(
                    a,
                    k=1,  # last
                )»,
            )
            await to_thread(«hand_over:g(
                a,  # last
            )»)
            await to_thread(
                «hand_over:g(
                    '''text
                    text''',
                    a
                )»,
            )
            await to_thread(
                «hand_over:g(
                    # nothing
                )»
            )
            Thread(
                target=«hand_over:g(
                    a,  # one
                    b,
                )»,
            )
            Thread(
                target=«hand_over:g(
                    a,
                    k=1,  # one
                )»,
            )
    """
    after = """
        async def f():
            await to_thread(
                g,  # why
                a,  # first
                {
                    "k": 1,
                },
            )
            await to_thread(
                g,
                a,
                k=1,  # last
            )
            await to_thread(g,
                a,  # last
            )
            await to_thread(
                g,
                    '''text
                    text''',
                    a,
            )
            await to_thread(
                g
                    # nothing
            )
            Thread(
                target=g, args=(
                    a,  # one
                    b,
                ),
            )
            Thread(
                target=g, args=(
                    a,), kwargs={"k": 1,  # one
                },
            )
    """
    assert fixed(textwrap.dedent(before)) == textwrap.dedent(after)


def test_code_that_runs_at_import_needs_the_import_above_it() -> None:
    assert fixed("import os\nx = submit_(«hand_over:f(1)»)\n") == (
        "import functools\nimport os\nx = submit_(functools.partial(f, 1))\n"
    )
    assert is_left_out("x = submit_(«hand_over:f(1)»)\nfrom functools import partial\nfunctools = 1\n")
