"""What a call is in another process: a function by its name, arguments and results as pickles, errors with their text.

`pack` and `unpack` are for this side, `run` for the other. Context variables are not sent.

Pickles run code when they are read: both sides must be one's own.
"""

from __future__ import annotations

import copyreg
import functools
import importlib
import inspect
import io
import pickle
import struct
import sys
import traceback
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from clearway.model import CannotTravel, WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROTOCOL = pickle.HIGHEST_PROTOCOL
_OUTCOME = struct.Struct("!BQQQ")
"""Status, began, ended, and how long reading the arguments and packing the result took."""
_TITLE = struct.Struct("!H")
"""Length of the call's name, which can be read though its arguments cannot."""
MOST_TITLE = 1000
RESULT, ERROR = 0, 1
BOUND_HERE = (HTTPConnection, BackgroundTask, UploadFile, StreamingResponse)
"""What some copies of would pickle, and be of no use elsewhere."""


class RemoteTraceback(Exception):
    """The traceback of an exception in the process where it was raised; the cause of what is raised here."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


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


# Functions by name


def unreachable(func: Callable[..., Any]) -> str | None:
    """Why a function cannot be found again by its name, as the end of a sentence; None where it can."""
    while isinstance(func, functools.partial):
        func = func.func
    try:
        _reference(func)
    except CannotTravel as error:
        return str(error)
    return None


def _reference(func: Callable[..., Any]) -> tuple[Any, ...]:
    """How the other side finds a callable again. Raises CannotTravel with the end of a sentence."""
    if isinstance(func, functools.partial):
        return "partial", _reference(func.func), func.args, func.keywords
    name = getattr(func, "__qualname__", None)
    if not isinstance(name, str):
        return "value", func  # an instance that can be called
    owner = getattr(func, "__self__", None)
    if owner is not None and not isinstance(owner, type) and not inspect.ismodule(owner):
        return "method", owner, func.__name__
    module = getattr(func, "__module__", None) or "builtins"
    if isinstance(owner, type):  # a class method, which may be inherited
        module, name = owner.__module__, f"{owner.__qualname__}.{func.__name__}"
    if "<lambda>" in name:
        raise CannotTravel("is a lambda, which has no name in its module")
    if "<locals>" in name:
        raise CannotTravel("is defined inside another function, so it has no name in its module")
    if module == "__main__" and (reason := _main_is_unreachable()) is not None:
        raise CannotTravel(reason)
    depth = 0
    found = _named(module, name)
    while found is not func and found != func:  # a bound classmethod is made anew each time, and equal
        found = getattr(found, "__wrapped__", None)
        depth += 1
        if found is None:
            raise CannotTravel(f"is not what {module}.{name} names: define it at the top of a module")
    return "name", module, name, depth


def _main_is_unreachable() -> str | None:
    main = sys.modules["__main__"]
    if getattr(main, "__file__", None) is None:
        return "is defined in an interactive session, which has no file"
    name = getattr(getattr(main, "__spec__", None), "name", "")
    if name == "__main__" or name.endswith(".__main__"):
        return "is defined in a __main__.py, which a worker cannot import: move it to another module"
    return None


def _named(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _resolve(reference: tuple[Any, ...]) -> Callable[..., Any]:
    kind, *rest = reference
    found: Any
    if kind == "name":
        module, name, depth = rest
        found = _named(module, name)
        for _ in range(depth):
            found = getattr(found, "__wrapped__", None)
        if found is None:
            raise CannotTravel(f"there is no {module}.{name} in the worker: both must run the same code")
    elif kind == "partial":
        inner, args, keywords = rest
        found = functools.partial(_resolve(inner), *args, **keywords)
    else:
        found = getattr(*rest) if kind == "method" else rest[0]
    called: Callable[..., Any] = found
    return called


# Calls


def pack(name: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
    """A call as bytes. `name` is its id, for messages. Raises CannotTravel that names the parameter."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, (*BOUND_HERE, Response)):
            raise _culprit(name, func, args, kwargs, value)
    try:
        call = pickle.dumps((_reference(func), args, dict(kwargs)), PROTOCOL)
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
            return CannotTravel(
                f"{name}: parameter {parameter!r}, a {type(value).__name__}, cannot be sent to another process: {why}"
            )
    return CannotTravel(f"{name} cannot be sent to another process: {_one_line(error)}")


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
        return _one_line(error)
    return None


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# On the other side


