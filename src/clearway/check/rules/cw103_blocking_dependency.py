"""An async dependency or a middleware blocks the event loop, for every route that it serves.

## What it does

Finds blocking operations that an `async def` dependency, or a middleware, reaches on the event loop, and names the
routes that pay for it. An endpoint that depends on it has the verdict `blocks`, also when it is a `def` itself.

## Why is this bad?

A middleware runs for every request, a dependency for every request of many routes: one blocking line there stops the
whole service more often than any endpoint could.

## Example

```python
async def current_user(token: str, db: Session = Depends(get_db)) -> User:
    return db.query(User).filter(User.token == token).one()
```

Use instead a `def` dependency, which FastAPI runs in a thread:

```python
def current_user(token: str, db: Session = Depends(get_db)) -> User:
    return db.query(User).filter(User.token == token).one()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.check.rules.cw101_blocking_call import ELSEWHERE
from clearway.check.rules.fixes import fix_of_hit
from clearway.check.rules.rule import of_hit
from clearway.check.rules.words import may, quoted, remedy, routes_sentence, through
from clearway.model import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW103"
NAME = "blocking-dependency-or-middleware"
CONTAINED = "The container calls it on the loop: have an `async def` factory await it in a thread."


def find(survey: Survey) -> Iterator[Finding]:
    """Hits of dependencies and middleware."""
    for study in survey.studies:
        entry = study.entry
        if entry.kind not in ELSEWHERE:
            continue
        what = "middleware" if entry.kind is RootKind.MIDDLEWARE else "dependency"
        told: set[tuple[int, str]] = set()
        for hit in study.hits:
            key = (hit.hops[0].line, hit.entry.name)
            if key in told:
                continue
            told.add(key)
            way = f", {through(hit)}" if len(hit.hops) > 1 else ""
            where = f"in the {what} {quoted(entry.function)}{way}{routes_sentence(entry)}"
            fix = fix_of_hit(survey, study, hit)
            advice = CONTAINED if entry.by_container and not entry.is_async and fix is None else remedy(hit, fix)
            message = f"{hit.called} {may(hit)} the event loop {where}. {advice}"
            yield of_hit(CODE, entry.id, hit, message, fix)
