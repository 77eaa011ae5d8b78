"""What a line of code is said to be doing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from types import TracebackType

from clearway.runtime.stalls.operation import Site, name_operation


class Probe:
    """A context that asks what the code that enters or leaves it is doing."""

    def __init__(self) -> None:
        self.named: list[str | None] = []

    def __enter__(self) -> None:
        self._ask()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._ask()

    def _ask(self) -> None:
        frame = sys._getframe(2)
        self.named.append(name_operation(Site(frame, None), frame))


def made(probe: Probe, *, name: str = "") -> Probe:
    return probe


def done(times: int) -> int:
    return times


def test_entering_and_leaving_what_a_call_has_made_is_named_by_the_call() -> None:
    probe = Probe()
    with made(probe, name="a: b") as nothing:
        done(2)
    assert nothing is None
    assert probe.named == [f"{__name__}.made"] * 2


def test_entering_and_leaving_a_lock_is_no_call_of_what_the_block_calls() -> None:
    probe = Probe()
    with probe:
        done(2)
    assert probe.named == [None, None]


async def _entered(probe: Probe) -> None:
    async with Awaited(probe):
        done(3)


class Awaited:
    """The same, asked when `async with` calls it."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def __aenter__(self) -> Awaited:
        self._probe._ask()
        return self

    def __aexit__(self, *failure: object) -> Awaited:
        self._probe._ask()
        return self

    def __await__(self) -> Generator[None, None, Awaited]:
        yield from ()
        return self


def test_async_with_is_named_the_same_way() -> None:
    probe = Probe()
    with contextlib.suppress(StopIteration):
        _entered(probe).send(None)
    assert probe.named == [f"{__name__}.Awaited"] * 2
