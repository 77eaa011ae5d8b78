"""Heavy computing on the event loop or in a thread: it belongs in another process.

## What it does

Finds operations that keep the processor busy (matrices, training and inference, images, data frames, key derivation)
in any root, on the event loop and in threads. Key derivation and compression in a thread are left out: they let go of
the interpreter lock.

## Why is this bad?

On the event loop computing blocks like any other call. In a thread it does not stand in the way by waiting, but it
fights for the one interpreter lock: forty threads that compute have been seen to keep the loop of an unrelated endpoint
from turning for seconds. Only another process has a processor of its own.

## Example

```python
@app.post("/train")
def train(rows: list[list[float]], labels: list[int]):
    model.fit(rows, labels)
```

Use instead the process lane:

```python
@app.post("/train")
@clearway.process
def train(rows: list[list[float]], labels: list[int]):
    model.fit(rows, labels)


@app.post("/train")
async def train(rows: list[list[float]], labels: list[int]):
    await clearway.offload(model.fit, rows, labels, lane="process")
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.rules.rule import along
from clearway.model import Finding, Severity, Sink, SinkKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.survey import Survey

CODE = "CW304"
NAME = "heavy-computing"


LETS_GO = frozenset({"passwords and keys", "archives"})
"""Families of operations that release the interpreter lock while they compute: a thread will do."""


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a root: the gravest operation, the nearest of several."""
    for study in survey.studies:
        if study.entry.starting:
            continue
        computing = [
            hit
            for hit in study.reach.hits
            if hit.entry.kind is SinkKind.CPU and hit.severity is not Severity.ADVICE and not hit.possible
            if study.entry.on_loop or hit.entry.family not in LETS_GO
        ]
        if not computing:
            continue
        hit = min(computing, key=lambda one: one.severity.rank)
        where = "on the event loop" if study.entry.on_loop else "in a thread, beside the event loop"
        if hit.entry.family in LETS_GO:
            way = "give it a thread, with `await clearway.offload(...)`, or a process"
        else:
            way = 'give it a process, with `@clearway.process` or `await clearway.offload(..., lane="process")`'
        message = f"{hit.called} computes {where}: {way}."
        sink = Sink(hit.entry.name, hit.entry.kind)
        yield Finding(CODE, Severity.ADVICE, study.entry.id, message, sink, along(hit.hops, hit.called), "")
