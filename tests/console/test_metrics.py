"""`/metrics`: right where frames are cut short, never falling back, bounded, and readable by who scrapes."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

import clearway
from clearway.console.hub import Hub
from clearway.console.metrics import HubMetrics
from clearway.console.own import OwnRuntime
from clearway.console.tally import MOST_ROUTES, OTHER
from clearway.frames import Counts, bucket_of
from clearway.settings import Settings
from tests.console.conftest import Start, get
from tests.console.told import Told, Worker, loss, stall
from tests.runtime.serving import Server
from tests.served import until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Value by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in read_text(text)
        for sample in family.samples
    }


def openmetrics(text: str) -> list[Metric]:
    """Strict, as its specification has it."""
    return list(read_openmetrics(text))  # type: ignore[no-untyped-call]


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


@pytest.fixture
def hub() -> Hub:
    return Hub(Told())


def scraped(hub: Hub) -> Samples:
    text, _ = HubMetrics(hub).text("")
    return samples(text.decode())


def row(route: str, requests: int, **counts: Any) -> dict[str, Any]:
    """A route's row of a table, as far as metrics read it."""
    contained = {"is_on": False, "waits": 0, "seconds": 0.0}
    return {"route": route, "requests": requests, "refused": 0, "withdrawn": 0, "contained": contained, **counts}


def requests(hub: Hub, worker: str = "0", route: str = "GET /") -> float:
    return value(scraped(hub), "clearway_requests_total", route=route, worker=worker)