def run(payload: bytes | bytearray) -> bytes:
    """Run a packed call and return how it ended, as bytes for `unpack`. Raises nothing."""
    arrived = began = ended = perf_counter_ns()
    (length,) = _TITLE.unpack_from(payload)
    body = memoryview(payload)[_TITLE.size :]
    name = str(body[:length], errors="replace")
    try:
        reference, args, kwargs = pickle.loads(body[length:])
        func = _resolve(reference)
    except BaseException as error:
        return _packed_error(CannotTravel(f"{name} could not be read by the worker: {_one_line(error)}"), began, ended)
    began = perf_counter_ns()
    try:
        value = func(*args, **kwargs)
        ended = perf_counter_ns()
    except BaseException as error:
        return _packed_error(error, began, perf_counter_ns(), name)
    try:
        if isinstance(value, BOUND_HERE):
            raise TypeError(f"a {type(value).__name__} belongs to the process that made it")
        packed = pickle.dumps(value, PROTOCOL)
        return _OUTCOME.pack(RESULT, began, ended, began - arrived + perf_counter_ns() - ended) + packed
    except BaseException as error:
        why = f"{name}: its result, a {type(value).__name__}, cannot be sent back: {_one_line(error)}"
        return _packed_error(CannotTravel(why), began, ended)


def _packed_error(error: BaseException, began: int, ended: int, name: str = "") -> bytes:
    head = _OUTCOME.pack(ERROR, began, ended, 0)
    text = _text_of(error)
    if not isinstance(error, Exception):  # SystemExit and its like would end the loop that they are raised in
        error = WorkerLost(f"{name} raised {_one_line(error)}")
    for form in (error, _state_of(error)):
        try:
            packed = _pickled_error((form, text))
            if _same(_rebuilt(pickle.loads(packed)[0]), error):
                return head + packed
        except Exception:
            continue  # an `__init__` with arguments of its own, something unpicklable inside
    stand_in = CannotTravel(f"{name} raised {_one_line(error)}, and this {type(error).__name__} cannot be sent")
    return head + pickle.dumps((stand_in, text), PROTOCOL)


def _pickled_error(form: Any) -> bytes:
    """As Python pickles errors: packages such as Dask put other ways in its place, for the whole process."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, PROTOCOL)
    pickler.dispatch_table = {
        kind: reduce for kind, reduce in copyreg.dispatch_table.items() if not issubclass(kind, BaseException)
    }
    pickler.dump(form)
    return written.getvalue()


def _text_of(error: BaseException) -> str:
    """The traceback without the frames of this module."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename == __file__:
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step))


def _state_of(error: BaseException) -> tuple[type[BaseException], tuple[Any, ...], dict[str, Any]]:
    """What pickle would take, to be put together without `__init__`: it often wants other arguments."""
    return type(error), error.args, dict(error.__dict__)


def _rebuilt(form: Any) -> BaseException:
    if isinstance(form, BaseException):
        return form
    kind, args, state = form
    error: BaseException = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _same(rebuilt: BaseException, error: BaseException) -> bool:
    return type(rebuilt) is type(error) and str(rebuilt) == str(error)


# And back


def unpack(outcome: bytes | bytearray | memoryview) -> Outcome:
    """How a call ended. Its error carries the other side's traceback as its cause. Raises CannotTravel."""
    status, began, ended, packing = _OUTCOME.unpack_from(outcome)
    try:
        value = pickle.loads(memoryview(outcome)[_OUTCOME.size :])
        if status == RESULT:
            return Outcome(began, ended, packing, value)
        form, text = value
        error = _rebuilt(form)
    except Exception as reason:
        raise CannotTravel(f"what the worker sent back could not be read: {_one_line(reason)}") from reason
    error.__cause__ = RemoteTraceback(text)
    return Outcome(began, ended, packing, error=error)
