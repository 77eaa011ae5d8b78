"""A `def` endpoint or dependency is proven not to block: it may run on the event loop.

## What it does

Finds `def` endpoints and dependencies whose every call, through any number of functions, is known and reaches nothing
that blocks.

## Why is this bad?

It is not wrong, it is slow: FastAPI hands every `def` to a thread and waits for the thread, which costs more than a
small function itself, and takes one of the forty threads that blocking endpoints need.

## Example

```python
@app.get("/health")
def health():
    return {"status": "ok"}
```

Use instead a plan, which leaves the code as it is, or `async def`:

```
clearway check --write-plan plan.json
clearway run --plan plan.json
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.rules.rule import at
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.modules import Function
    from clearway.check.survey import Study, Survey
    from clearway.model import Finding

CODE = "CW302"
NAME = "def-that-never-blocks"

KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a function."""
    told: set[Function] = set()
    for study in survey.studies:
        function = study.entry.function
        if function in told or not _never_blocks(study):
            continue
        told.add(function)
        message = (
            f"{function.name} never blocks, nor does anything that it calls: it may run on the event loop without a "
            "thread. `clearway check --write-plan` and `clearway run --plan` do that."
        )
        yield at(CODE, Severity.ADVICE, function.module, function, function.node, "nothing", message, study.entry.id)


def _never_blocks(study: Study) -> bool:
    entry = study.entry
    if entry.kind not in KINDS or entry.on_loop or entry.is_async or not entry.function.module.is_project:
        return False
    return not study.reach.hits and not study.reach.unresolved and not study.reach.reentries
