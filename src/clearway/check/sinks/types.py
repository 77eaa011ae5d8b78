"""The entries of the data files, as types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from clearway.model import Lane, Severity, SinkKind


@dataclass(frozen=True, slots=True)
class Unless:
    """The call does not block where this argument has this constant value: `lock.acquire(blocking=False)`."""

    keyword: str
    position: int | None
    """Where it stands when it is given without its name, the object of a method not counted."""
    value: object
    """A boolean, number, string or None. Compare with the type: `0` is not `False`."""
    instance: str | None = None
    """Where set, `value` says nothing: the call does not block where the argument is an object of this class, by its
    canonical name: `zipfile.ZipFile(io.BytesIO(data))`.
    """


@dataclass(frozen=True, slots=True)
class Wait:
    """The argument that says for how many seconds the call waits at most."""

    keyword: str
    position: int | None


@dataclass(frozen=True, slots=True)
class SinkEntry:
    """One operation that blocks."""

    name: str
    """What findings call it: the entry's `through`, else the canonical form of the name that was asked for."""
    kind: SinkKind
    severity: Severity
    fix: str
    """One sentence: what to write in an `async def` in its place."""
    family: str
    twin: str | None
    """The async class or module of the same family, `httpx.AsyncClient`; None where there is none."""
    unless: tuple[Unless, ...] = ()
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call gives, or what an attribute holds."""

    shape: Literal["instance", "class", "self", "iter", "await", "enter", "call", "argument", "opaque"]
    """`instance` of `name`; the class `name` itself; `self`: the object that the method is called on; `iter`: something
    that is iterated (`for` or `async for`) and yields `inner`; `await`: something that is awaited and gives `inner`;
    `enter`: a context manager (sync or async) that gives `inner`; `call`: a callable that gives `inner`; `argument`:
    its argument at `position` unchanged; `opaque`: known not to matter.
    """
    name: str = ""
    position: int = 0
    inner: Returned | None = None


@dataclass(frozen=True, slots=True)
class Offload:
    """A function that takes another function off the loop."""

    position: int
    """Where that function stands among the arguments, the object of a method not counted."""
    keyword: str | None
    """Its name, `target` for `threading.Thread`."""
    lane: Lane
    """`thread` or `process`."""
    wraps: bool = False
    """It returns a function that offloads when called (`asgiref.sync.sync_to_async`) instead of offloading at once.
    Also set for what the user names in settings, which may be used either way: called with a function, or as a
    decorator. Either way the function never runs on the loop by this call.
    """


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that has another one run by the loop, later or in another task."""

    what: Literal["coroutine", "function", "either"]
    position: int
    keyword: str | None
    many: bool = False
    """All positional arguments from `position` on, as `asyncio.gather` takes them."""
    kind: Literal["task", "background_task", "callback"] = "task"
