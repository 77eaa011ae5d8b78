"""A blocking call in an `async def` goes to a thread, and means what it meant."""

from __future__ import annotations

import asyncio
import textwrap

import pytest

from tests.check.fix.marked import expression, expression_is_left_out, fixed, is_left_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«to_thread:g()»", "await asyncio.to_thread(g)"),
        ("«to_thread:g( )»", "await asyncio.to_thread(g)"),
        ("«to_thread:g (a)»", "await asyncio.to_thread(g, a)"),
        ("«to_thread:g( a )»", "await asyncio.to_thread(g, a )"),
        ("«to_thread:g(a, b=c)»", "await asyncio.to_thread(g, a, b=c)"),
        ("«to_thread:g(a,)»", "await asyncio.to_thread(g, a,)"),
        ("«to_thread:g(*a, **b)»", "await asyncio.to_thread(g, *a, **b)"),
        ("«to_thread:g(func=1)»", "await asyncio.to_thread(g, func=1)"),
        ("«to_thread:g(x for x in y)»", "await asyncio.to_thread(g, (x for x in y))"),
        ("«to_thread:g((x for x in y))»", "await asyncio.to_thread(g, (x for x in y))"),
        ("«to_thread:g(lambda: 1)»", "await asyncio.to_thread(g, lambda: 1)"),
        ("«to_thread:g(x := 1)»", "await asyncio.to_thread(g, x := 1)"),
        ("«to_thread:g(await h())»", "await asyncio.to_thread(g, await h())"),
        ("«to_thread:self.db.query(x).all()»", "await asyncio.to_thread(self.db.query(x).all)"),
        ("«to_thread:self.load[0](1)»", "await asyncio.to_thread(self.load[0], 1)"),
        ("«to_thread:super().load(1)»", "await asyncio.to_thread(super().load, 1)"),
        ("«to_thread:(lambda: 1)()»", "await asyncio.to_thread((lambda: 1))"),
        ("«to_thread:(yield).load(1)»", "await asyncio.to_thread((yield).load, 1)"),
        ("x = «to_thread:g()».x", "x = (await asyncio.to_thread(g)).x"),
        ("x = «to_thread:g()»[0]", "x = (await asyncio.to_thread(g))[0]"),
        ("x = «to_thread:g()»()", "x = (await asyncio.to_thread(g))()"),
        ("x = («to_thread:g()»).x", "x = (await asyncio.to_thread(g)).x"),
        ("x = «to_thread:g()» ** 2", "x = (await asyncio.to_thread(g)) ** 2"),
        ("x = 2 ** -«to_thread:g()»", "x = 2 ** -await asyncio.to_thread(g)"),
        ("x = not «to_thread:g()» in y", "x = not await asyncio.to_thread(g) in y"),
        ("x = 1 if «to_thread:g()» else 2", "x = 1 if await asyncio.to_thread(g) else 2"),
        ("return(«to_thread:(g)(1)»)", "return(await asyncio.to_thread((g), 1))"),
        ("return«to_thread:(g)(1)»", "return await asyncio.to_thread((g), 1)"),
        ("x = «to_thread:g()»or y", "x = await asyncio.to_thread(g) or y"),
        ("x = y if z else«to_thread:[g][0](1)»", "x = y if z else await asyncio.to_thread([g][0], 1)"),
        ("h(*«to_thread:g()», **«to_thread:i()»)", "h(*await asyncio.to_thread(g), **await asyncio.to_thread(i))"),
        ("x = [«to_thread:g(y)» for y in z]", "x = [await asyncio.to_thread(g, y) for y in z]"),
        ("x = {y: 1 for y in z if «to_thread:g(y)»}", "x = {y: 1 for y in z if await asyncio.to_thread(g, y)}"),
        ("x = (y for y in «to_thread:g()»)", "x = (y for y in await asyncio.to_thread(g))"),
        (
            "x = [[y for y in «to_thread:g(z)»] for z in a]",
            "x = [[y for y in await asyncio.to_thread(g, z)] for z in a]",
        ),
        ("for x in «to_thread:g()»: pass", "for x in await asyncio.to_thread(g): pass"),
        ("with closing(«to_thread:g()»): pass", "with closing(await asyncio.to_thread(g)): pass"),
        ("async with lock: «to_thread:g()»", "async with lock: await asyncio.to_thread(g)"),
        ("with open_block: «to_thread:g()»", "with open_block: await asyncio.to_thread(g)"),
        ("class A(«to_thread:g()»): pass", "class A(await asyncio.to_thread(g)): pass"),
        ("«to_thread:g()».x = 1", "(await asyncio.to_thread(g)).x = 1"),
        (
            "f'{«to_thread:g(1)»!r:>{«to_thread:h()»}}'",
            "f'{await asyncio.to_thread(g, 1)!r:>{await asyncio.to_thread(h)}}'",
        ),
        ("x = '…é' + «to_thread:g()»", "x = '…é' + await asyncio.to_thread(g)"),
        ("match «to_thread:g()»:\n        case 1: pass", "match await asyncio.to_thread(g):\n        case 1: pass"),
        # Both of two calls, one in the other.
        ("«to_thread:g(«to_thread:h(1)»)»", "await asyncio.to_thread(g, await asyncio.to_thread(h, 1))"),
        ("«to_thread:«to_thread:g()».h(1)»", "await asyncio.to_thread((await asyncio.to_thread(g)).h, 1)"),
        ("«to_thread:«to_thread:g()»()»", "await asyncio.to_thread((await asyncio.to_thread(g)))"),
    ],
)
def test_a_call_goes_to_a_thread(before: str, after: str) -> None:
    assert expression(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "await «to_thread:g()»",
        "await («to_thread:g()»)",
        "x = (y for y in z if «to_thread:g(y)»)",
        "x = (y for z in a for y in «to_thread:g(z)»)",
        "x = [[«to_thread:g(y)» for y in z] for z in a]",
        "x = lambda: «to_thread:g()»",
        "x = lambda y=«to_thread:g()»: y",
        "def h(): «to_thread:g()»",
        "def h(y=«to_thread:g()»): pass",
        "async def h(y: «to_thread:g()»): pass",
        "x: «to_thread:g()» = 1",
        "class A: x = «to_thread:g()»",
        "with «to_thread:g()» as x: pass",
        "async with «to_thread:g()» as x: pass",
        "with self._lock: «to_thread:g()»",
        "with threading.Lock(): «to_thread:g()»",
        "with x, self.write_lock.acquire_lock() as y:\n        if y: «to_thread:g()»",
        "x = f'{«to_thread:g()»=}'",
        "x = «to_thread:super()».load",
        "x = «to_thread:locals()»",
        "x = «to_thread:asyncio.to_thread(g)»",
        "x = «to_thread:loop.run_in_executor(None, g)»",
        "x = «to_thread:g»()",
        "x = «to_thread:y»",
    ],
)
def test_a_call_that_cannot_be_awaited_stays(text: str) -> None:
    assert expression_is_left_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "«to_thread:g()»\n",
        "def f():\n    «to_thread:g()»\n",
        "async def f(x=«to_thread:g()»): pass\n",
        "@«to_thread:g()»\nasync def f(): pass\n",
        "async def f():\n    @«to_thread:g()»\n    def h(): pass\n",
        "async def f() -> «to_thread:g()»: pass\n",
        "async def f():\n    type X = «to_thread:g()»\n",
        "async def f():\n    return t'{«to_thread:g()»}'\n",
    ],
)
def test_a_call_outside_of_a_coroutine_stays(text: str) -> None:
    assert is_left_out(text)


