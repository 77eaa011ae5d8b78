"""An `async def` reaches something that blocks the event loop through other functions.

## What it does

Follows the calls of every root on the event loop, by type, through functions, methods, properties, context managers,
decorators and iteration, to operations that block. The finding's chain names each call on the way.

## Why is this bad?

What blocks two calls away blocks the loop as much as what stands in the endpoint itself; it is only harder to see.

## Example

```python
def load(db: Session, id: int):
    return db.query(Item).filter(Item.id == id).first()


@app.get("/items/{id}")
async def read_item(id: int, db: Session = Depends(get_db)):
    return load(db, id)
```

Use instead `def read_item`, which FastAPI runs in a thread, an `AsyncSession` all the way, or hand the work over:

```python
@app.get("/items/{id}")
async def read_item(id: int, db: Session = Depends(get_db)):
    return await asyncio.to_thread(load, db, id)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.rules.cw101_blocking_call import ELSEWHERE
from clearway.check.rules.fixes import fix_of_hit
from clearway.check.rules.rule import of_hit
from clearway.check.rules.words import blocks_sentence, may, remedy, through

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW102"
NAME = "blocking-call-behind-the-loop"


def find(survey: Survey) -> Iterator[Finding]:
    """Hits further away, the nearest of those that look alike."""
    for study in survey.studies:
        if study.entry.kind in ELSEWHERE:
            continue
        told: set[tuple[int, str]] = set()
        for hit in study.hits:
            key = (hit.hops[0].line, hit.entry.name)
            if len(hit.hops) > 1 and key not in told:
                told.add(key)
                fix = fix_of_hit(survey, study, hit)
                message = (
                    f"{hit.called} {may(hit)} the event loop{blocks_sentence(study.entry)}, {through(hit)}. "
                    f"{remedy(hit, fix)}"
                )
                yield of_hit(CODE, study.entry.id, hit, message, fix)
