"""What a person can act on."""

from __future__ import annotations

from pathlib import Path

from clearway.check.report.selection import Selection, select
from clearway.check.report.summary import summarise
from clearway.check.result import Result
from clearway.model import Finding, Lane, Root, RootKind, Severity, Sink, SinkKind, Verdict
from tests.check.report.made import CODES, GET, SLEEP, finding, link, result, root


def through(endpoint: str, *functions: str, sink: Sink = GET) -> Finding:
    """A finding of an endpoint whose chain goes through these functions of the project."""
    names = (endpoint, *functions)
    calls = (*functions, sink.name)
    chain = tuple(link(name, 10 + at, call) for at, (name, call) in enumerate(zip(names, calls, strict=True)))
    return finding(root=endpoint, chain=chain, sink=sink)


def endpoint(name: str, **changes: object) -> Root:
    return root(f"app.main:{name}", routes=(f"GET /{name}",), **changes)


def selected(folder: Path, roots: tuple[Root, ...], *findings: Finding) -> Selection:
    return select(result(folder, *findings, roots=roots), CODES)


def test_verdicts_of_endpoints_and_websockets_are_counted(tmp_path: Path) -> None:
    roots = (
        endpoint("a"),
        endpoint("b", verdict=Verdict.CLEAN, kind=RootKind.WEBSOCKET),
        endpoint("c", verdict=Verdict.UNKNOWN),
        endpoint("d", kind=RootKind.DEPENDENCY),
        endpoint("e", kind=RootKind.OTHER),
    )
    counts = summarise(selected(tmp_path, roots, through("app.main:a"))).endpoints
    assert (counts.total, counts.blocks, counts.clean, counts.unknown, counts.accepted) == (3, 1, 1, 1, 0)


def test_an_endpoint_with_only_accepted_findings_does_not_count_as_blocking(tmp_path: Path) -> None:
    roots = (endpoint("a"), endpoint("b"), endpoint("c", blocked_by=("app.deps:user",)))
    a, b, dependency = (through(name) for name in ("app.main:a", "app.main:b", "app.deps:user"))
    found = Selection(result(tmp_path, roots=roots), (b,), ignored=(a, b), known=(dependency,))
    counts = summarise(found).endpoints
    assert (counts.blocks, counts.accepted) == (1, 2)


def test_worst_sinks_are_those_that_block_most_endpoints(tmp_path: Path) -> None:
    names = [f"e{number}" for number in range(6)]
    dependency = root("app.deps:user", kind=RootKind.DEPENDENCY, routes=("GET /e4", "GET /e5"))
    roots = (*(endpoint(name) for name in names), dependency)
    files = Sink("open", SinkKind.FILE)
    found = selected(
        tmp_path,
        roots,
        *(through("app.main:e0", sink=SLEEP) for _ in range(5)),
        *(through(f"app.main:{name}") for name in names[:3]),
        through("app.deps:user", sink=files),
        through("app.main:e1", sink=Sink("input", SinkKind.INPUT)),
    )
    worst = summarise(found).worst
    assert [(entry.sink, entry.endpoints, entry.findings) for entry in worst] == [
        (GET, 3, 3),
        (files, 2, 1),
        (SLEEP, 1, 5),
    ]


def test_one_change_is_the_shared_function_nearest_to_the_sink(tmp_path: Path) -> None:
    roots = tuple(endpoint(name) for name in "abcd")
    found = selected(
        tmp_path,
        roots,
        through("app.main:a", "app.service:load", "app.http:get"),
        through("app.main:b", "app.service:load", "app.http:get"),
        through("app.main:c", "app.http:get"),
        through("app.main:d", "app.mail:send", sink=SLEEP),
    )
    change = summarise(found).change
    assert change is not None
    assert (change.function, change.calls, change.findings, change.endpoints) == ("app.http:get", "requests.get", 3, 3)
    assert (change.file, change.line) == ("app/http.py", 12)


def test_one_change_counts_the_endpoints_that_a_dependency_blocks(tmp_path: Path) -> None:
    user = root("app.deps:user", kind=RootKind.DEPENDENCY, routes=())
    roots = (*(endpoint(name, blocked_by=("app.deps:user",)) for name in "abc"), endpoint("d"), endpoint("e"), user)
    found = selected(
        tmp_path,
        roots,
        through("app.deps:user", "app.token:read"),
        through("app.main:d", "app.http:get"),
        through("app.main:e", "app.http:get"),
    )
    change = summarise(found).change
    assert change is not None
    assert (change.function, change.findings, change.endpoints) == ("app.token:read", 1, 3)


def test_a_recursion_counts_once(tmp_path: Path) -> None:
    found = selected(tmp_path, (endpoint("a"),), *(through("app.main:a", "app.t:walk", "app.t:walk") for _ in range(2)))
    change = summarise(found).change
    assert change is not None
    assert (change.function, change.findings) == ("app.t:walk", 2)


def test_a_single_finding_needs_no_such_advice(tmp_path: Path) -> None:
    assert summarise(selected(tmp_path, (endpoint("a"),), through("app.main:a", "app.http:get"))).change is None


def test_what_blocks_a_thread_is_not_in_the_loop_s_way(tmp_path: Path) -> None:
    roots = (endpoint("a", runs_on=Lane.THREAD), endpoint("b", runs_on=Lane.THREAD))
    summary = summarise(selected(tmp_path, roots, through("app.main:a"), through("app.main:b")))
    assert (summary.worst, summary.change) == ((), None)


def test_severities_of_an_empty_result() -> None:
    summary = summarise(select(Result(Path("/nowhere")), CODES))
    assert summary.severities == dict.fromkeys(Severity, 0)
    assert summary.endpoints.total == 0