def test_the_histogram_counts_what_the_frames_count(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"])
    for latency_us in (100, 1024, 1025, 2048, 5000, 40_000_000):
        worker.serve(10, latency_us=latency_us)
    found = scraped(hub)
    by_limit = {
        float(dict(labels)["le"]): count
        for (name, labels), count in found.items()
        if name == "clearway_request_duration_seconds_bucket"
    }
    limits = sorted(by_limit)
    assert [by_limit[limit] for limit in limits] == sorted(by_limit.values()), "cumulative"
    assert by_limit[0.001024] == 20
    assert by_limit[0.002048] == 40
    assert by_limit[0.004096] == 40
    assert by_limit[0.008192] == 50
    assert by_limit[33.554432] == 50
    assert by_limit[float("inf")] == 60
    assert value(found, "clearway_request_duration_seconds_count", route="GET /") == 60
    total_s = 10 * (100 + 1024 + 1025 + 2048 + 5000 + 40_000_000) / 1e6
    assert value(found, "clearway_request_duration_seconds_sum", route="GET /") == pytest.approx(total_s)


def test_waiting_for_a_lane_is_added_up(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"], counts=[Counts(0, 2, 9000, 9000, 250_000, [(bucket_of(9000), 2)])])
    worker.tell(counts=[Counts(0, 1, 9000, 9000, 750_000, [(bucket_of(9000), 1)])])
    assert value(scraped(hub), "clearway_call_wait_seconds_total", route="GET /") == 1.0


def test_where_events_were_overwritten_the_tables_count_is_the_truth(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"], table={"routes": [row("GET /", 0)]})
    worker.serve(10)
    assert requests(hub) == 10
    worker.tell(dropped=500, table={"routes": [row("GET /", 510)]})
    assert requests(hub) == 510
    worker.serve(5)
    assert requests(hub) == 510, "the table may have told of these five"
    worker.tell(table={"routes": [row("GET /", 515)]})
    assert requests(hub) == 515
    assert value(scraped(hub), "clearway_recorder_dropped_total", worker="0") == 500
    assert value(scraped(hub), "clearway_request_duration_seconds_count", route="GET /") == 15


def test_a_table_that_is_older_than_the_frames_takes_nothing_away(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"], table={"routes": [row("GET /", 3)]})
    worker.serve(10)
    assert requests(hub) == 10


def test_a_worker_that_takes_anothers_place_counts_on(hub: Hub) -> None:
    first, other = Worker(hub, 1), Worker(hub, 2)
    for worker in (first, other):
        worker.tell(routes=["GET /"])
    table = {"routes": [row("GET /", 12, refused=2)], "faults": 1, "threads": {"abandoned": 4}}
    first.serve(10)
    first.tell(table=table)
    other.serve(7)
    assert requests(hub, "0") == 12
    hub.gone(1)
    gone = scraped(hub)
    assert value(gone, "clearway_requests_total", route="GET /", worker="0") == 12, "kept"
    assert value(gone, "clearway_workers") == 1
    assert ("clearway_in_flight", frozenset({("worker", "0")})) not in gone, "nothing is in flight there"
    next_ = Worker(hub, 3)
    assert requests(hub, "0") == 12
    next_.tell(routes=["GET /other", "GET /"], table=table)
    next_.serve(1, route=1)
    found = scraped(hub)
    assert value(found, "clearway_requests_total", route="GET /", worker="0") == 24
    assert value(found, "clearway_refused_calls_total", route="GET /") == 4
    assert value(found, "clearway_faults_total", worker="0") == 2
    assert value(found, "clearway_abandoned_calls_total", worker="0") == 8
    assert value(found, "clearway_requests_total", route="GET /", worker="1") == 7
    assert value(found, "clearway_request_duration_seconds_count", route="GET /") == 18
    assert value(found, "clearway_gone_workers_total") == 1
    assert value(found, "clearway_workers") == 2
    assert {dict(labels)["pid"] for name, labels in found if name == "clearway_worker_info"} == {"2", "3"}


def test_a_hundred_workers_one_after_the_other_are_one_place(hub: Hub) -> None:
    for pid in range(1, 101):
        worker = Worker(hub, pid)
        worker.tell(routes=["GET /"])
        worker.serve(1)
        hub.gone(pid)
    assert requests(hub) == 100
    assert {dict(labels).get("worker", "0") for _, labels in scraped(hub)} == {"0"}


def test_stalls_and_losses_are_counted_by_what_they_are(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(stalls=[{**stall(), "victim_count": 3}, stall(), {**stall(), "route": None, "cause": "machine"}])
    worker.tell(losses=[loss()])
    found = scraped(hub)
    bad = {"cause": "blocking_call", "route": "GET /bad"}
    assert value(found, "clearway_stalls_total", **bad) == 2
    assert value(found, "clearway_stall_seconds_total", **bad) == pytest.approx(0.2)
    assert value(found, "clearway_stall_victims_total", **bad) == 3
    assert value(found, "clearway_stalls_total", cause="machine", route="(none)") == 1
    assert value(found, "clearway_stalls_total", cause="gil", route="(none)") == 0, "there before its first"
    assert value(found, "clearway_lost_calls_total", lane="process") == 1
    assert value(found, "clearway_lost_calls_total", lane="cluster") == 0


def test_the_process_lane_is_told_where_there_is_one(hub: Hub) -> None:
    lane = {"limit": 4, "live": 3, "busy": 2, "queued": 7}
    Worker(hub, 1).tell(table={"processes": lane})
    found = scraped(hub)
    assert value(found, "clearway_processes", state="busy", worker="0") == 2
    assert value(found, "clearway_processes", state="idle", worker="0") == 1
    assert value(found, "clearway_process_limit", worker="0") == 4
    assert value(found, "clearway_process_queue_length", worker="0") == 7


def test_routes_beyond_a_bound_are_counted_together(hub: Hub) -> None:
    worker = Worker(hub, 1)
    names = [f"GET /{number}" for number in range(MOST_ROUTES + 3)]
    worker.tell(routes=names)
    for number in range(len(names)):
        worker.serve(1, route=number)
    worker.tell(table={"routes": [row(name, 1) for name in names]})
    found = scraped(hub)
    routes = {dict(labels)["route"] for name, labels in found if name == "clearway_requests_total"}
    assert len(routes) == MOST_ROUTES + 1
    assert value(found, "clearway_requests_total", route=OTHER, worker="0") == 3
    assert sum(count for (name, _), count in found.items() if name == "clearway_requests_total") == len(names)


@pytest.mark.parametrize("route", ['GET /"}\n# evil 1\nclearway_faults_total 9', "GET /\\", "GET /ü/\u2028"])
@pytest.mark.parametrize("accept", ["", OPENMETRICS], ids=["text", "openmetrics"])
def test_names_cannot_break_out_of_their_label(hub: Hub, route: str, accept: str) -> None:
    Worker(hub, 1).tell(stalls=[{**stall(), "route": route}])
    text, _ = HubMetrics(hub).text(accept)
    assert not any(line.startswith("# evil") for line in text.decode().split("\n"))
    families = openmetrics(text.decode()) if accept else list(read_text(text.decode()))
    told = {sample.labels.get("route") for family in families for sample in family.samples}
    assert route in told


def test_a_very_long_name_is_cut(hub: Hub) -> None:
    Worker(hub, 1).tell(routes=["GET /" + "x" * 10_000], counts=[Counts(0, 1, 1, 1, 0, [(0, 1)])])
    assert max(len(dict(labels).get("route", "")) for _, labels in scraped(hub)) == 200


def test_a_frame_that_the_state_refuses_is_not_counted(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.serve(1, route=99)
    assert not any(name == "clearway_requests_total" for name, _ in scraped(hub))


def test_accept_chooses_the_format(start: Start) -> None:
    console = start()
    plain = get(console, "/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert value(samples(plain.text), "clearway_workers") == 0
    newer = get(console, "/metrics", accept=OPENMETRICS)
    assert newer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert {family.name for family in openmetrics(newer.text)} >= {"clearway_requests", "clearway_build"}
    for nonsense in ("application/openmetrics-text; version=zzz", "text/plain; version=.;;", ",;=,"):
        assert get(console, "/metrics", accept=nonsense).status_code == 200


def test_a_token_is_asked_for(start: Start) -> None:
    console = start(token="secret")
    assert get(console, "/metrics").status_code == 401
    assert get(console, "/metrics", authorization="Bearer secret").status_code == 200
    assert get(console, "/metrics", host="evil.example").status_code == 421


def test_the_apps_own_metrics_are_left_alone(hub: Hub) -> None:
    HubMetrics(hub)
    assert not any(family.name.startswith("clearway") for family in REGISTRY.collect())


def test_an_app_that_serves_is_told_as_it_is(start: Start) -> None:
    app = FastAPI()
    entered, leave = threading.Event(), threading.Event()

    @app.get("/items/{id}")
    async def item(id: str) -> None: ...

    @app.get("/held")
    def held() -> None:
        entered.set()
        leave.wait()

    runtime = clearway.install(app, settings=Settings(threads=7))
    server = Server(app, "asyncio")
    holding = threading.Thread(target=server.ask, args=("/held",))
    try:
        console = start(hub=Hub(OwnRuntime(runtime, "app")))

        def now() -> Samples:
            return samples(get(console, "/metrics").text)

        route = {"route": "GET /items/{id}", "worker": "0"}
        until(lambda: ("clearway_requests_total", frozenset(route.items())) in now(), "before the first request")
        for number in range(5):
            server.ask(f"/items/{number}?secret=query")
        until(lambda: value(now(), "clearway_requests_total", **route) == 5, "five requests")
        assert value(now(), "clearway_request_duration_seconds_count", route="GET /items/{id}") == 5
        holding.start()
        assert entered.wait(20)
        until(lambda: value(now(), "clearway_threads", state="busy", worker="0") == 1, "the thread")
        assert value(now(), "clearway_in_flight", worker="0") == 1
        assert value(now(), "clearway_thread_limit", worker="0") == 7
        assert value(now(), "clearway_worker_info", worker="0", pid=str(os.getpid()), **_versions(now())) == 1
        assert "secret" not in get(console, "/metrics").text
    finally:
        leave.set()
        if holding.ident is not None:
            holding.join()
        server.stop()
        runtime.uninstall()


def _versions(found: Samples) -> dict[str, str]:
    labels = next(dict(labels) for name, labels in found if name == "clearway_worker_info")
    return {name: version for name, version in labels.items() if name not in ("worker", "pid")}
