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

from clearway.check.fix import FixKind
from clearway.check.program.modules import Function, last_name
from clearway.check.program.values import ExternalInstanceV, FunctionV
from clearway.check.rules.fixes import fix_at
from clearway.check.rules.places import frame_of, own_nodes, reads_of
from clearway.check.rules.rule import at
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearway.check.program.program import Program
    from clearway.check.rules.places import Site
    from clearway.check.survey import Study, Survey
    from clearway.model import Finding

CODE = "CW301"
NAME = "async-def-that-should-be-def"

KINDS = frozenset({RootKind.ENDPOINT, RootKind.DEPENDENCY})
REGISTERING = frozenset(
    {"Depends", "Security", "add_api_route", "add_route", "api_route", "route", "APIRoute", "Route", "add_task"}
)
"""They take a `def` as well."""
ROUTES = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "route"})


def find(survey: Survey) -> Iterator[Finding]:
    """One finding a function."""
    program = survey.program
    found = {study.entry.function: study for study in survey.studies if _should_be_def(program, study)}
    used = _used_elsewhere(program, found)
    for function, study in found.items():
        serious = next(hit for hit in study.hits if hit.severity is not Severity.ADVICE)
        message = (
            f"{function.name} awaits nothing and blocks the event loop with {serious.called}: "
            "as a `def` it would run in a thread."
        )
        place = used.get(function)
        if place is not None:
            message += f" It is used at {place} too, which has to change with it."
        node = function.node
        assert isinstance(node, ast.AsyncFunctionDef)
        safe = place is None and _only_routed(function) and not _overrides(program, function)
        fix = fix_at(FixKind.TO_DEF, function.module, node, f"make {function.name} a `def`") if safe else None
        yield at(CODE, Severity.ADVICE, function.module, function, node, serious.called, message, study.entry.id, fix)


def _should_be_def(program: Program, study: Study) -> bool:
    entry = study.entry
    function = entry.function
    if entry.kind not in KINDS or not function.is_async or not entry.on_loop or entry.frame.code is not function:
        return False
    if function.scope.awaits or function.is_generator or not study.blocks or not function.module.is_project:
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


def _used_elsewhere(program: Program, functions: Iterable[Function]) -> dict[Function, str]:
    """Where each of these is used other than by registering it; the first place."""
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.name, []).append(function)
    found: dict[Function, str] = {}
    for module in program.modules.project if by_name else ():
        for site in reads_of(module, frozenset(by_name)):
            name = last_name(site.node)
            left = [function for function in by_name[name] if function not in found]
            if left and not _registers(site):
                for function in _meant(program, site, left):
                    found[function] = f"{module.shown}:{site.node.lineno}"
    return found


def _meant(program: Program, site: Site, functions: list[Function]) -> list[Function]:
    """Which of these functions a name or attribute may stand for."""
    values = program.evaluate(site.node, frame_of(program, site.code))
    if values:
        return [one for one in functions if any(isinstance(v, FunctionV) and v.function is one for v in values)]
    # An attribute of something unknown can be any method of that name.
    return [one for one in functions if one.owner is not None] if isinstance(site.node, ast.Attribute) else []


def _registers(site: Site) -> bool:
    for child, parent in site.ancestors():
        if isinstance(parent, ast.keyword | ast.List | ast.Tuple):
            continue
        if isinstance(parent, ast.Call) and child is not parent.func:
            return last_name(parent.func) in REGISTERING
        # `app.dependency_overrides[f]`
        return isinstance(parent, ast.Subscript) and last_name(parent.value) == "dependency_overrides"
    return False


def _only_routed(function: Function) -> bool:
    """Whether nothing but a route decorates it: other decorators may await it."""
    if function.name.startswith("__") or isinstance(function.node, ast.Lambda):
        return False
    return all(
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in ROUTES
        for decorator in function.node.decorator_list
    )


def _overrides(program: Program, function: Function) -> bool:
    """Whether a base, or a subclass, has a method of this name: they must agree."""
    owner = function.owner
    if owner is None:
        return False
    related = [*program.definitions.mro(owner)[1:], *program.definitions.subclasses(owner)]
    return any(not isinstance(cls, str) and program.definitions.own_method(cls, function.name) for cls in related)
