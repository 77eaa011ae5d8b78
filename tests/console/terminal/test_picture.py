"""Rows and totals of what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from clearway.frames import Counts, Frame, Pool
from tests.console.terminal.streams import DOCTOR, Stream, small, table
from tests.console.told import ORIGIN, loss, stall


def test_routes_have_lane_rate_latencies_and_the_stalls_they_are_to_blame_for() -> None:
    picture = small().picture()
    first, bad = picture.routes()
    assert (first.now.route, first.lane, first.now.requests, first.stalls) == ("GET /a", "thread", 20, 0)
    assert first.now.p99_ms == pytest.approx(2.0, rel=0.1)
    assert (bad.now.route, bad.lane, bad.now.requests, bad.stalls) == ("GET /bad", "loop", 0, 1)


def test_rates_are_of_as_long_as_there_is_something_to_count() -> None:
    """A stream that has only begun is not divided by ten seconds, nor by the time before it."""
    stream = Stream()
    worker = stream.worker(11)
    worker.at_us = 60_000_000
    worker.tell(routes=["GET /a"])  # what is told of begins here
    for _ in range(10):
        worker.serve(4)
    assert stream.picture().window_s == pytest.approx(2.0)
    assert stream.picture().totals().rate == pytest.approx(20.0)
    assert stream.picture(window_s=1.0).totals().rate == pytest.approx(20.0)


def test_workers_are_added_up_or_looked_at_alone() -> None:
    stream = Stream()
    one, two = stream.worker(11), stream.worker(12)
    for worker, busy, cpu in ((one, 2, 0.25), (two, 3, 0.75)):
        worker.tell(routes=["GET /a"], table=table(("GET /a", "thread")))
        worker.serve(busy)
        worker.tell(stalls=[stall()] if worker is two else [])
        worker.tell(pool=Pool(10, 5, busy, 1, 0.5, 1.0), loop_cpu=cpu, in_flight=busy, dropped=1)
    totals = stream.picture().totals()
    assert (totals.busy, totals.live, totals.limit, totals.queued, totals.in_flight) == (5, 10, 20, 2, 5)
    assert (totals.loop_cpu, totals.dropped, totals.stalls) == (0.75, 2, 1)
    assert [row.now.requests for row in stream.picture().routes()] == [5]
    alone = stream.picture(11).totals()
    assert (alone.busy, alone.dropped, alone.stalls) == (2, 1, 0)
    assert [row.now.requests for row in stream.picture(11).routes()] == [2]


def test_a_worker_that_has_ended_has_nothing_in_flight() -> None:
    stream = Stream()
    stream.worker(11).tell(in_flight=5, overdue_us=50_000, pool=Pool(10, 5, 5, 0, 0.5, 1.0))
    assert stream.picture().totals().overdue_ms == 50
    stream.hub.gone(11)
    totals = stream.picture().totals()
    assert (totals.in_flight, totals.busy, totals.overdue_ms) == (0, 0, 0)


def test_stalls_of_a_line_are_one_row_and_the_dearest_for_others_come_first() -> None:
    stream = Stream()
    worker = stream.worker(11)
    victims = [{"request": 2, "route": "GET /a", "waited_s": 0.08, "arrived_during": False}] * 2
    worker.tell(stalls=[stall(7), stall(7), {**stall(9), "victims": victims, "victim_count": 2}])
    worker.tell(stalls=[{**stall(), "culprit": None, "cause": "machine", "operation": None, "route": None}])
    dearest, line, machine = stream.picture().culprits()
    assert (dearest.count, dearest.victims) == (1, 2)
    assert dearest.lost_ms == pytest.approx(160)
    assert (line.count, line.total_ms, line.worst_ms, line.route) == (2, 200, 100, "GET /bad")
    assert (machine.key.strip(), machine.route) == ("machine", None)
    assert not stream.picture(12).culprits()


def test_stalls_and_losses_are_counted_since_the_app_started() -> None:
    stream = Stream()
    stream.worker(11).tell(table={"stalls": {"count": 40}}, losses=[loss()])
    assert (stream.picture().totals().stalls, stream.picture().totals().losses) == (40, 1)


def test_charts_fall_into_columns_and_hold_between_frames() -> None:
    stream = Stream()
    worker = stream.worker(11, origin=ORIGIN)
    worker.tell(routes=["GET /a"])
    for busy in (1, 4, 2):
        worker.at_us += 1_800_000
        worker.tell(pool=Pool(8, 4, busy, 0, 0.0, 1.0), counts=[Counts(0, 10, 1, 10, 0, [(0, 10)])])
    columns = stream.picture().series(7, 1.0, lambda tick: tick.pool.busy if tick.pool else 0)
    assert columns == [0, 0, 1, 1, 4, 4, 2]
    assert stream.picture().rates(7, 1.0) == {"GET /a": [0, 0, 10, 0, 10, 0, 10]}


def test_what_a_file_claims_is_counted_and_left_out_where_it_makes_no_sense() -> None:
    stream = Stream()
    stream.worker(11).tell(routes=["GET /a"])
    seen = stream.seen()
    broken_stalls: tuple[dict[str, Any], ...] = (
        {"started_s": 1.0},
        {},
        {**stall(), "started_s": 1e308},
        {**stall(), "cause": "magic"},
    )
    broken_tables: tuple[dict[str, Any], ...] = (
        {"routes": [None]},
        {"routes": [{"route": 3}]},
        {"stalls": []},
        {"processes": "x"},
    )
    frames = [Frame(11, 1, stalls=[broken]) for broken in broken_stalls]
    frames += [Frame(11, 1, table=broken) for broken in broken_tables]
    for frame in frames:
        before = seen.unreadable
        seen.take(frame)
        assert seen.unreadable == before + 1, frame
    assert not list(seen.stalls)
    assert seen.state.workers[11].table is None


def test_the_latest_diagnosis_counts() -> None:
    stream = small()
    assert stream.seen().doctor == DOCTOR
    stream.worker(12).tell(doctor={**DOCTOR, "sentence": "all is well"})
    doctor = stream.seen().doctor
    assert doctor is not None
    assert doctor["sentence"] == "all is well"


def test_what_was_kept_still_does_not_change() -> None:
    stream = small()
    seen = stream.seen()
    still = seen.still()
    before = len(stream.items)
    stream.worker(12).tell(routes=["GET /new"])
    later = stream.items[before:]
    for item in later:
        seen.take(item)
    assert list(still.state.workers) == [11]
    assert list(seen.state.workers) == [11, 12]
