"""Causes judged from made-up evidence, and names of operations."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from clearway.model import Cause
from clearway.runtime.stalls.causes import Evidence, Reading, judge, split_lateness
from clearway.runtime.stalls.operation import Site, name_operation
from clearway.runtime.stalls.stack import Origin, claim_folder, origin_of

MS = 1_000_000
CALM = Reading(at_ns=0, cpu_ns=0, process_ns=0, switches=0, queued_ns=0, collected_ns=0, starved_ns=0, stopped_ns=0)


def evidence(**seen: Any) -> Evidence:
    """Of a stall of 100 ms; numbers of a `Reading` in milliseconds."""
    counters = {name: seen.pop(name) * MS for name in Reading._fields if name in seen and name != "switches"}
    counters |= {"switches": seen.pop("switches", 2)}
    seen = {
        "waited_share": None,
        "has_suspect": False,
        "samples": 5,
        "idle": False,
        "usual_switches": 1.0,
    } | seen
    return Evidence(stall_ns=100 * MS, threshold_ns=20 * MS, before=CALM, after=CALM._replace(**counters), **seen)


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        (evidence(), Cause.BLOCKING_CALL),
        (evidence(cpu_ns=95, process_ns=95), Cause.CPU),
        (evidence(cpu_ns=95, process_ns=95, collected_ns=80), Cause.GARBAGE_COLLECTION),
        (evidence(stopped_ns=95), Cause.MACHINE),
        (evidence(queued_ns=85, cpu_ns=15, process_ns=15), Cause.MACHINE),
        # The machine doubled it, but the line would have stalled the loop anyway.
        (evidence(queued_ns=55, cpu_ns=45, process_ns=45), Cause.CPU),
        (evidence(process_ns=95, starved_ns=90, switches=20, has_suspect=True), Cause.GIL),
        (evidence(process_ns=95, starved_ns=60, idle=True, has_suspect=True), Cause.GIL),
        # Others compute, but the loop's thread did not ask for the GIL: it waited in a call.
        (evidence(process_ns=95, starved_ns=60, switches=2, has_suspect=True), Cause.BLOCKING_CALL),
        (evidence(process_ns=95, starved_ns=60, waited_share=0.2, has_suspect=True), Cause.BLOCKING_CALL),
        # Many short waits look like asking for the GIL, but the watchdog could have had it.
        (evidence(process_ns=2, switches=50, has_suspect=True), Cause.BLOCKING_CALL),
        # A call of the loop's own thread that keeps the GIL while it waits.
        (evidence(starved_ns=90, switches=2), Cause.BLOCKING_CALL),
        # A call of another thread that does, while the loop polls; the thread may have ended since.
        (evidence(starved_ns=90, idle=True), Cause.GIL),
        # One long call of another thread: the watchdog got in once, at its end.
        (evidence(process_ns=95, starved_ns=90, samples=1, has_suspect=True), Cause.GIL),
        # Too few cores: a line that gives the GIL away, as `connect` does, gets neither it nor a core back.
        (evidence(queued_ns=70, cpu_ns=7, process_ns=15, waited_share=0.2, is_crowded=True), Cause.MACHINE),
        (evidence(queued_ns=5, cpu_ns=8, process_ns=12, starved_ns=5, switches=17, is_crowded=True), Cause.GIL),
        (evidence(queued_ns=30, cpu_ns=12, process_ns=45, starved_ns=85, is_crowded=True), Cause.GIL),
        # … and one that blocks all the same: the watchdog had the GIL.
        (evidence(queued_ns=30, cpu_ns=2, process_ns=5, starved_ns=10, is_crowded=True), Cause.BLOCKING_CALL),
    ],
)
def test_the_largest_part_of_a_stall_is_its_cause(seen: Evidence, cause: Cause) -> None:
    assert judge(seen).cause is cause


@pytest.mark.parametrize(
    ("seen", "starved_ms"),
    [
        (evidence(), 0),
        (evidence(queued_ns=60, cpu_ns=5, process_ns=5), 60),
        (evidence(queued_ns=300), 100),  # it may have queued before the stall began
        (evidence(process_ns=95, starved_ns=90, switches=9, has_suspect=True), 40),
        (evidence(queued_ns=30, cpu_ns=10, process_ns=45, starved_ns=45, is_crowded=True), 75),
    ],
)
def test_a_stall_tells_how_long_its_thread_had_no_core_or_not_the_gil(seen: Evidence, starved_ms: int) -> None:
    assert judge(seen).starved_ns == starved_ms * MS


@pytest.mark.parametrize(
    ("late_ms", "switches", "process_ms", "expected_ms"),
    [
        (-1, 1, 0, (0, 0)),
        (100, 21, 90, (100, 0)),
        (100, 2, 0, (0, 100)),
        (100, None, 90, (100, 0)),
        (100, None, 5, (0, 100)),
    ],
)
def test_who_waits_for_the_gil_asks_for_it_again_and_again(
    late_ms: int, switches: int | None, process_ms: int, expected_ms: tuple[int, int]
) -> None:
    split = split_lateness(late_ms * MS, switches, process_ms * MS)
    assert split == (expected_ms[0] * MS, expected_ms[1] * MS)


class Recorder:
    """Called back from inside an operation, it names that operation."""

    def __init__(self) -> None:
        self.name: str | None = None

    def __call__(self, *_: object) -> int:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not frame.f_code.co_name.startswith("<lambda>"):
            frame = frame.f_back
        assert frame is not None
        self.name = name_operation(Site(frame, None), frame)
        return 0

    def method(self) -> int:
        return self()


class Shelf:
    reads = 0

    @property
    def books(self) -> list[int]:
        self.reads += 1
        return [2, 1]


@pytest.mark.parametrize(
    ("operate", "name"),
    [
        (lambda record: sorted([1, 2], key=record), "sorted"),
        (lambda record: [2, 1].sort(key=record), "[2, 1].sort"),
        (lambda record: functools.reduce(record, [1, 2]), "_functools.reduce"),
        (lambda record: re.sub("a", lambda_text(record), "a"), "re.sub"),
        (lambda record: record.method(), "tests.runtime.test_stall_causes.Recorder.method"),
        (
            lambda record: max(
                [1, 2],
                key=record,
            ),
            "max",
        ),
        (lambda record: SimpleNamespace(go=record).go(), "SimpleNamespace(go=record).go"),
        (lambda record: record() + 1, "record"),
    ],
)
def test_operations_are_named_after_what_is_called(operate: Callable[[Recorder], object], name: str) -> None:
    record = Recorder()
    operate(record)
    assert record.name == name


def lambda_text(record: Recorder) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        return str(record(match))

    return replace


def test_an_operation_without_source_has_no_name() -> None:
    record = Recorder()
    eval("(lambda record: record())(record)", {"record": record})
    assert record.name is None


def test_naming_runs_no_property() -> None:
    record, shelf = Recorder(), Shelf()
    operate: Callable[[], object] = lambda: shelf.books.sort(key=record)  # noqa: E731
    operate()
    assert record.name == "shelf.books.sort"
    assert shelf.reads == 1


def test_code_is_the_users_unless_it_is_installed_or_generated(tmp_path: Any) -> None:
    def origin(file: str) -> Origin:
        return origin_of(compile("1", file, "exec"))

    assert origin("/home/me/app/main.py") is Origin.USER
    assert origin(re.__file__) is Origin.STDLIB
    assert origin("<string>") is Origin.STDLIB
    assert origin("/venv/lib/python3.12/site-packages/requests/api.py") is Origin.LIBRARY
    assert origin_of(judge.__code__) is Origin.CLEARWAY

    installed = tmp_path / "site-packages" / "shop"
    assert origin(f"{installed}/main.py") is Origin.LIBRARY
    claim_folder(installed)
    assert origin(f"{installed}/main.py") is Origin.USER
