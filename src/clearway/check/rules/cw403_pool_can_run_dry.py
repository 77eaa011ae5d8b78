"""A `def` dependency holds a database connection over its `yield`: threads and connections can wait for each other.

## What it does

Finds `def` dependencies with a `yield` that keep a session or connection of a pool until the response is done, and that
`def` endpoints use, where the pool has fewer connections than FastAPI has threads (40). SQLAlchemy's pool has 15 unless
`pool_size` and `max_overflow` say otherwise. Where the pool's size is not visible it is advice.

## Why is this bad?

Each step of such a request needs a thread: entering the dependency, the endpoint, leaving the dependency. Under load
all threads belong to requests that wait for a connection, and those that hold the connections wait for a thread to give
them back with. Everything stands still until the pool's timeout, thirty seconds by default, and then requests fail.

## Example

```python
engine = create_engine(URL)  # 5 connections, and 10 more under load


def get_db():
    with Session(engine) as session:
        yield session


@app.get("/items")
def items(db: Session = Depends(get_db)): ...
```

Use instead a pool that has a connection for each thread, or fewer requests at once than there are connections:

```python
engine = create_engine(URL, pool_size=20, max_overflow=20)


@app.get("/items")
def items(db: Session = Depends(get_db, max_concurrency=10)): ...
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.program.values import ConstantV, ExternalInstanceV, ExternalV, FunctionV, InstanceV
from clearway.check.rules.places import BESIDE_THE_SERVICE, calls_named, frame_of
from clearway.check.rules.rule import at
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.rules.places import Site
    from clearway.check.survey import Study, Survey
    from clearway.model import Finding

CODE = "CW403"
NAME = "pool-can-run-dry"

THREADS = 40
"""What FastAPI gives to `def` functions at once."""
POOL_SIZE, MAX_OVERFLOW = 5, 10
"""SQLAlchemy's own."""
SESSIONS = frozenset(
    {"sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session", "sqlalchemy.engine.Connection", "sqlmodel.Session"}
    | {"sqlalchemy.Connection", "psycopg2.extensions.connection", "psycopg.Connection", "psycopg_pool.ConnectionPool"}
)
ENGINES = frozenset({"sqlalchemy.create_engine", "sqlmodel.create_engine", "sqlalchemy.engine.create_engine"})
UNPOOLED = frozenset({"NullPool", "StaticPool", "AssertionPool"})


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a dependency."""
    sizes: list[int | None] | None = None
    for study in survey.studies:
        entry = study.entry
        function = entry.function
        if entry.kind is not RootKind.DEPENDENCY or entry.on_loop or not function.is_generator or function.is_async:
            continue
        session = _held(survey.program, study)
        used = _used_in_threads(survey, study)
        if session is None or not used or _is_limited(survey.program, function):
            continue
        if sizes is None:
            sizes = list(_pools(survey.program))
        if sizes and all(size is not None and size >= THREADS for size in sizes):
            continue
        small = bool(sizes) and all(size is not None and size < THREADS for size in sizes)
        known = f"a pool of {min(size for size in sizes if size is not None)}" if small else "a pool"
        message = (
            f"`{function.name}` holds a connection of {known} until the response is done, and {used} `def` "
            f"{'endpoint needs' if used == 1 else 'endpoints need'} threads to get there: with {THREADS} threads and "
            "fewer connections they can wait for each other. Give the pool a connection for each thread."
        )
        severity = Severity.WARNING if small else Severity.ADVICE
        yield at(CODE, severity, function.module, function, function.node, session, message, entry.id)


def _held(program: Program, study: Study) -> str | None:
    """The class of the pooled session or connection that the dependency yields."""
    for value in program.yields(study.entry.frame):
        if isinstance(value, ExternalInstanceV):
            names = [value.name, *program.library.bases(value.name)]
        elif isinstance(value, InstanceV):
            names = program.definitions.externals(value.cls)
        else:
            continue
        for name in names:
            if program.library.canonical(name) in {program.library.canonical(session) for session in SESSIONS}:
                return name
    return None


def _used_in_threads(survey: Survey, study: Study) -> int:
    """How many `def` endpoints use the dependency."""
    function = study.entry.function
    return sum(
        other.entry.kind is RootKind.ENDPOINT and not other.entry.on_loop and function in other.entry.dependencies
        for other in survey.studies
    )


def _is_limited(program: Program, function: Function) -> bool:
    """`Depends(get_db, max_concurrency=10)`: fewer requests at once than threads."""
    for module in program.modules.project:
        if "max_concurrency" in module.source.text:
            for site in calls_named(module, frozenset({"Depends", "Security"})):
                if site.call.args and any(keyword.arg == "max_concurrency" for keyword in site.call.keywords):
                    values = program.evaluate(site.call.args[0], frame_of(program, site.code))
                    if any(isinstance(value, FunctionV) and value.function is function for value in values):
                        return True
    return False


def _pools(program: Program) -> Iterator[int | None]:
    """The most connections that each engine of the project opens; None where that is not to be seen."""
    for module in program.modules.project:
        if BESIDE_THE_SERVICE.search(module.shown):
            continue
        for site in calls_named(module, frozenset({"create_engine"})):
            frame = frame_of(program, site.code)
            values = program.evaluate(site.call.func, frame)
            names = {program.library.canonical(value.name) for value in values if isinstance(value, ExternalV)}
            if names & {program.library.canonical(engine) for engine in ENGINES}:
                yield _size(program, site)


def _size(program: Program, site: Site) -> int | None:
    given = {keyword.arg: keyword.value for keyword in site.call.keywords}
    if None in given or "creator" in given or "pool" in given:
        return None
    if "poolclass" in given:
        # Without a pool there is nothing to run dry; of other pools we know nothing.
        pool = given["poolclass"]
        name = pool.attr if isinstance(pool, ast.Attribute) else pool.id if isinstance(pool, ast.Name) else ""
        return THREADS if name in UNPOOLED else None if name != "QueuePool" else _sum(program, site, given)
    return _sum(program, site, given)


def _sum(program: Program, site: Site, given: dict[str | None, ast.expr]) -> int | None:
    size = _number(program, site, given.get("pool_size"), POOL_SIZE)
    overflow = _number(program, site, given.get("max_overflow"), MAX_OVERFLOW)
    if size == 0 or overflow == -1:
        return THREADS  # without a limit
    return None if size is None or overflow is None else size + overflow


def _number(program: Program, site: Site, node: ast.expr | None, usual: int) -> int | None:
    if node is None:
        return usual
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -1 if node.operand.value == 1 else None
    values = program.evaluate(node, frame_of(program, site.code))
    numbers = {value.value for value in values if isinstance(value, ConstantV)}
    found = numbers.pop() if len(numbers) == 1 and len(values) == 1 else None
    return found if isinstance(found, int) else None
