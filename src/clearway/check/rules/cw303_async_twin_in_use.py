"""A sync client blocks the event loop where the project already has its async twin.

## What it does

Looks, for each blocking client that a root on the event loop reaches, whether the project uses the async client for the
same thing elsewhere, and says where: `httpx.AsyncClient` for `httpx.get` and `requests`, `AsyncSession` for `Session`,
`redis.asyncio` for `redis`.

## Why is this bad?

The way out is already paid for: the dependency is there, configured and understood.

## Example

```python
client = httpx.AsyncClient()


@app.get("/rates")
async def rates():
    return requests.get(RATES_URL).json()
```

Use instead:

```python
@app.get("/rates")
async def rates():
    return (await client.get(RATES_URL)).json()
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clearway.check.program.code.scopes import Bind
from clearway.check.rules.places import BESIDE_THE_SERVICE
from clearway.check.rules.rule import along
from clearway.model import Finding, Severity, Sink, SinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.check.program.code import Module
    from clearway.check.program.program import Program
    from clearway.check.sinks import SinkEntry
    from clearway.check.survey import Survey

CODE = "CW303"
NAME = "async-twin-in-use"

HTTP = ("httpx.AsyncClient", "aiohttp.ClientSession")
POSTGRES = ("asyncpg", "psycopg.AsyncConnection", "psycopg_pool.AsyncConnectionPool")
ALTERNATIVES = {
    "httpx": HTTP,
    "requests": HTTP,
    "urllib3": HTTP,
    "urllib": HTTP,
    "http": HTTP,
    "psycopg2": POSTGRES,
    "psycopg": POSTGRES,
    "sqlalchemy": ("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio"),
    "sqlmodel": ("sqlmodel.ext.asyncio", "sqlalchemy.ext.asyncio"),
    "redis": ("redis.asyncio",),
    "pymongo": ("pymongo.AsyncMongoClient", "motor"),
    "boto3": ("aioboto3", "aiobotocore"),
    "botocore": ("aioboto3", "aiobotocore"),
    "sqlite3": ("aiosqlite",),
    "builtins": ("aiofiles",),
    "pathlib": ("aiofiles", "anyio.Path"),
}
"""By the package of what blocks: the async libraries for the same thing."""
NO_CLIENTS = frozenset({SinkKind.SLEEP, SinkKind.LOCK, SinkKind.CPU, SinkKind.INPUT, SinkKind.SUBPROCESS})
ALWAYS_THERE = ("asyncio", "concurrent", "threading")
"""Python's own: that the project uses them says nothing."""


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a root and async twin."""
    known = _Uses(survey.program)
    for study in survey.studies:
        told: set[str] = set()
        for hit in study.hits:
            if hit.entry.kind in NO_CLIENTS or hit.possible or hit.severity is Severity.ADVICE:
                continue
            for twin in _twins(hit.entry):
                place = known.place_of(twin)
                if place is None:
                    continue
                if twin not in told:
                    told.add(twin)
                    message = f"{hit.called} blocks the event loop, and the project has {twin} already, in {place}."
                    chain = along(hit.hops, hit.called)
                    sink = Sink(hit.entry.name, hit.entry.kind)
                    yield Finding(CODE, Severity.ADVICE, study.entry.id, message, sink, chain, "")
                break


def _twins(entry: SinkEntry) -> Iterable[str]:
    own = () if entry.twin is None or entry.twin.startswith(ALWAYS_THERE) else (entry.twin,)
    return dict.fromkeys((*own, *ALTERNATIVES.get(entry.name.partition(".")[0], ())))


class _Uses:
    """Where the project first names something of a library, tests aside."""

    def __init__(self, program: Program) -> None:
        self._modules = [module for module in program.modules.project if not BESIDE_THE_SERVICE.search(module.shown)]
        self._program = program
        self._places: dict[str, str | None] = {}
        self._imports = {module: _imports(module) for module in self._modules}

    def place_of(self, twin: str) -> str | None:
        """`app/db.py:3`."""
        if twin not in self._places:
            found = (self._line(module, twin) for module in self._modules)
            self._places[twin] = next((place for place in found if place is not None), None)
        return self._places[twin]

    def _line(self, module: Module, twin: str) -> str | None:
        package, _, name = twin.rpartition(".")
        canonical = self._program.library.canonical
        for local, imported, line in self._imports[module]:
            if imported == twin or imported.startswith(f"{twin}.") or canonical(imported) == twin:
                return f"{module.shown}:{line}"
            if imported == package and name:
                used = re.search(rf"\b{re.escape(local)}\.{name}\b", module.source.text)
                if used is not None:
                    return f"{module.shown}:{module.source.text.count(chr(10), 0, used.start()) + 1}"
        return None


def _imports(module: Module) -> list[tuple[str, str, int]]:
    """The module's own imports: local name, what it stands for, line."""
    return [
        (local, f"{binding.module}.{binding.member}" if binding.member else binding.module, binding.node.lineno)
        for local, bindings in module.scope.bindings.items()
        for binding in bindings
        if binding.kind is Bind.IMPORT and hasattr(binding.node, "lineno") and not binding.module.startswith(".")
    ]
