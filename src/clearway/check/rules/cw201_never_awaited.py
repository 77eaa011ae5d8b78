"""A coroutine is made and never awaited: what it was to do does not happen.

## What it does

Finds calls of `async def` functions, of the project and of libraries, whose result cannot be awaited any more: the
call stands alone, its result is assigned to a name that nobody reads, printed, put into text, tested, compared,
computed with, iterated, asked for an attribute, or returned by an endpoint, which would send the coroutine itself.
An `async def` that returns the coroutine of another one is reported where its callers await it once and then use what
they got. Coroutines that are kept, passed on or returned by other functions are not: somebody may await them.

## Why is this bad?

Calling an `async def` runs nothing of it. The mail is not sent, the row is not written, and a coroutine in a condition
is always true, so that `if not allowed(user)` lets everybody in. Python says `RuntimeWarning: coroutine was never
awaited` much later, in a log, if at all.

## Example

```python
@app.post("/users")
async def create_user(user: User):
    if not is_allowed(user):
        raise HTTPException(403)
    send_welcome(user)
    return {"status": f"{save(user)}"}
```

Use instead:

```python
@app.post("/users")
async def create_user(user: User):
    if not await is_allowed(user):
        raise HTTPException(403)
    await send_welcome(user)
    return {"status": f"{await save(user)}"}
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.fix import FixKind
from clearway.check.program.code import Function
from clearway.check.program.values import CoroutineV
from clearway.check.rules.coroutines import coroutine_made, coroutine_names
from clearway.check.rules.fates import Fate, Kind
from clearway.check.rules.fixes import fix_at
from clearway.check.rules.lost import lost
from clearway.check.rules.places import calls_named, frame_of
from clearway.check.rules.rule import at
from clearway.check.source.syntax import last_name
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from clearway.check.program.program import Program
    from clearway.check.rules.places import Site
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW201"
NAME = "coroutine-never-awaited"

HOW = {
    Kind.DROPPED: "nobody takes its result",
    Kind.ASSIGNED: "nothing is done with `{names}`",
    Kind.TESTED: "the coroutine itself is tested, and is always true",
    Kind.COMPARED: "the coroutine itself is compared",
    Kind.COMPUTED: "the coroutine itself is an operand",
    Kind.FORMATTED: "the coroutine itself is put into text",
    Kind.READ: "the coroutine itself is asked for what its result has",
    Kind.CALLED: "the coroutine itself is called",
    Kind.ITERATED: "the coroutine itself is iterated",
    Kind.ENTERED: "the coroutine itself is entered",
    Kind.HANDED: "`{receiver}` gets the coroutine itself",
    Kind.RETURNED: "the endpoint returns the coroutine itself",
}
DOUBTFUL = frozenset({Kind.READ, Kind.CALLED, Kind.ITERATED, Kind.ENTERED, Kind.COMPUTED})
"""What libraries' awaitables can often do besides."""


def find(survey: Survey) -> Iterator[Finding]:
    """Calls in all code of the project, reached or not."""
    program = survey.program
    endpoints = {
        study.entry.function
        for study in survey.studies
        if study.entry.kind is RootKind.ENDPOINT and study.entry.frame.code is study.entry.function
    }
    names = coroutine_names(program)
    for module in program.modules.project:
        for site in calls_named(module, names):
            fate = lost(program, site, endpoints)
            if fate is None:
                continue
            frame = frame_of(program, site.code)
            made = None if program.branches.dead(frame).covers(site.call) else coroutine_made(program, site.call, frame)
            if made is not None and (made.of_project or fate.kind not in DOUBTFUL):
                yield _finding(site, made.name, made.text, fate)
    yield from _awaited_once_of_two(program, names, endpoints)


def _finding(site: Site, name: str, text: str, fate: Fate) -> Finding:
    how = HOW[fate.kind].format(names=", ".join(fate.names), receiver=_written(fate.node))
    is_async = isinstance(site.code, Function) and site.code.is_async
    fix = fix_at(FixKind.ADD_AWAIT, site.module, site.call, f"write `await {text}(…)`") if is_async else None
    message = f"`{text}` is never awaited: {how}. " + (
        "Put `await` in front of it." if is_async else "Await it in an `async def`, or have a loop run it."
    )
    return at(CODE, Severity.ERROR, site.module, site.code, site.call, name, message, fix=fix)


def _awaited_once_of_two(program: Program, names: Set[str], endpoints: Set[Function]) -> Iterator[Finding]:
    """`async def f(): return g()`, where `await f()` is then used as if it were the result of `g`."""
    returning = _returning_calls(program, names) - endpoints
    called = frozenset(function.name for function in returning)
    told: set[ast.expr] = set()
    for module in program.modules.project if called else ():
        for site in calls_named(module, called):
            outer = site.parents.get(site.call)
            if not isinstance(outer, ast.Await):
                continue
            fate = lost(program, site, endpoints, outer)
            values = program.evaluate(site.call, frame_of(program, site.code)) if fate is not None else frozenset()
            functions = {value.frame.code for value in values if isinstance(value, CoroutineV)}
            if fate is None or len(functions) != 1 or len(values) != 1 or not functions <= returning:
                continue
            function = functions.pop()
            assert isinstance(function, Function)
            given = function.scope.returns[0]
            made = coroutine_made(program, given, frame_of(program, function)) if isinstance(given, ast.Call) else None
            if made is not None and made.of_project and given not in told:
                told.add(given)
                message = (
                    f"`{made.text}` is never awaited: `{function.name}` returns the coroutine itself, and who awaits "
                    f"`{function.name}`, as at {module.shown}:{site.call.lineno}, gets that. Write `return await`."
                )
                fix = fix_at(FixKind.ADD_AWAIT, function.module, given, f"write `await {made.text}(…)`")
                yield at(CODE, Severity.ERROR, function.module, function, given, made.name, message, fix=fix)


def _returning_calls(program: Program, names: Set[str]) -> set[Function]:
    """Coroutine functions of the project with one `return`, of a call that may make a coroutine."""
    return {
        function
        for module in program.modules.project
        for function in module.functions.values()
        if function.is_async and not function.is_generator and len(function.scope.returns) == 1
        for given in function.scope.returns
        if isinstance(given, ast.Call) and last_name(given) in names
    }


def _written(node: ast.AST) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else ""
