"""An `async def` endpoint or dependency awaits nothing and blocks: it should be a `def`.

## What it does

Finds endpoints and dependencies that are `async def`, contain no `await`, and block the event loop. The fix takes the
`async` away where nothing else in the project uses the function as a coroutine function.

## Why is this bad?

`async def` promises FastAPI that the function gives the event loop back while it waits. One that awaits nothing never
does. As a `def` it runs in a thread, and others are served meanwhile.

## Example

```python
@app.get("/items/{id}")
async def read_item(id: int, db: Session = Depends(get_db)):
    return db.get(Item, id)
```

Use instead:

```python
@app.get("/items/{id}")
def read_item(id: int, db: Session = Depends(get_db)):
    return db.get(Item, id)
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import ExternalInstanceV
from clearway.check.rules.fixes import fix_to_def
from clearway.check.rules.places import own_nodes
from clearway.check.rules.rule import at
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.survey import Study, Survey
    from clearway.model import Finding

CODE = "CW301"
NAME = "async-def-that-should-be-def"

KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a function."""
    told: set[Function] = set()
    for study in survey.studies:
        function = study.entry.function
        if function in told or not _should_be_def(survey.program, study):
            continue
        told.add(function)
        serious = next(hit for hit in study.hits if hit.severity is not Severity.ADVICE)
        fix = fix_to_def(survey, study)
        message = (
            f"`{function.name}` awaits nothing and blocks the event loop with {serious.called}: "
            "as a `def` it would run in a thread."
        )
        if fix is None:
            message += " Others use it as a coroutine function, or may: change them with it."
        yield at(
            CODE,
            Severity.ADVICE,
            function.module,
            function,
            function.node,
            serious.called,
            message,
            study.entry.id,
            fix,
        )


def _should_be_def(program: Program, study: Study) -> bool:
    entry = study.entry
    function = entry.function
    if entry.kind not in KINDS or not function.is_async or not entry.on_loop or entry.frame.code is not function:
        return False
    if entry.by_container:
        return False  # a container would call it on the loop all the same
    if (
        entry.by_container
        or function.scope.awaits
        or function.is_generator
        or not study.blocks
        or not function.module.is_project
    ):
        return False
    # Tasks and callbacks need the loop of the thread that starts them, a context variable the context.
    needs_loop = any(spawn.kind != "background_task" for spawn, _ in study.reach.spawned)
    return not needs_loop and not _sets_context(program, function)


def _sets_context(program: Program, function: Function) -> bool:
    """What a function in a thread puts into a context variable is gone when it returns."""
    frame = program.frames.generic(function)
    for node in own_nodes(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set":
            values = program.evaluate(node.func.value, frame)
            if any(isinstance(value, ExternalInstanceV) and value.name == "contextvars.ContextVar" for value in values):
                return True
    return False
