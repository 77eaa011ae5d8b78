"""psycopg 3, with its C and its Python build: the functions that wait for a connection's socket.

All that psycopg does are generators which say what they wait for; its connections give them to `psycopg.waiting`,
which has the same functions for asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.imports import WhenImported
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from clearway.runtime.containment.replacing import Change


def _cooperative(asynchronous: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*args: Any, **kwargs: Any) -> Any:
            if not portal.is_open():
                return original(*args, **kwargs)
            return portal.wait(asynchronous(*args, **kwargs))

        return wait

    return make


def _replacements(waiting: ModuleType) -> Iterator[Change]:
    yield Replacement(waiting, "wait", _cooperative(waiting.wait_async))
    yield Replacement(waiting, "wait_conn", _cooperative(waiting.wait_conn_async))


REPLACEMENTS = (WhenImported("psycopg.waiting", _replacements),)
