"""The running event loop is entered again, or waited for by itself: an error, or a deadlock.

## What it does

Finds `asyncio.run`, `loop.run_until_complete`, `anyio.run`, `async_to_sync` and their like where a root on the event
loop reaches them, and `.result()` on the future of `asyncio.run_coroutine_threadsafe` where the loop is the one that
runs the code. In a thread all of them are right, and are not reported; nor are calls that stand behind a question
whether a loop is running.

## Why is this bad?

A loop cannot be run while one is running in the same thread: Python raises `RuntimeError`. And a loop that waits for a
future whose coroutine it would have to run itself waits for ever, with all requests.

## Example

```python
def load_sync(id: int) -> Item:
    return asyncio.run(load(id))


@app.get("/items/{id}")
async def read_item(id: int):
    return load_sync(id)
```

Use instead:

```python
@app.get("/items/{id}")
async def read_item(id: int):
    return await load(id)
```
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from clearway.check.program.code import Class, Module
from clearway.check.program.code.scopes import Bind
from clearway.check.program.values import ExternalV, FunctionV
from clearway.check.rules.places import calls_named
from clearway.check.rules.rule import along
from clearway.check.source.syntax import last_name, walk
from clearway.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.reach import Hop
    from clearway.check.survey import Survey

CODE = "CW401"
NAME = "loop-entered-again"

ASKING = frozenset({"is_running", "_get_running_loop", "in_async_context", "current_async_library", "_running_loop"})
"""Functions that ask whether a loop runs."""
GETTING = frozenset({"get_running_loop", "current_task"})
"""These raise RuntimeError where none does."""
OWN_LOOP = frozenset({"get_running_loop", "get_event_loop"})
FUTURE_RESULT = frozenset({"concurrent.futures.Future.result", "concurrent.futures.Future.exception"})
THREADSAFE = "asyncio.run_coroutine_threadsafe"


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a root and place."""
    program = survey.program
    if _is_patched(program):
        return
    for study in survey.studies:
        if not study.entry.on_loop:
            continue
        told: set[tuple[int, str]] = set()
        reentries = [(effect, hops) for effect, hops in study.reach.reentries if not _asks(program, hops)]
        entered = [(effect.name, hops, _ENTERED) for effect, hops in reentries]
        waited = [
            (hit.called, hit.hops, _WAITED)
            for hit in study.reach.hits
            if hit.entry.name in FUTURE_RESULT and _waits_for_itself(program, hit.last)
        ]
        for name, hops, text in (*entered, *waited):
            key = (hops[0].line, name)
            if key in told:
                continue
            told.add(key)
            severity = Severity.WARNING if any(hop.certain is not Severity.ERROR for hop in hops) else Severity.ERROR
            message = text.format(name=name)
            yield Finding(CODE, severity, study.entry.id, message, None, along(hops, name), "")


_ENTERED = "{name} runs an event loop inside the running one, which raises RuntimeError. Await the coroutine instead."
_WAITED = (
    "{name} waits on the event loop for a coroutine that this loop has to run: a deadlock. Await the coroutine instead."
)


def _is_patched(program: Program) -> bool:
    """`nest_asyncio.apply()` makes loops run within loops."""
    return any(
        isinstance(value, ExternalV) and value.name.startswith("nest_asyncio")
        for module in program.modules.project
        if "nest_asyncio" in module.source.text
        for site in calls_named(module, frozenset({"apply"}))
        for value in program.evaluate(site.call.func, program.frames.of_module(module))
    )


def _asks(program: Program, hops: tuple[Hop, ...]) -> bool:
    """Whether some function on the way first asks whether a loop is running."""
    return any(_function_asks(program, hop.frame) for hop in hops)


def _function_asks(program: Program, frame: Frame) -> bool:
    if isinstance(frame.code, Module | Class):
        return False
    return _node_asks(frame.code.node) or any(
        isinstance(value, FunctionV) and not value.function.is_async and _node_asks(value.function.node)
        for test in _asked_calls(frame.code)
        for value in program.evaluate(test.func, frame)
    )


def _asked_calls(function: Function) -> list[ast.Call]:
    """Calls that tests ask, or whose result has a name that they ask: `loop = running_loop()`, `if loop:`."""
    tests = [test.test for test in function.flow.tests if isinstance(test, ast.If | ast.IfExp)]
    found = [inner for test in tests for inner in walk(test) if isinstance(inner, ast.Call)]
    for name in function.flow.tested:
        bindings = function.scope.bindings.get(name, ())
        found.extend(one.node for one in bindings if one.kind is Bind.VALUE and isinstance(one.node, ast.Call))
    return found


@lru_cache(maxsize=4096)
def _node_asks(function: ast.AST) -> bool:
    for node in walk(function):
        if isinstance(node, ast.Call) and last_name(node.func) in ASKING:
            return True
        if isinstance(node, ast.Try) and _expects_no_loop(node):
            return True
    return False


def _expects_no_loop(node: ast.Try) -> bool:
    """`try: asyncio.get_running_loop() … except RuntimeError:`, also around running the loop itself."""
    names = {
        name
        for handler in node.handlers
        for part in ([handler.type] if not isinstance(handler.type, ast.Tuple) else handler.type.elts)
        if (name := "" if part is None else last_name(part))
    }
    if "RuntimeError" not in names:
        return False
    called = {last_name(inner.func) for step in node.body for inner in walk(step) if isinstance(inner, ast.Call)}
    return bool(called & (GETTING | OWN_LOOP))


def _waits_for_itself(program: Program, hop: Hop) -> bool:
    """`run_coroutine_threadsafe(f(), loop).result()` where `loop` is the loop that runs this."""
    node = hop.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    made = _expression(hop.frame, node.func.value)
    if not isinstance(made, ast.Call):
        return False
    values = program.evaluate(made.func, hop.frame)
    if not any(
        isinstance(value, ExternalV) and program.library.canonical(value.name) == THREADSAFE for value in values
    ):
        return False
    loops = [*made.args[1:2], *(keyword.value for keyword in made.keywords if keyword.arg == "loop")]
    loop = _expression(hop.frame, loops[0]) if loops else None
    return isinstance(loop, ast.Call) and last_name(loop.func) in OWN_LOOP


def _expression(frame: Frame, node: ast.expr) -> ast.expr:
    """What a name was assigned, where one statement of the function does that."""
    if isinstance(node, ast.Name) and not isinstance(frame.code, Module):
        bindings = frame.code.scope.bindings.get(node.id, ())
        values = [one.node for one in bindings if one.kind is Bind.VALUE and not one.path]
        if len(bindings) == 1 and len(values) == 1 and isinstance(values[0], ast.expr):
            return values[0]
    return node
