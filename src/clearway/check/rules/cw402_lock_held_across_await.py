"""A lock of threads is held while a coroutine waits: whoever wants it meanwhile stops the event loop.

## What it does

Finds `with lock:` around an `await`, `async for`, `async with`, or a `yield` of an async generator, and
`lock.acquire()` with an `await` before `lock.release()`, where the lock is one of `threading` or `multiprocessing`.

## Why is this bad?

While the coroutine waits, other code of the same event loop goes on. When it wants the same lock it waits for it, on
the loop's own thread: the coroutine that holds the lock can never go on to release it. With `RLock` it is let in
instead, because it is the same thread, and the lock protects nothing.

## Example

```python
lock = threading.Lock()


async def refresh():
    with lock:
        state.update(await fetch())
```

Use instead a lock of asyncio, or hold the lock only where nothing is awaited:

```python
lock = asyncio.Lock()


async def refresh():
    async with lock:
        state.update(await fetch())
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import ConstantV, ExternalInstanceV
from clearway.check.rules.places import own_statements, running, suspends
from clearway.check.rules.rule import at
from clearway.check.source.syntax import written
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.program.values import Frame
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW402"
NAME = "lock-held-across-await"

LOCKS = frozenset({"threading.Lock", "threading.RLock", "threading.Semaphore", "threading.Condition"})
"""With what derives from them: bounded semaphores, the locks of `multiprocessing`."""


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a `with` or `acquire`, in all code of the project, reached or not."""
    program = survey.program
    for module in program.modules.project:
        for function in module.functions.values():
            if not function.is_async or not function.scope.awaits | function.is_generator:
                continue
            for held, place in _held(function):
                if _is_lock_of_threads(program, held, program.frames.generic(function)):
                    message = (
                        f"`{written(held)}` is a lock of threads and is held while `{function.name}` waits: whoever "
                        "wants it meanwhile stops the event loop. Use asyncio's, or release it first."
                    )
                    yield at(CODE, Severity.WARNING, module, function, place, written(held), message)


def _held(function: Function) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Expressions that are held, as locks are, while the function waits, with the statement that takes them."""
    for node in own_statements(function.node):
        if isinstance(node, ast.With) and any(_waits(inner, function) for inner in running(node.body)):
            for item in node.items:
                yield item.context_expr, node
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield from _acquired(block, function)
    assert isinstance(function.node, ast.AsyncFunctionDef)
    yield from _acquired(function.node.body, function)


def _acquired(block: list[ast.stmt], function: Function) -> Iterator[tuple[ast.expr, ast.AST]]:
    """`lock.acquire()` where something is awaited before `lock.release()`, in the statements of one block."""
    for index, statement in enumerate(block):
        lock = _method_of(statement, "acquire")
        if lock is None:
            continue
        waiting = False
        for node in running(block[index + 1 :]):
            waiting = waiting or _waits(node, function)
            released = _method_of(node, "release")
            if released is not None and ast.dump(released) == ast.dump(lock):
                if waiting:
                    yield lock, statement
                break


def _method_of(statement: ast.AST, name: str) -> ast.expr | None:
    """The object of `x.name()` where that is the whole statement."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    called = statement.value.func
    return called.value if isinstance(called, ast.Attribute) and called.attr == name else None


def _waits(node: ast.AST, function: Function) -> bool:
    return suspends(node) or (isinstance(node, ast.Yield) and function.is_generator)


def _is_lock_of_threads(program: Program, node: ast.expr, frame: Frame) -> bool:
    values = [value for value in program.evaluate(node, frame) if value != ConstantV(None)]
    return bool(values) and all(
        isinstance(value, ExternalInstanceV)
        and bool(LOCKS & {program.library.canonical(value.name), *program.library.bases(value.name)})
        for value in values
    )
