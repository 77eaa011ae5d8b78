"""`time.sleep` in a coroutine becomes `asyncio.sleep`, and the import that nothing needs any more goes."""

from __future__ import annotations

import pytest

from tests.check.fix.marked import fixed, is_left_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import time\n\nasync def f():\n    «async_sleep:time.sleep(1)»\n",
            "import asyncio\n\nasync def f():\n    await asyncio.sleep(1)\n",
        ),
        (
            "import asyncio\nimport time\n\nasync def f():\n    «async_sleep:time.sleep( 1, )»  # wait\n",
            "import asyncio\n\nasync def f():\n    await asyncio.sleep( 1, )  # wait\n",
        ),
        (
            "import asyncio\nfrom time import sleep\nasync def f(): «async_sleep:sleep(x or 1)»\n",
            "import asyncio\nasync def f(): await asyncio.sleep(x or 1)\n",
        ),
        (
            "from asyncio import sleep\nimport time\nasync def f(): «async_sleep:time.sleep(1)»\n",
            "from asyncio import sleep\nasync def f(): await sleep(1)\n",
        ),
        (
            "import asyncio\nimport time as t, os\nasync def f(): «async_sleep:t.sleep(1)»\n",
            "import asyncio\nimport os\nasync def f(): await asyncio.sleep(1)\n",
        ),
        (
            "import asyncio\nfrom time import monotonic, sleep as nap\nasync def f(): «async_sleep:nap(1)»\n",
            "import asyncio\nfrom time import monotonic\nasync def f(): await asyncio.sleep(1)\n",
        ),
        (
            "import asyncio\nfrom time import (\n    time,\n    sleep,\n)\nasync def f(): «async_sleep:sleep(1)»\n",
            "import asyncio\nfrom time import (\n    time,\n)\nasync def f(): await asyncio.sleep(1)\n",
        ),
        (
            "import asyncio\n\nasync def f():\n    import time\n    «async_sleep:time.sleep(1)»\n",
            "import asyncio\n\nasync def f():\n    await asyncio.sleep(1)\n",
        ),
        (
            "from asyncio import sleep as nap\n\nimport time\n\nimport x\nasync def f(): «async_sleep:time.sleep(1)»\n",
            "from asyncio import sleep as nap\n\nimport x\nasync def f(): await nap(1)\n",
        ),
        (
            "import asyncio\nimport time\nasync def f(): «async_sleep:time.sleep(1)», «async_sleep:time.sleep(2)»\n",
            "import asyncio\nasync def f(): await asyncio.sleep(1), await asyncio.sleep(2)\n",
        ),
    ],
)
def test_a_sleep_lets_the_loop_go_on(before: str, after: str) -> None:
    assert fixed(before) == after


@pytest.mark.parametrize(
    ("imports", "rest"),
    [
        ("import time\n", "time.time()\n"),
        ("import time\n", "async def h(): time.sleep(1)\n"),
        ("import time\n", "__all__ = ['time']\n"),
        ("import time\n", "x: 'time.struct_time'\n"),
        ("import time\n", "def g(time): pass\n"),
        ("import time  # noqa: F401\n", ""),
        ("import time; import os\n", ""),
        ("import time\n", "def g():\n    import time\n"),
        ("from time import (\n    monotonic,  # this\n    sleep as time,\n)\n", ""),
    ],
)
def test_an_import_that_may_be_needed_stays(imports: str, rest: str) -> None:
    call = "time(1)" if "sleep as time" in imports else "time.sleep(1)"
    after = fixed(f"import asyncio\n{imports}async def f(): «async_sleep:{call}»\n{rest}")
    assert after == f"import asyncio\n{imports}async def f(): await asyncio.sleep(1)\n{rest}"


def test_what_a_package_may_offer_stays() -> None:
    before = "import asyncio\nimport time\nasync def f(): «async_sleep:time.sleep(1)»\n"
    assert "import time\n" in fixed(before, "app/__init__.py")


@pytest.mark.parametrize(
    "text",
    [
        "async def f(): «async_sleep:time.sleep(1)»\n",
        "from .compat import time\nasync def f(): «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f(time): «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f(): «async_sleep:time.monotonic()»\n",
        "import time\nasync def f(): «async_sleep:time.sleep(*x)»\n",
        "import time\nasync def f(): «async_sleep:time.sleep()»\n",
        "import time\nasync def f(): «async_sleep:time.sleep(1)»\ndef g():\n    global time\n",
        "import time\ndef f(): «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f(): return lambda: «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f():\n    asyncio = 1\n    «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f():\n    with lock: «async_sleep:time.sleep(1)»\n",
        "import time\nasync def f():\n    «async_sleep:(time  # mine\n        .sleep)(1)»\n",
        "async def f():\n    «async_sleep:time.sleep(1)»\n    import time\n",
    ],
)
def test_what_is_no_sleep_of_a_coroutine_stays(text: str) -> None:
    assert is_left_out(text)