def test_lines_and_comments_of_the_arguments_stay() -> None:
    before = """
        import asyncio

        async def f():
            x = «to_thread:g(  # why
                a,  # first
                b={
                    "k": 1,
                },
                # the end
            )»
            «to_thread:(
                session
                .query(x)  # all of them
                .all
            )()»
            «to_thread:h(a,
              b)»
            «to_thread:i(
                # nothing
            )»
    """
    after = """
        import asyncio

        async def f():
            x = await asyncio.to_thread(
                g,  # why
                a,  # first
                b={
                    "k": 1,
                },
                # the end
            )
            await asyncio.to_thread((
                session
                .query(x)  # all of them
                .all
            ))
            await asyncio.to_thread(h, a,
              b)
            await asyncio.to_thread(i
                # nothing
            )
    """
    assert fixed(textwrap.dedent(before)) == textwrap.dedent(after)


def test_the_fixed_code_runs_and_gives_the_same() -> None:
    source = (
        textwrap.dedent("""
        class Base:
            def load(self, *args, **kwargs):
                return args, sorted(kwargs.items())

        class Service(Base):
            def load(self, *args, **kwargs):
                raise AssertionError("the wrong one")

            async def run(self, rows):
                yield «to_thread:super().load(1, *rows, func=2, **{"a": 3})»
                yield «to_thread:sum(row * 2 for row in rows)» ** 2
                yield [«to_thread:str(row)» for row in rows], «to_thread:«to_thread:str.upper("b")».lower()»
                yield f"{«to_thread:len(rows)»!r:>{«to_thread:int("4")»}}"
    """)
        .replace('"b"', "'b'")
        .replace('int("4")', "int('4')")
    )
    after = fixed(source)
    namespace: dict[str, object] = {}
    exec(compile(after, "app.py", "exec"), namespace)  # of this test's own making

    async def collected() -> list[object]:
        service = namespace["Service"]
        assert isinstance(service, type)
        return [each async for each in service().run([1, 2])]

    assert asyncio.run(collected()) == [((1, 1, 2), [("a", 3), ("func", 2)]), 36, (["1", "2"], "b"), "   2"]
