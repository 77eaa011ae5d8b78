"""A `def` endpoint or dependency is proven not to block: it may run on the event loop.

## What it does

Finds `def` endpoints and dependencies whose every call, through any number of functions, is known and reaches nothing
that blocks. Dependencies with a `yield`, and functions that get rows of a database, are left out: giving back what is
held, and reading an attribute that is not loaded yet, can block without a call.

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

from clearway.check.proof import never_blocks
from clearway.check.rules.places import BESIDE_THE_SERVICE
from clearway.check.rules.rule import at
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW302"
NAME = "def-that-never-blocks"


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a function."""
    told: set[Function] = set()
    for study in survey.studies:
        function = study.entry.function
        if function in told or BESIDE_THE_SERVICE.search(function.module.shown):
            continue
        if not never_blocks(survey.program, study):
            continue
        told.add(function)
        message = (
            f"`{function.name}` never blocks, nor does anything that it calls: it may run on the event loop without a "
            "thread. `clearway check --write-plan` and `clearway run --plan` do that."
        )
        yield at(CODE, Severity.ADVICE, function.module, function, function.node, "nothing", message, study.entry.id)
