"""The portal: a greenlet around a coroutine, so that a plain function called from it can wait like an `await`.

The task's own step sends into the coroutine from a greenlet of its own. Where code deep inside wants to wait, that
greenlet is left as it stands, and the task yields what is waited for to the loop as any coroutine does. So the task,
its context variables and its cancellation stay what they are, and the loop knows nothing of it.
"""

from __future__ import annotations

import asyncio
import threading
import types
import weakref
from collections.abc import Callable, Coroutine
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, TypeVar, cast

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator
    from types import CodeType, FrameType

_T = TypeVar("_T")

account: Callable[[int], None] = lambda waited_ns: None  # noqa: E731
"""Told of each wait, in the context of who waited."""
_EAGER = getattr(getattr(asyncio, "eager_task_factory", None), "__code__", None)


class Portal(greenlet):  # type: ignore[misc]  # greenlet has no types
    """Runs one coroutine after the other. What waits inside one suspends the task that drives it."""

    driver: greenlet
    """Where the loop's thread waits for the next thing to be yielded."""
    resumed: greenlet
    """Who gets the loop's answer: this greenlet, or one that code inside has made for itself."""
    outer_factory: Any = None
    """What makes the loop's tasks outside of the portal."""
    coroutine: Coroutine[Any, Any, Any] | None = None
    answer: tuple[bool, Any] = (True, None)
    """Whether the coroutine has returned, and what it has returned or raised."""

    def enter(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """In the task that will drive it: this coroutine is next."""
        task = asyncio.current_task()
        # Not the task itself: a cycle through a suspended greenlet is never collected.
        self.task_id = id(task)
        self._task = weakref.ref(task) if task is not None else None
        self.coroutine = coroutine
        self.resumed = self
        self.is_closing = False
        self.gr_context = getcurrent().gr_context  # the task's own and no copy: what is set inside, is set

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """The task that drives the portal."""
        return self._task() if self._task is not None else None

    def run(self, is_value: bool, value: Any) -> None:
        """For the thread's life: one coroutine after the other."""
        while True:
            self.answer = self._step(is_value, value)
            self.coroutine = value = None
            is_value, value = self.driver.switch(None)

    def _step(self, is_value: bool, value: Any) -> tuple[bool, Any]:
        coroutine = self.coroutine
        assert coroutine is not None
        try:
            while True:
                yielded = coroutine.send(value) if is_value else coroutine.throw(value)
                self.resumed = self
                is_value, value = self.driver.switch(yielded)
        except StopIteration as stop:
            return True, stop.value
        except BaseException as error:
            return False, _without_one_frame(error)


class _Idle(threading.local):
    """Portals of a thread that wait for another coroutine. A new one costs its thread some system calls."""

    def __init__(self) -> None:
        self.portals: list[Portal] = []


class Steps(threading.local):
    """How often the thread has gone on with a contained call."""

    taken = 0


steps = Steps()
_idle = _Idle()
_MOST_IDLE = 128

RUN: CodeType = Portal.run.__code__
"""The outermost code on a portal's own stack."""


_live: weakref.WeakSet[Portal] = weakref.WeakSet()


def suspended() -> list[FrameType]:
    """From any thread: the innermost frames of the portals that wait."""
    while True:
        try:
            frames = [live.resumed.gr_frame for live in list(_live)]
        except RuntimeError:  # one came or went meanwhile
            continue
        return [frame for frame in frames if frame is not None]


def outer_frame(frame: FrameType) -> FrameType | None:
    """The frame that called this one, also where a portal's own stack ends: there it is who drives the portal."""
    if frame.f_back is not None or frame.f_code is not RUN:
        return frame.f_back
    driver = frame.f_locals["self"].driver
    return cast("FrameType | None", driver.gr_frame)


async def run(func: Callable[..., Awaitable[_T]], *args: Any, **kwargs: Any) -> _T:
    """Call a coroutine function in a portal and return its result, or raise what it raised.

    In a task that has a portal already, that one serves.
    """
    awaitable = func(*args, **kwargs)
    if is_open():
        return await awaitable
    return await _drive(awaitable if isinstance(awaitable, Coroutine) else _awaiting(awaitable))


async def _awaiting(awaitable: Awaitable[_T]) -> _T:
    return await awaitable


def is_open() -> bool:
    """Whether the code that asks runs in a portal, and so may call `wait`."""
    # A thread's own greenlet has no parent: that is nearly everybody who asks.
    return getcurrent().parent is not None and current_portal() is not None


def current_portal() -> Portal | None:
    """The portal that the code runs in, where it can wait."""
    current: greenlet | None = getcurrent()
    while current is not None:
        if isinstance(current, Portal):
            # An eager task takes its first step on the stack of the task that makes it.
            is_own = current.task_id == id(asyncio.current_task()) and not current.is_closing
            return current if is_own else None
        current = current.parent  # a greenlet that code inside has made for itself, as SQLAlchemy does
    return None


def wait(awaitable: Awaitable[_T]) -> _T:
    """Suspend the request until this is done; the loop turns meanwhile. Only where `is_open`."""
    portal = current_portal()
    if portal is None:
        raise RuntimeError("there is no portal to wait in")
    me = getcurrent()
    began = perf_counter_ns()
    iterator = awaitable.__await__()
    is_value: bool = True
    value: Any = None
    try:
        while True:
            yielded = iterator.send(value) if is_value else iterator.throw(value)
            portal.resumed = me
            is_value, value = portal.driver.switch(yielded)
    except StopIteration as stop:
        return cast("_T", stop.value)
    finally:
        account(perf_counter_ns() - began)
        value = None  # an error knows this frame by its traceback: the frame must not know the error


@types.coroutine
def _drive(coroutine: Coroutine[Any, Any, _T]) -> Generator[Any, Any, _T]:
    """In the task: hand what the loop sends to the portal, and what the portal yields to the loop."""
    loop = asyncio.get_running_loop()
    idle = _idle.portals
    portal = idle.pop() if idle else Portal()
    portal.enter(coroutine)
    _live.add(portal)
    is_value: bool = True
    value: Any = None
    try:
        while True:
            here = getcurrent()
            portal.driver = here
            if portal.parent is not here:
                portal.parent = here
            outer = loop.get_task_factory()
            if outer is None or getattr(outer, "__code__", None) is not _EAGER:
                # AnyIO looks whether the loop's tasks are eager, and must go on seeing it.
                portal.outer_factory = outer
                loop.set_task_factory(make_task)
            steps.taken += 1
            try:
                answer = portal.resumed.switch(is_value, value)
            finally:
                value = None
                if loop.get_task_factory() is make_task:  # or the code inside has set one of its own
                    loop.set_task_factory(outer)
            if portal.coroutine is None:
                break
            try:
                is_value, value = True, (yield answer)
            except BaseException as error:
                is_value, value = False, _without_one_frame(error)
                portal.is_closing = isinstance(error, GeneratorExit)
    finally:
        _live.discard(portal)
    is_value, value = portal.answer
    portal.answer = (True, None)
    portal.gr_context = portal.outer_factory = None
    if len(idle) < _MOST_IDLE:
        idle.append(portal)
    if is_value:
        return cast("_T", value)
    try:
        raise value
    finally:
        value = None


def _without_one_frame(error: BaseException) -> BaseException:
    """The error without the frame that has just caught it: its traceback is to show the user's own."""
    return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)


