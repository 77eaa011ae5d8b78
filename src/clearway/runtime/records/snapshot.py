"""The state of a runtime as JSON: what the console, metrics and `Runtime.snapshot()` show."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clearway.model import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearway.model import Frame, Stall, Victim
    from clearway.runtime.install import Runtime
    from clearway.runtime.records.recorder import RouteRecord
    from clearway.runtime.records.stall_report import Culprit

SCHEMA = "clearway.snapshot/1"
_PARTS = ("latency", "wait", "run", "return_wait", "framework")


def take(runtime: Runtime) -> dict[str, Any]:
    """A JSON-serialisable picture of a runtime now. Milliseconds where a key ends in `_ms`."""
    recorder = runtime.recorder
    limiter = runtime.thread_lane.limiter
    planned: dict[str, Any] = {}
    for row in runtime.plan_table():
        planned.setdefault(row.route, []).append(row)
    names = list(planned) + [name for name in list(recorder.routes) if name not in planned]
    in_flight = runtime.in_flight()
    return {
        "schema": SCHEMA,
        "at": time.time(),
        "uptime_s": time.monotonic() - runtime.started_s,
        "routes": [_route(runtime, name, planned.get(name, []), recorder.routes.get(name)) for name in names],
        "requests": {"in_flight": len(in_flight), "total": sum(r.requests for r in recorder.routes.values())},
        "threads": {
            "limit": limiter.threads,
            "live": limiter.workers,
            "busy": limiter.busy,
            "idle": limiter.idle(),
            "peak": limiter.peak,
            "queued": limiter.queued,
            "abandoned": runtime.thread_lane.abandoned,
            "load": round(limiter.load, 3),
            "budget": limiter.budget,
        },
        "processes": _processes(runtime),
        "cluster": cluster.snapshot() if (cluster := runtime.remote_lanes.get(Lane.CLUSTER)) is not None else None,
        "limits": {
            "threads": limiter.threads,
            "max_wait_s": runtime.thread_lane.max_wait_s,
            "stall_threshold_ms": runtime.settings.stall_threshold_ms,
            "routes": {name: asdict(limits) for name, limits in runtime.settings.routes.items()},
        },
        "stalls": {
            "count": runtime.stall_report.count,
            "culprits": [_culprit(culprit) for culprit in runtime.stall_report.culprits()],
            "latest": [_stall(stall) for stall in list(recorder.stalls)[-32:]],
        },
        "losses": {"count": recorder.lost, "latest": [asdict(loss) for loss in list(recorder.losses)[-32:]]},
        "recorder": {
            "capacity": recorder.ring.capacity,
            "held": len(recorder.ring),
            "dropped": recorder.ring.dropped,
        },
        "faults": runtime.faults,
    }


def _route(runtime: Runtime, name: str, rows: Sequence[Any], record: RouteRecord | None) -> dict[str, Any]:
    endpoint = rows[0] if rows else None
    contained = runtime.containment.routes
    out: dict[str, Any] = {
        "route": name,
        "lane": str(endpoint.lane) if endpoint else None,
        "why": endpoint.why if endpoint else None,
        "call": endpoint.call if endpoint else None,
        "dependencies": [{"call": row.call, "lane": str(row.lane), "why": row.why} for row in rows[1:]],
        "requests": record.requests if record else 0,
        "running": record.running if record else 0,
        "queued": runtime.thread_lane.limiter.queue_length(record) + record.queued_away if record else 0,
        "refused": record.refused if record else 0,
        "withdrawn": record.withdrawn if record else 0,
        "contained": {
            "is_on": name in contained,
            "waits": record.contained if record else 0,
            "seconds": round(record.contained_ns / 1e9, 3) if record else 0.0,
        },
    }
    latest = record.latest() if record else []
    columns = list(zip(*((*parts, max(0, parts[0] - sum(parts[1:]))) for parts in latest), strict=True))
    for part, values in zip(_PARTS, columns or [()] * len(_PARTS), strict=True):
        out[f"{part}_ms"] = _percentiles(values)
    return out


def _percentiles(values_ns: Sequence[int]) -> dict[str, float] | None:
    if not values_ns:
        return None
    ordered = sorted(values_ns)
    last = len(ordered) - 1
    picked = {f"p{p}": round(ordered[round(last * p / 100)] / 1e6, 3) for p in (50, 95, 99)}
    return {"mean": round(sum(ordered) / len(ordered) / 1e6, 3), **picked, "max": round(ordered[-1] / 1e6, 3)}


def _processes(runtime: Runtime) -> dict[str, Any] | None:
    """The process lane; None while nothing has been planned for it."""
    lane = runtime.remote_lanes.get(Lane.PROCESS)
    if lane is None:
        return None
    shown = lane.snapshot()
    shown["serialise_ms"] = _percentiles(shown.pop("serialise_ns"))
    return shown


def _culprit(culprit: Culprit) -> dict[str, Any]:
    return {
        "text": culprit.text,
        "count": culprit.count,
        "total_s": round(culprit.total_s, 4),
        "last": _stall(culprit.last),
    }


def _stall(stall: Stall) -> dict[str, Any]:
    """What `asdict` gives, which copies deeply: a snapshot shows thousands of victims, and while it is made the loop
    waits for the GIL."""
    shown = _fields(stall)
    shown["culprit"] = _fields(stall.culprit) if stall.culprit is not None else None
    shown["stack"] = tuple(map(_fields, stall.stack))
    shown["victims"] = tuple(map(_fields, stall.victims))
    return shown


def _fields(entry: Stall | Frame | Victim) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__slots__}
