"""CW201 finds exactly the coroutines that are lost, whatever stands around them."""

from __future__ import annotations

import ast
import itertools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.check.rules.projects import findings

HEAD = """\
import asyncio
from typing import Any

tasks: list[Any] = []
lock = asyncio.Lock()
handlers: dict[str, Any] = {}

def take(*work: Any, **more: Any) -> Any: ...

class Job:
    async def work(self, n: int = 0) -> list[int]:
        return [n]

async def work(n: int = 0) -> list[int]:
    return [n]

job = Job()

async def function(y: list[int], thing: Any) -> Any:
"""

CALL = st.sampled_from(["work()", "work(1)", "job.work()", "Job().work(n=2)"])
AWAITED = st.sampled_from(
    [
        "await @",
        "(await @)",
        "await asyncio.wait_for(@, 1)",
        "await asyncio.shield(@)",
        "await asyncio.gather(@, *[@ for _ in y])",
        "await (@ if y else @)",
        "[await @ for _ in y]",
        "[n for n in await @]",
        "take(@, more=@)",
        "take(*[@, @])",
        "thing.add(@)",
        "thing(@)[0]",
        "asyncio.run(@)",
        "(lambda: @)",
        "await asyncio.create_task(@)",
    ]
)
USED = st.sampled_from(
    ["#", "print(#)", "len(str(#))", "f'{#}'", "not #", "# == 1", "# and y", "(# if # else 1)", "[#, #]", "{'k': #}"]
)
KEPT = st.sampled_from(
    [
        "tasks.append(@)",
        "thing.field = @",
        "handlers['k'] = @",
        "tasks.extend([@ for _ in y])",
        "tasks += [@]",
        "yield_ = [@]; take(yield_)",
        "name = @; await name",
        "name = @; tasks.append(name)",
        "name = [@ for _ in y]; await asyncio.gather(*name)",
        "name = {'k': @}; await name['k']",
        "name = @; take(lambda: name)",
        "name = @; print(await name)",
        "name = other = @; await other",
        "name: Any = @; await asyncio.wait([name])",
        "name = @; name.close()",
        "name = @ if y else None; name and take(name)",
    ]
)
LOST = st.sampled_from(
    [
        "@",
        "name = @",
        "name: Any = @",
        "_ = @",
        "name = other = @",
        "print(@)",
        "print('text', @)",
        "name = f'{@}'; take(name)",
        "name = str(@); take(name)",
        "name = len(@); take(name)",
        "take(not @)",
        "take(@ == 1)",
        "take(None is @)",
        "take(@ + [1])",
        "take(@[0])",
        "take(@.name)",
        "take([n for n in @])",
        "take([n for n in y if @])",
        "take(*@)",
        "take(1 if @ else 2)",
        "take(@ and y)",
        "take(any(@ for _ in y))",
        "[@ for _ in y]",
        "name = [@ for _ in y]",
        "assert @",
        "y and @",
        "name = @; take(name is None)",
        "name = @; take(f'{name}')",
        "name = @; take(name[0], name == 1)",
    ]
)
BLOCKS = st.sampled_from(
    ["if y:", "for _ in y:", "while y:", "try:", "with open('f'):", "async with lock:", "if await work():"]
)


@st.composite
def bodies(draw: st.DrawFn) -> list[tuple[str, bool]]:
    """Lines of a function, and whether a coroutine is lost in each."""
    lines: list[tuple[str, bool]] = []
    numbers = itertools.count()
    indent = "    "
    for _ in range(draw(st.integers(1, 5))):
        lost = draw(st.booleans())
        if lost:
            text = draw(LOST)
        else:
            text = draw(KEPT | st.builds(lambda used, awaited: used.replace("#", awaited), USED, AWAITED))
        while "@" in text:
            text = text.replace("@", draw(CALL), 1)
        name = f"name{next(numbers)}"
        text = text.replace("name", name).replace(f".{name}", ".name").replace("other", f"other{next(numbers)}")
        lines.append((indent + text, lost))
        if draw(st.booleans()):
            opened = draw(BLOCKS)
            lines.append((indent + opened, False))
            indent += "    "
            lines.append((indent + "pass", False))
            if opened == "try:":
                lines.append((indent[4:] + "finally:", False))
    return [*lines, (indent + "pass", False)]


@settings(max_examples=150)
@given(bodies())
def test_exactly_the_lost_ones_are_found(body: list[tuple[str, bool]]) -> None:
    text = HEAD + "\n".join(line for line, _ in body) + "\n"
    ast.parse(text)
    first = HEAD.count("\n") + 1
    expected = {first + number for number, (_, lost) in enumerate(body) if lost}
    with tempfile.TemporaryDirectory() as folder:
        found = findings("CW201", text, Path(folder).resolve())
    assert {finding.line for finding in found} == expected, text


@settings(max_examples=60)
@given(bodies())
def test_a_sync_function_of_the_same_name_is_no_coroutine(body: list[tuple[str, bool]]) -> None:
    text = HEAD.replace("async def work", "def work") + "\n".join(line for line, _ in body) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        assert findings("CW201", text, Path(folder).resolve()) == []
