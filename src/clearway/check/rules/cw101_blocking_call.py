"""An `async def` calls something that blocks the event loop.

## What it does

Finds operations that wait or compute for long (sleeping, sockets, database drivers, subprocesses, files, key
derivation) and that an endpoint, websocket, exception handler, task or callback on the event loop calls itself.

## Why is this bad?

The event loop runs one thing at a time. While the call blocks, no other request of the process goes on: five seconds
of `time.sleep` are five seconds in which nobody is answered.

## Example

```python
@app.get("/report")
async def report():
    return requests.get(UPSTREAM).json()
```

Use instead one of these. The first lets FastAPI run the endpoint in a thread:

```python
@app.get("/report")
def report():
    return requests.get(UPSTREAM).json()


@app.get("/report")
async def report():
    async with httpx.AsyncClient() as client:
        return (await client.get(UPSTREAM)).json()


@app.get("/report")
async def report():
    response = await asyncio.to_thread(requests.get, UPSTREAM)
    return response.json()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.rules.fixes import fix_of_hit
from clearway.check.rules.rule import of_hit
from clearway.check.rules.words import blocks_sentence, may, remedy
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW101"
NAME = "blocking-call-on-the-loop"

ELSEWHERE = frozenset({RootKind.DEPENDENCY, RootKind.MIDDLEWARE})
"""Roots that CW103 speaks of."""


def find(survey: Survey) -> Iterator[Finding]:
    """Hits in the root's own body."""
    for study in survey.studies:
        if study.entry.kind in ELSEWHERE:
            continue
        for hit in study.hits:
            if len(hit.hops) == 1:
                fix = fix_of_hit(survey, study, hit)
                where = blocks_sentence(study.entry)
                message = f"{hit.called} {may(hit)} the event loop{where}. {remedy(hit, fix)}"
                yield of_hit(CODE, study.entry.id, hit, message, fix)
