"""What a fix needs is imported where a person would have put it, under the name that the module has for it."""

from __future__ import annotations

import pytest

from tests.check.fix.marked import fixed, is_left_out

CALL = "async def f(): «to_thread:g()»\n"
DONE = "async def f(): await asyncio.to_thread(g)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "import asyncio\n\n\n"),
        ("import os\nimport sys\n", "import asyncio\nimport os\nimport sys\n"),
        ("import abc\nimport sys\n", "import abc\nimport asyncio\nimport sys\n"),
        ("import abc\nfrom os import path\n", "import abc\nimport asyncio\nfrom os import path\n"),
        ("import abc\n\n", "import abc\nimport asyncio\n\n"),
        ("from os import path\n\n", "import asyncio\nfrom os import path\n\n"),
        ("# standard\nimport os\n\nimport fastapi\n", "# standard\nimport asyncio\nimport os\n\nimport fastapi\n"),
        ("import abc\n# about os\nimport os\n", "import abc\nimport asyncio\n# about os\nimport os\n"),
        ("import fastapi\n\n", "import asyncio\n\nimport fastapi\n\n"),
        ("from . import x\n\n", "import asyncio\n\nfrom . import x\n\n"),
        ("import fastapi\n\nimport os\n\n", "import fastapi\n\nimport asyncio\nimport os\n\n"),
        ("from __future__ import annotations\n\n\n", "from __future__ import annotations\n\nimport asyncio\n\n\n"),
        ("from __future__ import annotations\n", "from __future__ import annotations\n\nimport asyncio\n\n\n"),
        (
            "from __future__ import annotations\n\nimport os\n",
            "from __future__ import annotations\n\nimport asyncio\nimport os\n",
        ),
        ('"""Doc."""\n\n', '"""Doc."""\n\nimport asyncio\n\n'),
        ('"""Doc."""\n', '"""Doc."""\n\nimport asyncio\n\n\n'),
        ('"""Doc."""; x = 1\n', '"""Doc."""; x = 1\n\nimport asyncio\n\n\n'),
        (
            '"""Doc."""\n\nfrom __future__ import annotations\n\nx = 1\n',
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport asyncio\n\nx = 1\n',
        ),
        ("#!/usr/bin/python\n# licence\n", "#!/usr/bin/python\n# licence\nimport asyncio\n\n\n"),
        ("# licence\n\n# about f\n", "# licence\n\nimport asyncio\n\n\n# about f\n"),
        ("x = 1\n", "import asyncio\n\nx = 1\n"),
        ("@app.get\n", "import asyncio\n\n\n@app.get\n"),
        ("if TYPE_CHECKING:\n    import asyncio\n", "import asyncio\n\nif TYPE_CHECKING:\n    import asyncio\n"),
        ("import os; import sys\n", "import asyncio\nimport os; import sys\n"),
    ],
)
def test_asyncio_is_imported_where_it_belongs(before: str, after: str) -> None:
    assert fixed(before + CALL) == after + DONE


@pytest.mark.parametrize(
    ("imports", "name"),
    [
        ("import asyncio\n", "asyncio.to_thread"),
        ("import asyncio as aio\n", "aio.to_thread"),
        ("import asyncio.subprocess\n", "asyncio.to_thread"),
        ("from asyncio import to_thread\n", "to_thread"),
        ("from asyncio import sleep, to_thread as thread\n", "thread"),
        ("import asyncio as aio\nimport asyncio\n", "asyncio.to_thread"),
    ],
)
def test_the_module_s_own_name_is_used(imports: str, name: str) -> None:
    assert fixed(imports + CALL) == f"{imports}async def f(): await {name}(g)\n"


@pytest.mark.parametrize(
    "text",
    [
        "asyncio = None\n" + CALL,
        "from anyio import x as asyncio\n" + CALL,
        "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n" + CALL,
        "def h():\n    global asyncio\n" + CALL,
        "def asyncio(): pass\n" + CALL,
        "import asyncio\nasync def f(asyncio): «to_thread:g()»\n",
        "import asyncio\nasync def f():\n    «to_thread:g()»\n    import asyncio\n",
        "import asyncio\nasync def f():\n    for asyncio, x in y: «to_thread:g()»\n",
        "import asyncio\nasync def f():\n    with x as (asyncio, *y): «to_thread:g()»\n",
        "import asyncio\nasync def f():\n    match x:\n        case asyncio: «to_thread:g()»\n",
        "import asyncio\ndef h(asyncio):\n    async def f(): «to_thread:g()»\n",
    ],
)
def test_a_name_that_is_something_else_is_not_used(text: str) -> None:
    assert is_left_out(text)


@pytest.mark.parametrize(
    "before",
    [
        "async def f():\n    import asyncio\n    «to_thread:g()»\n",
        "def h():\n    import asyncio\n    async def f(): «to_thread:g()»\n",
        "import asyncio\nclass A:\n    asyncio = 1\n    async def f(self): «to_thread:g()»\n",
        "import asyncio\nx.asyncio = 1\nh(asyncio=1)\nasync def f(): «to_thread:g()»\n",
    ],
)
def test_an_import_that_is_seen_there_is_enough(before: str) -> None:
    assert fixed(before) == before.replace("«to_thread:g()»", "await asyncio.to_thread(g)")


def test_several_modules_are_imported_together() -> None:
    before = "import fastapi\n\nasync def f(): x(«hand_over:h(1)»); y(«to_thread:g()»)\n"
    assert fixed(before) == (
        "import asyncio\nimport functools\n\nimport fastapi\n\n"
        "async def f(): x(functools.partial(h, 1)); y(await asyncio.to_thread(g))\n"
    )
