"""A coroutine is made and never awaited: what it was to do does not happen.

## What it does

Finds calls of `async def` functions, of the project and of libraries, whose result cannot be awaited any more: the
call stands alone, its result is assigned to a name that nobody reads, printed, put into text, tested, compared,
computed with, iterated, asked for an attribute, or returned by an endpoint, which would send the coroutine itself.
Coroutines that are kept, passed on or returned by other functions are not reported: somebody may await them.

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
from clearway.check.program.modules import Function, last_name
from clearway.check.program.values import ExternalV
from clearway.check.rules.coroutines import coroutine_made, coroutine_names
from clearway.check.rules.fates import Fate, Kind, fate_of, never_read, uses
from clearway.check.rules.fixes import fix_at
from clearway.check.rules.places import calls_named, frame_of
from clearway.check.rules.rule import at
from clearway.model import RootKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from clearway.check.program.program import Program
    from clearway.check.rules.places import Site
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW201"
NAME = "coroutine-never-awaited"

SHOWN = frozenset({"builtins.print", "builtins.str", "builtins.repr", "builtins.format", "json.dumps"})
"""Functions that take anything, also what a collection holds, and await nothing."""
CONSUMED = frozenset(
    {f"builtins.{name}" for name in ("len", "int", "float", "bool", "bytes", "abs", "round", "sum", "sorted", "list")}
    | {f"builtins.{name}" for name in ("tuple", "set", "frozenset", "enumerate", "min", "max", "iter", "next", "any")}
    | {f"builtins.{name}" for name in ("all", "reversed", "ord", "chr", "range")}
)
"""Functions to which a coroutine itself is of no use."""
TRUTH = frozenset({"builtins.any", "builtins.all", "builtins.sum", "builtins.min", "builtins.max"})
"""Functions that judge what a collection holds."""
LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
COROUTINES_OWN = frozenset({"send", "throw", "close"})
EXPECTING = frozenset({"raises", "warns", "deprecated_call", "assertRaises", "assertRaisesRegex", "assertWarns"})
"""What is called under these is meant to fail."""

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
            fate = _lost(program, site, fate_of(site), endpoints)
            if fate is None or _is_expected_to_fail(site):
                continue
            made = coroutine_made(program, site.call, frame_of(program, site.code))
            if made is None or (not made.of_project and fate.kind in _DOUBTFUL):
                continue
            how = HOW[fate.kind].format(names=", ".join(fate.names), receiver=_written(fate.node))
            is_async = isinstance(site.code, Function) and site.code.is_async
            fix = fix_at(FixKind.ADD_AWAIT, module, site.call, f"await {made.text}(…)") if is_async else None
            message = f"{made.text} is never awaited: {how}. " + (
                "Put `await` in front of it." if is_async else "Await it in an `async def`, or have a loop run it."
            )
            yield at(CODE, Severity.ERROR, module, site.code, site.call, made.name, message, fix=fix)


_DOUBTFUL = frozenset({Kind.READ, Kind.CALLED, Kind.ITERATED, Kind.ENTERED, Kind.COMPUTED})
"""What libraries' awaitables can often do besides."""


def _lost(program: Program, site: Site, fate: Fate | None, endpoints: Set[Function]) -> Fate | None:
    """The fate, where nobody can await the result after it."""
    if fate is None:
        return None
    if fate.kind is Kind.ASSIGNED:
        if never_read(site, fate.names):
            return fate
        return None if fate.inside or len(fate.names) != 1 else _lost_by_name(program, site, fate.names[0], endpoints)
    if fate.kind is Kind.RETURNED:
        return fate if site.code in endpoints else None
    if fate.kind is Kind.READ:
        attribute = fate.node.attr if isinstance(fate.node, ast.Attribute) else ""
        return None if attribute in COROUTINES_OWN or attribute.startswith(("cr_", "__")) else fate
    if fate.kind is Kind.HANDED:
        return fate if _is_no_use(program, site, fate) else None
    return fate


def _lost_by_name(program: Program, site: Site, name: str, endpoints: Set[Function]) -> Fate | None:
    """What is assigned and then only used in ways that await nothing: the first of them."""
    found: list[Fate] = []
    for _, fate in uses(site, name):
        if fate is None or fate.kind is Kind.ASSIGNED:
            return None
        lost = _lost(program, site, fate, endpoints)
        if lost is None:
            return None
        found.append(lost)
    return found[0] if found else None


def _is_no_use(program: Program, site: Site, fate: Fate) -> bool:
    """Whether what the coroutine is handed to is known to await nothing."""
    call = fate.node
    assert isinstance(call, ast.Call)
    if _logs(call):
        return True
    values = program.evaluate(call.func, frame_of(program, site.code))
    names = {value.name for value in values if isinstance(value, ExternalV)}
    if not names or len(names) != len(values):
        return False
    if all(_responds(name) for name in names):
        return fate.keyword in (None, "content")
    if fate.keyword is not None:
        return False
    if fate.inside:
        return names <= SHOWN or (names <= TRUTH and len(call.args) == 1)
    return names <= SHOWN | CONSUMED


def _responds(name: str) -> bool:
    owner, _, cls = name.rpartition(".")
    return owner in ("fastapi", "fastapi.responses", "starlette.responses") and (
        cls.endswith("Response") and cls != "StreamingResponse"
    )


def _logs(call: ast.Call) -> bool:
    """`logger.info(...)`, by its name: loggers come from everywhere."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOGGING:
        return False
    return last_name(call.func.value).lower().strip("_") in ("logger", "log", "logging")


def _is_expected_to_fail(site: Site) -> bool:
    """It stands in `with pytest.raises(...)`."""
    return any(
        isinstance(parent, ast.With) and any(last_name(item.context_expr) in EXPECTING for item in parent.items)
        for _, parent in site.ancestors()
    )


def _written(node: ast.AST) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else ""
