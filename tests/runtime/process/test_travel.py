"""What travels, what does not, and that it is said of the right parameter."""

from __future__ import annotations

import asyncio
import copyreg
import functools
import io
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response, UploadFile
from pydantic import BaseModel, ValidationError
from starlette.responses import StreamingResponse

import clearway
from clearway.model import CannotTravel, Lane, SettingsError, WorkerLost
from clearway.runtime.lanes.remote import refusals, travel
from clearway.runtime.lanes.remote.errors import RemoteTraceback
from tests.runtime.process import work


class Model(BaseModel):
    number: int


class Counter:
    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, number: int) -> int:
        return number + self.step

    def add(self, number: int) -> int:
        return number + self.step

    @classmethod
    def make(cls, step: int) -> Counter:
        return cls(step)

    @staticmethod
    def negate(number: int) -> int:
        return -number


class Locked(Counter):
    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.lock = threading.Lock()


def doubled(func: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> int:
        return 2 * func(*args, **kwargs)

    return wrapper


kept: list[Callable[..., int]] = []


def keep(func: Callable[..., int]) -> Callable[..., int]:
    kept.append(func)
    return func


@doubled
@keep
def three() -> int:
    return 3


errors: list[BaseException] = []


def fail() -> None:
    """Raise what the test has put there: as an argument it would be copied once more."""
    raise errors[-1]


def give(value: Any) -> Any:
    return value


class Special(Exception):
    def __init__(self, *, code: int) -> None:
        super().__init__(f"special {code}")
        self.code = code


class Unsendable(Exception):
    def __init__(self) -> None:
        super().__init__("holds a lock")
        self.lock = threading.Lock()


def through(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """As it would go to a worker and back."""
    outcome = travel.unpack(travel.run(travel.pack("app:call", func, args, kwargs)))
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def test_functions_methods_and_instances_are_found_again() -> None:
    assert through(work.double, 4) == 8
    assert through(work.double, number=4) == 8
    assert through(functools.partial(work.double, 5)) == 10
    assert through(Counter(2), 1) == 3
    assert through(Counter(2).add, 1) == 3
    assert through(Counter.make, 7).step == 7
    assert through(Counter.negate, 7) == -7
    assert through(Counter, step=9).step == 9
    assert through(max, 3, 4) == 4


def test_a_function_that_a_decorator_has_replaced_is_found_behind_it() -> None:
    assert through(three) == 6
    assert through(kept[0]) == 3


def test_models_keep_their_type() -> None:
    assert through(give, Model(number=3)) == Model(number=3)


def _without_a_name() -> Iterator[tuple[Callable[..., Any], str]]:
    def inner() -> None: ...

    @functools.wraps(work.double)
    def hidden() -> None: ...

    yield inner, "is defined inside another function"
    yield lambda: None, "is a lambda"
    yield hidden, "is not what tests.runtime.process.work.double names"


@pytest.mark.parametrize(("func", "why"), list(_without_a_name()))
def test_what_has_no_name_in_a_module_is_refused(func: Callable[..., Any], why: str) -> None:
    with pytest.raises(CannotTravel, match=f"^app:call {why}"):
        travel.pack("app:call", func, (), {})
    assert (refusals.why_not(func) or "").startswith(why)


def takes(number: int, *rest: Any, named: Any = None, **more: Any) -> None: ...


@pytest.mark.parametrize(
    ("args", "kwargs", "name"),
    [
        ((threading.Lock(),), {}, "number"),
        ((1, 2, threading.Lock()), {}, r"\*rest\[1\]"),
        ((1,), {"named": threading.Lock()}, "named"),
        ((1,), {"other": threading.Lock()}, "other"),
    ],
)
def test_an_argument_that_cannot_be_sent_is_named(args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> None:
    with pytest.raises(CannotTravel, match=rf"app:call: parameter ['\"]{name}['\"], a lock, cannot be sent") as caught:
        travel.pack("app:call", takes, args, kwargs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        Request({"type": "http"}),
        BackgroundTasks(),
        UploadFile(io.BytesIO(b"text")),
        Response(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_belongs_to_the_request_is_refused_though_a_copy_could_be_made(value: Any) -> None:
    with pytest.raises(CannotTravel, match=f"parameter 'value' is a {type(value).__name__}, which belongs to this"):
        travel.pack("app:call", give, (value,), {})


@pytest.mark.parametrize(
    "error",
    [
        ValueError("wrong", 3),
        OSError(2, "No such file", "x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        HTTPException(404, "gone", {"x-a": "b"}),
        HTTPException(status_code=404, detail={"gone": True}, headers={"x-a": "b"}),
        Special(code=7),
        ExceptionGroup("two", [ValueError("a"), TypeError("b")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_exceptions_come_back_as_they_were_with_the_worker_s_traceback(error: Exception) -> None:
    error.add_note("a note")
    errors.append(error)
    with pytest.raises(type(error)) as caught:
        through(fail)
    assert str(caught.value) == str(error)
    assert repr(caught.value.args) == repr(error.args)
    assert caught.value.__dict__ == error.__dict__
    assert caught.value.__notes__ == ["a note"]
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    text = str(caught.value.__cause__)
    assert "in fail" in text
    assert "clearway/runtime" not in text


def test_packages_that_change_how_errors_are_pickled_change_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, UnicodeDecodeError, lambda error: (RuntimeError, ("another",)))
    errors.append(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"))
    with pytest.raises(UnicodeDecodeError, match="invalid"):
        through(fail)


def test_a_validation_error_comes_back() -> None:
    with pytest.raises(ValidationError, match="number"):
        through(Model.model_validate, {"number": "x"})


def test_an_exception_that_cannot_be_sent_is_told() -> None:
    with pytest.raises(CannotTravel, match="app:call raised Unsendable: holds a lock, and this Unsendable cannot"):
        through(_raise_unsendable)


def _raise_unsendable() -> None:
    raise Unsendable


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_would_end_the_loop_comes_back_as_a_loss(error: BaseException) -> None:
    errors.append(error)
    with pytest.raises(WorkerLost, match=f"app:call raised {type(error).__name__}"):
        through(fail)


@pytest.mark.parametrize("make", [threading.Lock, lambda: (n for n in "ab"), lambda: StreamingResponse([])])
def test_a_result_that_cannot_be_sent_is_told(make: Callable[[], Any]) -> None:
    made[0] = make
    with pytest.raises(CannotTravel, match=f"app:call: its result, a {type(make()).__name__}, cannot be sent back"):
        through(_make)


made: list[Callable[[], Any]] = [list]


def _make() -> Any:
    return made[0]()


def test_a_call_that_the_worker_cannot_read_is_told() -> None:
    payload = travel.pack("app:call", work.double, (1,), {}).replace(b"double", b"trebly")
    outcome = travel.unpack(travel.run(payload))
    assert isinstance(outcome.error, CannotTravel)
    assert (
        "app:call could not be read by the worker: CannotTravel: there is no tests.runtime.process.work.trebly"
        in str(outcome.error)
    )


# Refused at the start


def _request(request: Request) -> None: ...
def _response(response: Response) -> None: ...
def _tasks(tasks: BackgroundTasks) -> None: ...
def _upload(file: UploadFile) -> None: ...
def _uploads(files: list[UploadFile]) -> None: ...
def _optional(db: sqlite3.Connection | None = None) -> None: ...
def _annotated(db: Annotated[httpx.Client, Depends(object)]) -> None: ...
def _stream() -> Iterator[int]:
    yield 1


async def _coroutine() -> None: ...
async def _async_stream() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (_request, "takes 'request', a Request"),
        (_response, "takes 'response', a Response"),
        (_tasks, "takes 'tasks', a BackgroundTasks"),
        (_upload, "takes 'file', a UploadFile"),
        (_uploads, "takes 'files', a UploadFile"),
        (_optional, "takes 'db', a Connection"),
        (_annotated, "takes 'db', a Client"),
        (_stream, "is a generator"),
        (_coroutine, "is an async def"),
        (_async_stream, "is an async def"),
        (Locked(1), "belongs to a Locked that cannot be sent: TypeError: cannot pickle"),
        (Locked(1).add, "belongs to a Locked that cannot be sent: TypeError: cannot pickle"),
        (functools.partial(_request), "takes 'request', a Request"),
    ],
)
def test_what_can_never_run_elsewhere_is_known_at_the_start(target: Callable[..., Any], why: str) -> None:
    assert (refusals.why_not(target) or "").startswith(why)


def _plain(number: int, names: list[str], model: Model, body: io.BytesIO) -> None: ...
def _unresolvable(value: NoSuchName) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize("target", [_plain, _unresolvable, work.pid, Counter, Counter(1), Counter(1).add, Counter.make])
def test_the_rest_is_let_through(target: Callable[..., Any]) -> None:
    assert refusals.why_not(target) is None


@pytest.mark.parametrize("lane", [Lane.PROCESS, Lane.CLUSTER])
@pytest.mark.parametrize("by", ["route", "call", "code"])
def test_an_async_def_pinned_to_another_process_is_an_error_at_the_start(
    install: Callable[..., clearway.Runtime], by: str, lane: Lane
) -> None:
    app = FastAPI()

    @app.get("/items")
    async def read() -> None: ...

    if by == "code":
        (clearway.process if lane is Lane.PROCESS else clearway.cluster)(read)
    name = "GET /items" if by == "route" else f"{read.__module__}:{read.__qualname__}"
    runtime = install(app, pins={} if by == "code" else {name: lane})
    with pytest.raises(SettingsError, match=f"GET /items: .*read is pinned to the {lane} lane, but is an async def"):
        runtime.check()


def test_the_start_names_the_call_and_the_parameter(install: Callable[..., clearway.Runtime]) -> None:
    app = FastAPI()
    app.get("/items")(_upload)
    runtime = install(app, pins={"GET /items": Lane.PROCESS})
    with pytest.raises(SettingsError, match=r"^GET /items: .*:_upload cannot run in the process lane .*'file'"):
        runtime.check()
