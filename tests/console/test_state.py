"""The state: the one gate for what workers and files tell, and nothing behind it stumbles over what it takes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.console.doctor import diagnose
from clearway.console.exports.trace import trace_pieces
from clearway.console.hub import Hub
from clearway.console.metrics import HubMetrics
from clearway.console.sources import named
from clearway.console.state import State
from clearway.console.terminal.picture import Picture
from clearway.console.terminal.report import json_report, text_report
from clearway.console.terminal.seen import Seen
from clearway.frames import CallPart, Counts, Frame, FrameError, Header, Pool, RequestPart, Waiting, line_of, read_line
from tests.console.terminal.streams import DOCTOR
from tests.console.told import ORIGIN, Told, Worker, loss, stall


def whole() -> list[Header | Frame]:
    """A stream in which everything occurs that can."""
    victim = {"request": 2, "route": "GET /a", "waited_s": 0.1, "arrived_during": False}
    told = {**stall(), "victims": [victim], "victim_count": 1, "starved_s": 0.01}
    row = {
        "route": "GET /a",
        "lane": "loop",
        "why": "async def",
        "call": "app:a",
        "file": "/app/main.py",
        "line": 3,
        "dependencies": [{"call": "app:db", "lane": "thread", "why": "def", "file": "/app/db.py", "line": 9}],
        "requests": 2,
        "refused": 1,
        "withdrawn": 0,
        "contained": {"is_on": True, "waits": 4, "seconds": 0.5},
        "latency_ms": {"mean": 1.0, "p50": 1.0, "p95": 2.0, "p99": 2.0, "max": 2.0},
    }
    table = {
        "routes": [row],
        "threads": {"abandoned": 1},
        "processes": {"busy": 1, "live": 2, "limit": 2, "queued": 0},
        "cluster": None,
        "stalls": {"count": 1, "culprits": [{"last": told}], "latest": [told]},
        "losses": {"count": 1, "latest": [loss()]},
        "faults": 0,
    }
    part = CallPart(1, 0, 0, 0, 1, 0, 110_000, 120_000, 150_000, 160_000)
    frame = Frame(
        11,
        200_000,
        routes=["GET /a", "GET /bad"],
        calls=["app:a"],
        requests=[RequestPart(1, 0, 100_000, 170_000)],
        parts=[part],
        here=[RequestPart(2, 1, 180_000, 0)],
        going=[part],
        in_flight=1,
        counts=[Counts(0, 2, 70_000, 100_000, 10_000, [(100, 2)])],
        stalls=[told],
        losses=[loss()],
        pool=Pool(64, 3, 2, 1, 0.5, 1.0),
        loop_cpu=0.5,
        overdue_us=1000,
        waiting=[Waiting(3, 1_500_000, "/app/main.py", 4, "a", 1, 0, "time.sleep", ("requests.get",))],
        refused=[(0, 1)],
        table=table,
        doctor=DOCTOR,
    )
    return [Header(11, ORIGIN, "app", {"python": "3.11"}, 20.0), frame, Frame(11, 400_000, stalls=[told])]


LINES = [json.loads(line_of(item)) for item in whole()]


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in it."""
    if before:
        yield before
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        yield from places(child, (*before, key))


PLACES = list(places(LINES))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 2**31, 2**63, 2**64, 10**15, 10**16, 10**400, 1e308, -1e308, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([[], {}, [[]], [{}], [None], {"": None}, [[0, 1]], "loop", "cpu"]),
)
MISSING = object()


def mutated(changes: list[tuple[tuple[Any, ...], Any]]) -> list[bytes]:
    lines = json.loads(json.dumps(LINES))
    for way, value in changes:
        parent = lines
        try:
            for key in way[:-1]:
                parent = parent[key]
            if value is MISSING:
                del parent[way[-1]]
            else:
                parent[way[-1]] = value
        except (LookupError, TypeError):  # an earlier change has taken its parent away
            continue
    return [json.dumps(line).encode() for line in lines]


def readable(lines: list[bytes]) -> Iterator[Header | Frame]:
    for line in lines:
        try:
            yield read_line(line)
        except FrameError:
            continue


def look_at_everything(items: list[Header | Frame]) -> None:
    """All readers in turn."""
    hub, seen = Hub(Told()), Seen()
    heard: list[Header | Frame] = []
    hub.listen(lambda item, line: heard.append(item))
    for item in items:
        hub.take(item)
        seen.take(item)
    diagnose(hub.state)
    HubMetrics(hub).text("text/plain")
    list(named(hub.state))
    list(trace_pieces(heard))
    list(hub.held_lines())
    picture = Picture(seen)
    json_report(picture, "x")
    text_report(picture, "x")


def test_the_whole_stream_is_taken() -> None:
    state = State()
    assert all(state.take(item) for item in whole())
    assert state.stall_count == 2
    look_at_everything(whole())


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(st.just(MISSING), ODD)), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_reader_stumbles_over_what_a_stream_claims(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    logging.disable(logging.ERROR)  # that frames are left out is said; a reader that raises is an error here
    try:
        look_at_everything(list(readable(mutated(changes))))
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"stalls": [{}]}, "a stall is none: "),
        ({"stalls": [{**stall(), "started_s": 1e300}]}, "a stall is none: started_s is out of range"),
        ({"losses": [{"at_s": 0.1}]}, "a loss is none: "),
        ({"table": {"routes": [None]}}, "a snapshot is none: "),
        ({"counts": [Counts(7, 1, 1, 1, 0)]}, "requests of a route that was never named"),
    ],
)
def test_what_the_state_does_not_take_nobody_hears(
    fields: dict[str, Any], wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    hub = Hub(Told())
    heard: list[Header | Frame] = []
    hub.listen(lambda item, line: heard.append(item))
    worker = Worker(hub, 11)
    worker.tell(routes=["GET /a"])
    worker.tell(**fields)
    worker.tell(**fields)
    good = worker.serve(3)
    assert heard[-1].worker == 11
    assert len(heard) == 3
    assert len(next(hub.held_lines()).splitlines()) == 3
    assert hub.stats()["refused"] == 2
    assert hub.state.workers[11].at_us == good.at_us
    assert [record.message for record in caplog.records] == [caplog.records[0].message], "said once"
    assert wrong in caplog.records[0].message


def test_a_frame_of_nobody_is_not_taken() -> None:
    state = State()
    assert not state.take(Frame(11, 1))
    assert state.at_us == 0