def make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Future[Any]:
    """The loop's task factory while a portal's code runs: the tasks that it makes have portals, too."""
    current: greenlet | None = getcurrent()
    while current is not None and not isinstance(current, Portal):
        current = current.parent
    outer = current.outer_factory if current is not None else None
    if asyncio.iscoroutine(coroutine) and not isinstance(coroutine, PortalCoroutine):
        coroutine = PortalCoroutine(coroutine)
    made: asyncio.Future[Any] = (outer or _plain_task)(loop, coroutine, **options)
    return made


def _plain_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(coroutine, loop=loop, **options)


class PortalCoroutine(Coroutine[Any, Any, Any]):
    """A task's coroutine, in a portal from its first step on. To whoever looks at it, it is the coroutine inside."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._driven: Generator[Any, Any, Any] | None = None

    def send(self, value: Any) -> Any:
        if self._driven is None:
            self._driven = cast("Generator[Any, Any, Any]", _drive(self._coroutine))
        return self._driven.send(value)

    def throw(self, *error: Any) -> Any:
        # Before its first step the coroutine itself must have it: else nobody ever closes it.
        return (self._coroutine if self._driven is None else self._driven).throw(*error)

    def close(self) -> None:
        (self._coroutine if self._driven is None else self._driven).close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from _drive(self._coroutine))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coroutine, name)
