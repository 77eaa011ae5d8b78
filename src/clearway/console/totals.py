"""The snapshots of several workers as one.

What counts is added up. Of times, means are weighted by requests, and percentiles are those of the worst worker: how
they come together cannot be said from the workers' own. What is the same everywhere is the first worker's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Table = Mapping[str, Any]

TIMES = ("latency_ms", "wait_ms", "run_ms", "return_wait_ms", "framework_ms")
ROUTE_COUNTS = ("requests", "running", "queued", "refused", "withdrawn")
LATEST = 32


def summed(tables: Mapping[int, Table]) -> dict[str, Any]:
    """One snapshot of those of the workers, by process id; at least one."""
    all_ = list(tables.values())
    first = all_[0]
    return {
        "schema": first["schema"],
        "at": max(table["at"] for table in all_),
        "uptime_s": max(table["uptime_s"] for table in all_),
        "workers": [_worker(pid, table) for pid, table in tables.items()],
        "routes": _routes(all_),
        "requests": _added(table["requests"] for table in all_),
        "threads": _added(table["threads"] for table in all_),
        "processes": _processes([table["processes"] for table in all_ if table["processes"] is not None]),
        "cluster": _cluster([table["cluster"] for table in all_ if table["cluster"] is not None]),
        "limits": first["limits"],
        "stalls": _stalls([table["stalls"] for table in all_]),
        "losses": {
            "count": sum(table["losses"]["count"] for table in all_),
            "latest": _latest((loss for table in all_ for loss in table["losses"]["latest"]), "at_s"),
        },
        "recorder": _added(table["recorder"] for table in all_),
        "faults": sum(table["faults"] for table in all_),
    }


def _worker(pid: int, table: Table) -> dict[str, Any]:
    stalls = table["stalls"]["count"]
    return {"worker": pid, "at": table["at"], "uptime_s": table["uptime_s"], **table["requests"], "stalls": stalls}


def _routes(tables: Sequence[Table]) -> list[dict[str, Any]]:
    by_name: dict[str, list[Table]] = {}
    for table in tables:
        for row in table["routes"]:
            by_name.setdefault(row["route"], []).append(row)
    return [_route(rows) for rows in by_name.values()]


def _route(rows: Sequence[Table]) -> dict[str, Any]:
    contained = [row["contained"] for row in rows]
    return {
        **rows[0],
        **{key: sum(row[key] for row in rows) for key in ROUTE_COUNTS},
        "contained": {
            "is_on": any(each["is_on"] for each in contained),
            "waits": sum(each["waits"] for each in contained),
            "seconds": round(sum(each["seconds"] for each in contained), 3),
        },
        **{key: _times([(row[key], row["requests"]) for row in rows]) for key in TIMES},
    }


def _times(told: Sequence[tuple[Table | None, int]]) -> dict[str, float] | None:
    """Of (percentiles, how many requests)."""
    known = [(times, count) for times, count in told if times is not None]
    if not known:
        return None
    worst = {key: max(times[key] for times, _ in known) for key in known[0][0]}
    total = sum(count for _, count in known)
    if total:
        worst["mean"] = round(sum(times["mean"] * count for times, count in known) / total, 3)
    return worst


def _added(parts: Iterable[Table]) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            sums[key] = round(sums.get(key, 0) + value, 3)
    return sums


def _processes(lanes: Sequence[Table]) -> dict[str, Any] | None:
    if not lanes:
        return None
    counts = _added({key: value for key, value in lane.items() if isinstance(value, int)} for lane in lanes)
    return {
        **counts,
        "pids": [pid for lane in lanes for pid in lane["pids"]],
        "memory": [used for lane in lanes for used in lane["memory"]],
        "serialise_ms": _times([(lane["serialise_ms"], 1) for lane in lanes]),
    }


def _cluster(lanes: Sequence[Table]) -> dict[str, Any] | None:
    """Workers and threads are those of one cluster that all are connected to."""
    if not lanes:
        return None
    one = {key: lanes[0][key] for key in ("address", "status")}
    most = {key: max(lane[key] for lane in lanes) for key in ("workers", "threads")}
    return {**one, **most, **_added({key: lane[key] for key in lane if key not in one | most} for lane in lanes)}


def _stalls(parts: Sequence[Table]) -> dict[str, Any]:
    culprits: dict[str, dict[str, Any]] = {}
    for part in parts:
        for culprit in part["culprits"]:
            known = culprits.get(culprit["text"])
            if known is None:
                culprits[culprit["text"]] = dict(culprit)
            else:
                known["count"] += culprit["count"]
                known["total_s"] = round(known["total_s"] + culprit["total_s"], 4)
                known["last"] = max(known["last"], culprit["last"], key=lambda stall: stall["started_s"])
    return {
        "count": sum(part["count"] for part in parts),
        "culprits": sorted(culprits.values(), key=lambda culprit: -culprit["total_s"]),
        "latest": _latest((stall for part in parts for stall in part["latest"]), "started_s"),
    }


def _latest(items: Iterable[dict[str, Any]], clock: str) -> list[dict[str, Any]]:
    """The last of all, in order: workers of one machine share the clock."""
    return sorted(items, key=lambda item: item[clock])[-LATEST:]
