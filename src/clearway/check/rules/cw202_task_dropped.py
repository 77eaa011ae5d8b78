"""A task is started and nobody keeps a reference to it: it may be collected while it runs.

## What it does

Finds `asyncio.create_task(...)`, `asyncio.ensure_future(...)` and `loop.create_task(...)` whose task is not stored,
awaited, returned or given to anybody. The tasks of a `TaskGroup`, and of AnyIO's, are held by their group.

## Why is this bad?

The event loop keeps only weak references to tasks. A task that nobody else refers to can disappear in the middle of
its work, and an exception in it is never seen. It is rare, and happens under load.

## Example

```python
@app.post("/orders")
async def create_order(order: Order):
    asyncio.create_task(notify(order))
```

Use instead a collection that holds it until it is done, a `TaskGroup`, or FastAPI's `BackgroundTasks`:

```python
running: set[asyncio.Task[None]] = set()


@app.post("/orders")
async def create_order(order: Order):
    task = asyncio.create_task(notify(order))
    running.add(task)
    task.add_done_callback(running.discard)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.program.values import ExternalV
from clearway.check.rules.fates import Fate, Kind, fate_of, never_read
from clearway.check.rules.places import calls_named, frame_of
from clearway.check.rules.rule import at
from clearway.check.source.syntax import written
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.rules.places import Site
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW202"
NAME = "task-reference-dropped"

STARTING = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})


def find(survey: Survey) -> Iterator[Finding]:
    """Calls in all code of the project, reached or not."""
    program = survey.program
    names = frozenset(name.rpartition(".")[2] for name in STARTING)
    for module in program.modules.project:
        for site in calls_named(module, names):
            if not _is_dropped(site, fate_of(site)):
                continue
            values = program.evaluate(site.call.func, frame_of(program, site.code))
            called = {program.library.canonical(value.name) for value in values if isinstance(value, ExternalV)}
            if not called or not called <= STARTING or len(called) != len(values):
                continue
            message = (
                f"nothing refers to the task that `{written(site.call)}` starts: it may be collected while it runs. "
                "Keep it until it is done, in a set or a TaskGroup."
            )
            yield at(CODE, Severity.WARNING, module, site.code, site.call, min(called), message)


def _is_dropped(site: Site, fate: Fate | None) -> bool:
    if fate is None:
        return False
    return fate.kind is Kind.DROPPED or (fate.kind is Kind.ASSIGNED and never_read(site, fate.names))
