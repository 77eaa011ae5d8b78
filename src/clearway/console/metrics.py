"""Prometheus metrics of all workers, from the hub's tally and the latest frames. `docs/metrics.md` lists them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest
from prometheus_client.registry import Collector

from clearway.console.tally import NO_ROUTE
from clearway.frames import PER_OCTAVE
from clearway.model import Cause, Lane

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from clearway.console.hub import Hub
    from clearway.console.state import WorkerState
    from clearway.frames import Frame, Pool

OCTAVES = range(8, 26)
"""The histogram's limits are 2^n µs, from 256 µs to 33.6 s. Each is the end of one of the frames' own buckets, so what
is below it is counted, not estimated."""
_ROUTE_TOTALS = (
    ("refused", "clearway_refused_calls", "Calls answered with 503, because they waited longer than the limit."),
    ("withdrawn", "clearway_withdrawn_calls", "Calls that left the queue, because their client had gone."),
    ("contained", "clearway_contained_waits", "Blocking operations that suspended their own request only."),
    ("contained_s", "clearway_contained_wait_seconds", "Seconds spent in them while the loop turned."),
)
_WORKER_TOTALS = (
    ("abandoned", "clearway_abandoned_calls", "Calls that ended in a thread after their request was cancelled."),
    ("faults", "clearway_faults", "How often Clearway itself failed, and a call took FastAPI's own way."),
)
_FRAME_GAUGES: tuple[tuple[str, str, Callable[[Frame], float]], ...] = (
    ("clearway_in_flight", "Requests being served now.", lambda frame: frame.in_flight),
    ("clearway_loop_cpu_ratio", "Part of a processor that the loop's thread uses.", lambda frame: frame.loop_cpu),
    ("clearway_loop_overdue_seconds", "How long the loop has not turned.", lambda frame: frame.overdue_us / 1e6),
)
_POOL_GAUGES: tuple[tuple[str, str, Callable[[Pool], float]], ...] = (
    ("clearway_thread_limit", "Upper bound of the thread lane.", lambda pool: pool.limit),
    ("clearway_queue_length", "Calls that wait for a thread.", lambda pool: pool.queued),
    ("clearway_thread_load_ratio", "Computing parts of the running calls, added up.", lambda pool: pool.load),
    ("clearway_thread_budget_ratio", "What that load is held to.", lambda pool: pool.budget),
)
_PROCESS_STATES = ("busy", "idle")
_VERSIONS: tuple[str, ...] = ("python", "fastapi", "starlette", "uvicorn")


class HubMetrics(Collector):
    """Of one hub; to be asked on the hub's loop. Its registry holds nothing else."""

    def __init__(self, hub: Hub) -> None:
        self._state = hub.state
        self._tally = hub.tally
        self._hub = hub
        self._version = _own_version()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self, accept: str) -> tuple[bytes, str]:
        """All of them in the format that an `Accept` header asks for, and that format's type."""
        try:
            encoder, kind = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is none
            encoder, kind = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
        return encoder(self._registry), kind

    def collect(self) -> Iterator[Metric]:
        """Each metric with its samples."""
        yield from self._totals()
        yield from self._route_times()
        yield from self._stalls()
        yield from self._now()
        yield from self._processes()
        yield from self._workers()

    def _totals(self) -> Iterator[Metric]:
        places = list(enumerate(self._tally.places))
        requests = CounterMetricFamily("clearway_requests", "Requests that have ended.", labels=("route", "worker"))
        for number, place in places:
            for route in sorted(place.routes("requests")):
                requests.add_metric((route, str(number)), place.total("requests", route))
        yield requests
        for what, name, help_ in _ROUTE_TOTALS:
            # Of all workers together: with hundreds of routes, each further label costs the app's processor.
            family = CounterMetricFamily(name, help_, labels=("route",))
            for route in sorted({route for _, place in places for route in place.routes(what)}):
                family.add_metric((route,), sum(place.total(what, route) for _, place in places))
            yield family
        for what, name, help_ in _WORKER_TOTALS:
            family = CounterMetricFamily(name, help_, labels=("worker",))
            for number, place in places:
                family.add_metric((str(number),), place.total(what))
            yield family
        dropped = CounterMetricFamily(
            "clearway_recorder_dropped",
            "Events overwritten before they were read: they are missing in times, not in counts of requests.",
            labels=("worker",),
        )
        for number, place in places:
            dropped.add_metric((str(number),), place.dropped)
        yield dropped

    def _route_times(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "clearway_request_duration_seconds", "From a request's arrival to its end.", labels=("route",)
        )
        waits = CounterMetricFamily(
            "clearway_call_wait_seconds", "Time that calls waited for a lane.", labels=("route",)
        )
        for route, times in sorted(self._tally.times.items()):
            durations.add_metric((route,), _limits(times.latencies), times.total_us / 1e6)
            waits.add_metric((route,), times.wait_us / 1e6)
        yield durations
        yield waits

    def _stalls(self) -> Iterator[Metric]:
        tally = self._tally
        labels = ("cause", "route")
        count = CounterMetricFamily("clearway_stalls", "Times that the loop stood still.", labels=labels)
        seconds = CounterMetricFamily("clearway_stall_seconds", "Time that the loop stood still.", labels=labels)
        victims = CounterMetricFamily("clearway_stall_victims", "Requests that waited meanwhile.", labels=labels)
        for key in sorted({*tally.stalls, *((str(cause), NO_ROUTE) for cause in Cause)}):
            count.add_metric(key, tally.stalls[key])
            seconds.add_metric(key, tally.stall_s.get(key, 0.0))
            victims.add_metric(key, tally.victims[key])
        yield count
        yield seconds
        yield victims
        lost = CounterMetricFamily("clearway_lost_calls", "Calls lost with the worker that ran them.", labels=("lane",))
        for lane in sorted({*map(str, (Lane.PROCESS, Lane.CLUSTER)), *tally.losses}):
            lost.add_metric((lane,), tally.losses[lane])
        yield lost

    def _now(self) -> Iterator[Metric]:
        """Of the workers that serve, from the latest frame of each."""
        latest = [(str(number), state.latest) for number, state in self._alive() if state.latest is not None]
        for name, help_, of_frame in _FRAME_GAUGES:
            family = GaugeMetricFamily(name, help_, labels=("worker",))
            for worker, frame in latest:
                family.add_metric((worker,), of_frame(frame))
            yield family
        pools = [(worker, frame.pool) for worker, frame in latest if frame.pool is not None]
        for name, help_, of_pool in _POOL_GAUGES:
            family = GaugeMetricFamily(name, help_, labels=("worker",))
            for worker, pool in pools:
                family.add_metric((worker,), of_pool(pool))
            yield family
        threads = GaugeMetricFamily("clearway_threads", "Threads of the thread lane.", labels=("state", "worker"))
        for worker, pool in pools:
            threads.add_metric(("busy", worker), pool.busy)
            threads.add_metric(("idle", worker), max(0, pool.live - pool.busy))
        yield threads

    def _processes(self) -> Iterator[Metric]:
        """The process lane, of workers that have one: from their tables."""
        processes = GaugeMetricFamily(
            "clearway_processes", "Processes of the process lane.", labels=("state", "worker")
        )
        limit = GaugeMetricFamily("clearway_process_limit", "Upper bound of the process lane.", labels=("worker",))
        queued = GaugeMetricFamily(
            "clearway_process_queue_length", "Calls that wait for a process.", labels=("worker",)
        )
        for number, state in self._alive():
            lane = (state.table or {}).get("processes")
            if lane is None:
                continue
            busy = lane.get("busy", 0)
            counts = (busy, max(0, lane.get("live", 0) - busy))
            for name, count in zip(_PROCESS_STATES, counts, strict=True):
                processes.add_metric((name, str(number)), count)
            limit.add_metric((str(number),), lane.get("limit", 0))
            queued.add_metric((str(number),), lane.get("queued", 0))
        yield processes
        yield limit
        yield queued

    def _workers(self) -> Iterator[Metric]:
        alive = list(self._alive())
        yield GaugeMetricFamily("clearway_workers", "Worker processes that serve.", len(alive))
        yield CounterMetricFamily("clearway_gone_workers", "Worker processes that have ended.", self._tally.gone)
        names = InfoMetricFamily("clearway_worker", "The process behind a worker's number.", labels=("worker",))
        for number, state in alive:
            told = state.header.versions
            labels = {name: told[name] for name in _VERSIONS if name in told}
            labels["pid"] = str(state.header.worker)
            names.add_metric((str(number),), labels)
        yield names
        yield InfoMetricFamily("clearway_build", "This Clearway.", {"version": self._version})
        stats = self._hub.stats()
        yield GaugeMetricFamily("clearway_console_viewers", "Who looks at the console now.", stats["viewers"])
        yield CounterMetricFamily(
            "clearway_console_missed_frames", "Frames that viewers were too slow for.", stats["missed"]
        )

    def _alive(self) -> Iterator[tuple[int, WorkerState]]:
        workers = self._state.workers
        return ((number, workers[pid]) for number, pid in self._tally.alive() if pid in workers)


def _own_version() -> str:
    try:
        return version("clearway")
    except PackageNotFoundError:  # run from its source
        return "unknown"


def _limits(latencies: Counter[int]) -> list[tuple[str, float]]:
    """How many took at most so long, as pairs of limit and count."""
    counts = [0] * len(OCTAVES)
    for bucket, count in latencies.items():
        place = max(0, -(-bucket // PER_OCTAVE) - OCTAVES.start)
        if place < len(counts):
            counts[place] += count
    named = [(f"{2**octave / 1e6:.6f}", count) for octave, count in zip(OCTAVES, accumulate(counts), strict=True)]
    return [*((limit.rstrip("0"), float(count)) for limit, count in named), ("+Inf", float(latencies.total()))]
