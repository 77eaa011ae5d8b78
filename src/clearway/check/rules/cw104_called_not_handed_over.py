"""A function is called where it was meant to be handed over: it runs here, and its result is handed over instead.

## What it does

Finds `asyncio.to_thread(f())`, `run_in_executor(None, f())`, `run_in_threadpool(f())`, `anyio.to_thread.run_sync(f())`,
`executor.submit(f())`, `Thread(target=f())`, `background_tasks.add_task(f())`, `loop.call_soon(f())` and their like. A
call that gives a function to be handed over, as a factory or `functools.partial` does, is not reported.

## Why is this bad?

Python calls `f` first, on the event loop, which stands still as long as that takes. The thread then gets the result,
which it cannot call: it fails as well, or does nothing.

## Example

```python
@app.get("/page")
async def page(url: str):
    return await asyncio.to_thread(fetch(url))
```

Use instead the function without its parentheses, its arguments behind it:

```python
@app.get("/page")
async def page(url: str):
    return await asyncio.to_thread(fetch, url)
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from clearway.check.fix import FixKind
from clearway.check.program.values import (
    ClassV,
    ConstantV,
    CoroutineV,
    DictV,
    ExternalInstanceV,
    ExternalV,
    Frame,
    FunctionV,
    GeneratorV,
    InstanceV,
    ListV,
    ShapeV,
    TupleV,
    Value,
)
from clearway.check.program.values.effects import Block, Run
from clearway.check.reach import reach
from clearway.check.rules.fixes import fix_at
from clearway.check.rules.places import calls_named, frame_of, own_nodes, read_libraries
from clearway.check.rules.rule import at
from clearway.check.source.syntax import last_name, written
from clearway.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.program.code import Function
    from clearway.check.program.program import Program
    from clearway.check.survey import Survey
    from clearway.model import Finding

CODE = "CW104"
NAME = "called-instead-of-handed-over"

PLAIN_TYPES = frozenset(
    {"None", "int", "float", "str", "bytes", "bool", "dict", "list", "tuple", "set", "frozenset", "complex"}
)
OPAQUE_OBJECT = "builtins.object"


def find(survey: Survey) -> Iterator[Finding]:
    """Calls in all code of the project, reached or not."""
    program = survey.program
    read_libraries(program)
    names = program.library.handing_names()
    for module in program.modules.project:
        for site in calls_named(module, names.keys()):
            places = names[last_name(site.call)]
            if not any(isinstance(_argument(site.call, *place), ast.Call) for place in places):
                continue
            frame = frame_of(program, site.code)
            inner = _function_argument(program, site.call, frame)
            if not isinstance(inner, ast.Call) or not _is_mistaken(program, inner, frame):
                continue
            message = (
                f"`{written(inner)}(…)` is called here and now; `{written(site.call)}` gets its result, not the "
                f"function. Hand `{written(inner)}` over without calling it, its arguments behind it."
            )
            fix = fix_at(FixKind.HAND_OVER, module, inner, f"hand over `{written(inner)}`")
            yield at(CODE, Severity.ERROR, module, site.code, inner, written(inner), message, fix=fix)


def _argument(call: ast.Call, position: int, keyword: str | None) -> ast.expr | None:
    for named in call.keywords:
        if named.arg is not None and named.arg == keyword:
            return named.value
    before = call.args[: position + 1]
    if len(before) <= position or keyword == "target" or any(isinstance(one, ast.Starred) for one in before):
        return None
    return before[position]


def _function_argument(program: Program, call: ast.Call, frame: Frame) -> ast.expr | None:
    """The argument that has to be a function, by what is known of the function called."""
    library = program.library
    for value in program.evaluate(call.func, frame):
        if not isinstance(value, ExternalV):
            return None
        given = library.returns(value.name)
        if given is not None and given.shape == "iter":
            return None  # it takes an iterator, which a call may well make
        handing = library.offload(value.name)
        if handing is not None:
            return _argument(call, handing.position, handing.keyword)
        schedule = library.schedule(value.name)
        if schedule is not None and schedule.what != "coroutine":
            return _argument(call, schedule.position, schedule.keyword)
        return None
    return None


def _is_mistaken(program: Program, call: ast.Call, frame: Frame) -> bool:
    """Whether what the call gives is certainly no function."""
    callees = program.evaluate(call.func, frame)
    if callees and all(isinstance(callee, FunctionV) and _gives_data(callee.function) for callee in callees):
        return True
    values = [value for value in program.evaluate(call, frame) if value != ConstantV(None)]
    if values and all(_is_no_function(program, value) for value in values):
        return True
    effects = program.calls.outcome(call, frame).effects
    if any(isinstance(effect, Block) and not effect.possible for effect in effects):
        return True
    if any(_may_be_function(program, value) for value in values):
        return False
    # Of its result nothing is known; but it is itself what was to be taken off the loop.
    runs = [effect.frame for effect in effects if isinstance(effect, Run) and not effect.possible]
    return any(reach(program, inner).hits for inner in runs)


def _is_no_function(program: Program, value: Value) -> bool:
    match value:
        case ConstantV() | DictV() | ListV() | TupleV() | CoroutineV() | GeneratorV():
            return True
        case ExternalInstanceV(name=name):
            return name.startswith("builtins.") and name != OPAQUE_OBJECT
        case ShapeV(shape=shape):
            return shape != "call"
        case InstanceV():
            return not program.attributes.instance(value, "__call__") and not program.definitions.externals(value.cls)
        case _:
            return False


def _may_be_function(program: Program, value: Value) -> bool:
    if isinstance(value, ClassV | InstanceV):
        return not _is_no_function(program, value)
    return not _is_no_function(program, value) and not (
        isinstance(value, ExternalInstanceV) and value.name == OPAQUE_OBJECT
    )


def _gives_data(function: Function) -> bool:
    """It returns nothing, or says that it returns text, numbers or collections."""
    node = function.node
    if function.is_async or function.is_generator:
        return True
    if isinstance(node, ast.Lambda):
        return False
    if node.returns is not None:
        annotation = node.returns.value if isinstance(node.returns, ast.Subscript) else node.returns
        name = annotation.id if isinstance(annotation, ast.Name) else getattr(annotation, "value", "")
        return name in PLAIN_TYPES or (isinstance(annotation, ast.Constant) and annotation.value is None)
    returned = [inner for inner in own_nodes(node) if isinstance(inner, ast.Return) and inner.value is not None]
    return not returned and not function.is_abstract and not node.decorator_list
