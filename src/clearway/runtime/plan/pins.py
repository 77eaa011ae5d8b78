"""Pins: where the user wants a call to run, whatever a plan says."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

from clearway.model import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

ATTRIBUTE = "__clearway_pin__"
"""What a pin leaves on a function."""

_F = TypeVar("_F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Pin:
    """A lane, and what the user says of the call that only that lane asks for."""

    lane: Lane
    retries: int = 0
    """How often the call may be made again where a machine was lost in the middle of it: it is idempotent."""


def loop(func: _F) -> _F:
    """Pin a `def` to the loop: it is known not to block, and runs without a thread hop."""
    return _pinned(func, Pin(Lane.LOOP))


def thread(func: _F) -> _F:
    """Pin a `def` to the thread lane, whatever a plan says."""
    return _pinned(func, Pin(Lane.THREAD))


def process(func: _F) -> _F:
    """Pin a `def` to a worker process: it computes, and its arguments and result can be pickled."""
    return _pinned(func, Pin(Lane.PROCESS))


@overload
def cluster(func: _F) -> _F: ...
@overload
def cluster(*, retries: int = 0) -> Callable[[_F], _F]: ...
def cluster(func: Callable[..., Any] | None = None, *, retries: int = 0) -> Any:
    """Pin a `def` to a worker of the cluster.

    `retries` says that the call is idempotent, and how often it may be made again when its worker was lost.
    Raises ValueError for a negative number.
    """
    if retries < 0:
        raise ValueError(f"retries must be 0 or more, not {retries}")
    pin = Pin(Lane.CLUSTER, retries)
    return _pinned(func, pin) if func is not None else lambda decorated: _pinned(decorated, pin)


def _pinned(func: _F, pin: Pin) -> _F:
    target = func.__func__ if isinstance(func, (staticmethod, classmethod)) else func
    setattr(target, ATTRIBUTE, pin)
    return func


def pin_of(target: Any) -> Pin | None:
    """The pin of a callable, through partials, wrappers and `__call__`."""
    while True:
        pin = getattr(target, ATTRIBUTE, None)
        if isinstance(pin, Pin):
            return pin
        if isinstance(target, functools.partial):
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        elif not inspect.isroutine(target) and not inspect.isclass(target) and callable(target):
            target = type(target).__call__
        else:
            return None
