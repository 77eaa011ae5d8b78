"""What Clearway knows about the insides of FastAPI, Starlette and AnyIO. No other package touches a private name.

Private names that a later release may drop are looked up softly: without one, calls are still placed, only told
apart less well. The suites in `tests/compat` say whether they still hold.
"""

from __future__ import annotations

from clearway.runtime.framework.calls import (
    call_of,
    code_of,
    dependency_calls,
    is_async_call,
    is_dependency_exit,
    is_generator,
    kind_in,
    recognise,
    run_to_end,
    runs_as_coroutine,
)
from clearway.runtime.framework.routes import (
    is_in_route,
    route_name,
    routed_to,
    routes_of,
    runs_endpoint_of,
)
from clearway.runtime.framework.tasks import (
    cancel_scope_of_task,
    cancelled_by_anyio,
    forget_async_library,
    is_cancelled,
    threadlocals,
)

__all__ = [
    "call_of",
    "cancel_scope_of_task",
    "cancelled_by_anyio",
    "code_of",
    "dependency_calls",
    "forget_async_library",
    "is_async_call",
    "is_cancelled",
    "is_dependency_exit",
    "is_generator",
    "is_in_route",
    "kind_in",
    "recognise",
    "route_name",
    "routed_to",
    "routes_of",
    "run_to_end",
    "runs_as_coroutine",
    "runs_endpoint_of",
    "threadlocals",
]
