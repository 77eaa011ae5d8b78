"""Snapshots of several workers as one."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

import clearway
from clearway.console.totals import summed
from clearway.settings import Settings
from tests.runtime.serving import ask


def snapshot(requests: int) -> dict[str, Any]:
    """Of an app that has had so many."""
    app = FastAPI()

    @app.get("/a")
    async def a() -> None: ...

    @app.get("/b")
    @clearway.loop
    def b() -> None: ...

    runtime = clearway.install(app, settings=Settings(threads=8))
    try:
        for _ in range(requests):
            ask(app, "/a")
        return runtime.snapshot()
    finally:
        runtime.uninstall()


def test_counts_add_up_and_the_rest_is_the_same_for_all() -> None:
    one, two = snapshot(2), snapshot(3)
    both = summed({11: one, 12: two})
    json.dumps(both)
    assert both.keys() == {*one, "workers"}
    assert both["requests"] == {"in_flight": 0, "total": 5}
    assert both["threads"]["limit"] == 16
    assert both["recorder"]["held"] == one["recorder"]["held"] + two["recorder"]["held"]
    assert both["limits"] == one["limits"]
    assert both["processes"] is None
    assert [(worker["worker"], worker["total"]) for worker in both["workers"]] == [(11, 2), (12, 3)]
    rows = {row["route"]: row for row in both["routes"]}
    assert list(rows) == [row["route"] for row in one["routes"]]
    assert rows["GET /a"]["requests"] == 5
    assert rows["GET /b"]["latency_ms"] is None
    assert (rows["GET /b"]["lane"], rows["GET /b"]["why"]) == ("loop", "pinned by @clearway.loop")


def test_one_worker_is_itself() -> None:
    one = snapshot(2)
    alone = summed({11: one})
    del alone["workers"]
    assert json.dumps(alone, sort_keys=True) == json.dumps(one, sort_keys=True)


def test_percentiles_are_the_worst_workers_and_means_are_weighed() -> None:
    one, two = snapshot(1), snapshot(3)
    for taken, mean, p99 in ((one, 8.0, 9.0), (two, 4.0, 30.0)):
        row = next(row for row in taken["routes"] if row["route"] == "GET /a")
        row["latency_ms"] = {"mean": mean, "p50": mean, "p95": p99, "p99": p99, "max": p99}
    row = next(row for row in summed({11: one, 12: two})["routes"] if row["route"] == "GET /a")
    assert row["latency_ms"] == {"mean": 5.0, "p50": 8.0, "p95": 30.0, "p99": 30.0, "max": 30.0}


def test_culprits_of_several_workers_are_one() -> None:
    one, two = _stalled(3, 0.5, 10.0), _stalled(1, 0.25, 20.0)
    stalls = summed({11: one, 12: two})["stalls"]
    assert stalls["count"] == 4
    (culprit,) = stalls["culprits"]
    assert (culprit["count"], culprit["total_s"], culprit["last"]["started_s"]) == (4, 0.75, 20.0)
    assert [stall["started_s"] for stall in stalls["latest"]] == [10.0, 20.0]


def _stalled(count: int, total_s: float, started_s: float) -> dict[str, Any]:
    taken = snapshot(0)
    stall = {"started_s": started_s}
    culprit = {"text": "app.py:1 in bad", "count": count, "total_s": total_s, "last": stall}
    taken["stalls"] = {"count": count, "culprits": [culprit], "latest": [stall]}
    return taken


def test_process_and_cluster_lanes() -> None:
    one, two = snapshot(0), snapshot(0)
    lane = {"limit": 2, "live": 1, "busy": 1, "queued": 0, "killed": 0, "lost": 1, "pids": [5], "memory": [100]}
    one["processes"] = {**lane, "serialise_ms": None}
    times = {"mean": 1.0, "p50": 1.0, "p95": 1.0, "p99": 1.0, "max": 2.0}
    two["processes"] = {**lane, "pids": [6], "serialise_ms": times}
    away = {"address": "tcp://x", "status": "connected", "workers": 3, "threads": 6, "bound": 12, "in_flight": 1}
    one["cluster"] = two["cluster"] = {**away, "queued": 0, "lost": 0, "retried": 0, "cancelled": 0, "reconnects": 1}
    both = summed({11: one, 12: two})
    assert (both["processes"]["limit"], both["processes"]["lost"], both["processes"]["pids"]) == (4, 2, [5, 6])
    assert both["processes"]["serialise_ms"]["max"] == 2.0
    assert (both["cluster"]["workers"], both["cluster"]["in_flight"], both["cluster"]["bound"]) == (3, 2, 24)
