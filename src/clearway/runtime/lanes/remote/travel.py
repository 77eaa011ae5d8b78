"""What a call is in another process: a function by its name, arguments and results as pickles, errors with their text.

`pack` and `unpack` are for this side, `run` for the other. Context variables are not sent.

Pickles run code when they are read: both sides must be one's own.
"""

from __future__ import annotations

import inspect
import pickle
import struct
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from clearway.model import CannotTravel
from clearway.runtime.lanes.remote import errors
from clearway.runtime.lanes.remote.errors import PROTOCOL, one_line
from clearway.runtime.lanes.remote.functions import reference, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OUTCOME = struct.Struct("!BQQQ")
"""Status, began, ended, and how long reading the arguments and packing the result took."""
_TITLE = struct.Struct("!H")
"""Length of the call's name, which can be read though its arguments cannot."""
MOST_TITLE = 1000
RESULT, ERROR = 0, 1
INSTEAD = "send plain values, or use the thread lane"
BOUND_HERE = (HTTPConnection, BackgroundTask, UploadFile, StreamingResponse)
"""What some copies of would pickle, and be of no use elsewhere."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended elsewhere. Times on the `perf_counter_ns` of the process that ran it: on another machine
    only their difference means something."""

    began_ns: int
    ended_ns: int
    pack_ns: int
    """How long the other side took to read the arguments and to pack the result."""
    value: Any = None
    error: BaseException | None = None


def pack(name: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
    """A call as bytes. `name` is its id, for messages. Raises CannotTravel that names the parameter."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, (*BOUND_HERE, Response)):
            raise _culprit(name, func, args, kwargs, value)
    try:
        call = pickle.dumps((reference(func), args, dict(kwargs)), PROTOCOL)
    except CannotTravel as error:
        raise CannotTravel(f"{name} {error}") from None
    except Exception as error:
        raise _blamed(name, func, args, kwargs, error) from error
    title = name.encode(errors="replace")[:MOST_TITLE]
    return _TITLE.pack(len(title)) + title + call


def _culprit(
    name: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], value: Any
) -> CannotTravel:
    parameter = next(key for key, other in _by_parameter(func, args, kwargs).items() if other is value)
    return CannotTravel(
        f"{name}: parameter {parameter!r} is a {type(value).__name__}, which belongs to this process; "
        "pass what the call needs of it"
    )


def _blamed(
    name: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception
) -> CannotTravel:
    for parameter, value in _by_parameter(func, args, kwargs).items():
        if (why := unpicklable(value)) is not None:
            what = f"parameter {parameter!r}, a {type(value).__name__}"
            return CannotTravel(f"{name}: {what}, cannot be sent to another process: {why}; {INSTEAD}")
    return CannotTravel(f"{name} cannot be sent to another process: {one_line(error)}; {INSTEAD}")


def _by_parameter(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the name of their parameter; the values of `*args` and `**kwargs` each under a name of its own."""
    try:
        signature = inspect.signature(func)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {**{f"argument {number}": value for number, value in enumerate(args, 1)}, **kwargs}
    named: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        kind = signature.parameters[parameter].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            named |= {f"*{parameter}[{number}]": item for number, item in enumerate(value)}
        elif kind is inspect.Parameter.VAR_KEYWORD:
            named |= value
        else:
            named[parameter] = value
    return named


def unpicklable(value: Any) -> str | None:
    """Why a value cannot be pickled; None where it can."""
    try:
        pickle.dumps(value, PROTOCOL)
    except Exception as error:
        return one_line(error)
    return None


# On the other side


def run(payload: bytes | bytearray) -> bytes:
    """Run a packed call and return how it ended, as bytes for `unpack`. Raises nothing."""
    arrived = began = ended = perf_counter_ns()
    (length,) = _TITLE.unpack_from(payload)
    body = memoryview(payload)[_TITLE.size :]
    name = str(body[:length], errors="replace")
    try:
        named, args, kwargs = pickle.loads(body[length:])
        func = resolve(named)
    except BaseException as error:
        return _failed(CannotTravel(f"{name} could not be read by the worker: {one_line(error)}"), began, ended, name)
    began = perf_counter_ns()
    try:
        value = func(*args, **kwargs)
        ended = perf_counter_ns()
    except BaseException as error:
        return _failed(error, began, perf_counter_ns(), name)
    try:
        if isinstance(value, BOUND_HERE):
            raise TypeError(f"a {type(value).__name__} belongs to the process that made it")
        packed = pickle.dumps(value, PROTOCOL)
        return _OUTCOME.pack(RESULT, began, ended, began - arrived + perf_counter_ns() - ended) + packed
    except BaseException as error:
        why = f"{name}: its result, a {type(value).__name__}, cannot be sent back: {one_line(error)}; {INSTEAD}"
        return _failed(CannotTravel(why), began, ended, name)


def _failed(error: BaseException, began: int, ended: int, name: str) -> bytes:
    return _OUTCOME.pack(ERROR, began, ended, 0) + errors.pack(error, name, __file__)


# And back


def unpack(outcome: bytes | bytearray | memoryview) -> Outcome:
    """How a call ended. Its error carries the other side's traceback as its cause. Raises CannotTravel."""
    status, began, ended, packing = _OUTCOME.unpack_from(outcome)
    try:
        value = pickle.loads(memoryview(outcome)[_OUTCOME.size :])
        if status == RESULT:
            return Outcome(began, ended, packing, value)
        return Outcome(began, ended, packing, error=errors.unpack(value))
    except Exception as reason:
        raise CannotTravel(f"what the worker sent back could not be read: {one_line(reason)}") from reason
