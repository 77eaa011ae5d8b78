"""Settings: where they are found, and what is refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.model import Lane, SettingsError, Severity, SinkKind
from clearway.settings import RouteLimits, Settings, SinkSetting, nearest, suggest


def test_defaults_where_there_is_no_file(tmp_path: Path) -> None:
    assert Settings.load(tmp_path) == Settings()


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "clearway.toml").write_text(
        """
        threads = 64
        max_wait = 2
        stall_threshold = 50
        events = 1000
        safe = ["app.cache.get"]
        offloaders = ["app.pool.run"]
        ignore = ["CW302"]
        exclude = ["migrations/**"]
        [sinks]
        "app.legacy.fetch" = "network"
        "app.legacy.Report.render" = {kind = "cpu", severity = "warning", fix = "render_async()"}
        [pins]
        "GET /items/{id}" = "loop"
        "app.main:read_item" = "thread"
        [routes]
        "GET /health" = {share = 0.25, limit = 3}
        """
    )
    assert Settings.load(tmp_path) == Settings(
        threads=64,
        max_wait_s=2.0,
        stall_threshold_ms=50.0,
        events=1000,
        pins={"GET /items/{id}": Lane.LOOP, "app.main:read_item": Lane.THREAD},
        routes={"GET /health": RouteLimits(share=0.25, limit=3)},
        sinks={
            "app.legacy.fetch": SinkSetting(SinkKind.NETWORK),
            "app.legacy.Report.render": SinkSetting(SinkKind.CPU, Severity.WARNING, "render_async()"),
        },
        safe=("app.cache.get",),
        offloaders=("app.pool.run",),
        ignore=("CW302",),
        exclude=("migrations/**",),
    )


def test_nearest_file_upwards_counts(tmp_path: Path) -> None:
    below = tmp_path / "project" / "src" / "app"
    below.mkdir(parents=True)
    (tmp_path / "clearway.toml").write_text("threads = 1")
    (tmp_path / "project" / "pyproject.toml").write_text("[tool.clearway]\nthreads = 2")
    (tmp_path / "project" / "src" / "pyproject.toml").write_text("[tool.other]\nthreads = 3")
    assert Settings.load(below).threads == 2
    (tmp_path / "project" / "clearway.toml").write_text("threads = 4")
    assert Settings.load(below).threads == 4


def test_the_file_that_counts_is_named(tmp_path: Path) -> None:
    assert Settings.locate(tmp_path / "none") is None
    (tmp_path / "pyproject.toml").write_text("[tool.clearway]\nthreads = 2")
    assert Settings.locate(tmp_path / "below") == tmp_path / "pyproject.toml"
    (tmp_path / "clearway.toml").write_text("")
    assert Settings.locate(tmp_path) == tmp_path / "clearway.toml"


def test_read_takes_the_whole_file_or_the_table(tmp_path: Path) -> None:
    own, shared = tmp_path / "mine.toml", tmp_path / "pyproject.toml"
    own.write_text("threads = 5")
    shared.write_text("[project]\nname = 'x'\n[tool.clearway]\nthreads = 6")
    assert Settings.read(own).threads == 5
    assert Settings.read(shared).threads == 6


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"treads": 4}, "x.toml: unknown key 'treads'; did you mean 'threads'?"),
        (
            {"zzz": 4},
            "x.toml: unknown key 'zzz'; known: cluster, cluster_in_flight, contain, cooperative, events, exclude, ",
        ),
        ({"threads": "4"}, "x.toml: threads must be a whole number, not a string"),
        ({"threads": True}, "x.toml: threads must be a whole number, not a boolean"),
        ({"threads": 0}, "x.toml: threads must be from 1 to 100000"),
        ({"max_wait": 0}, "x.toml: max_wait must be above 0 and at most 86400 seconds, not 0"),
        ({"max_wait": float("inf")}, "x.toml: max_wait must be a finite number"),
        ({"stall_threshold": float("nan")}, "x.toml: stall_threshold must be a finite number"),
        ({"stall_threshold": []}, "x.toml: stall_threshold must be a number, not a list"),
        ({"events": -1}, "x.toml: events must be from 1 to"),
        ({"pins": 3}, "x.toml: pins must be a table, not a whole number"),
        ({"pins": {"GET /": "lop"}}, "x.toml: pins.'GET /': unknown lane 'lop'; did you mean 'loop'?"),
        (
            {"pins": {"GET /": 1}},
            "x.toml: pins.'GET /' must be a lane (loop, thread, process, cluster), not a whole number",
        ),
        ({"contain": "yes"}, "x.toml: contain must be a list of routes and calls, or true or false, not a string"),
        ({"contain": [""]}, "x.toml: contain has an empty entry"),
        ({"cooperative": ["a b"]}, "x.toml: cooperative: 'a b' is no dotted name"),
        ({"processes": 0}, "x.toml: processes must be from 1 to 1024"),
        ({"process_memory": 1.5}, "x.toml: process_memory must be a whole number, not a number"),
        ({"max_run": 0}, "x.toml: max_run must be above 0"),
        ({"cluster": "scheduler:8786"}, "'scheduler:8786' is no scheduler; write tcp://HOST:PORT"),
        ({"cluster": 1}, "x.toml: cluster must be a string"),
        ({"cluster_in_flight": 0}, "x.toml: cluster_in_flight must be from 1"),
        ({"pins": {" ": "loop"}}, "x.toml: pins has an entry without a name"),
        ({"routes": {"GET /": 1}}, "x.toml: routes.'GET /' must be a table"),
        ({"routes": {"GET /": {"limt": 1}}}, "unknown key 'limt'; did you mean 'limit'?"),
        ({"routes": {"GET /": {"limit": 0}}}, "x.toml: routes.'GET /'.limit must be from 1"),
        ({"routes": {"GET /": {"share": 1.5}}}, "x.toml: routes.'GET /'.share must be from 0 to 1, not 1.5"),
        ({"routes": {"a": {"share": 0.6}, "b": {"share": 0.6}}}, "x.toml: routes: the shares add up to 1.2"),
        ({"sinks": ["a.b"]}, "x.toml: sinks must be a table, not a list"),
        ({"sinks": {"a.b": "netwrk"}}, "x.toml: sinks.'a.b': unknown kind 'netwrk'; did you mean 'network'?"),
        ({"sinks": {"a.b": 1}}, "x.toml: sinks.'a.b' must be a table, not a whole number"),
        ({"sinks": {"a.b": {"kid": "cpu"}}}, "x.toml: sinks.'a.b': unknown key 'kid'; did you mean 'kind'?"),
        ({"sinks": {"a.b": {"fix": "x"}}}, "x.toml: sinks.'a.b' has no kind; one of sleep, network"),
        ({"sinks": {"a.b": {"kind": 1}}}, "x.toml: sinks.'a.b'.kind must be a kind (sleep, "),
        ({"sinks": {"a.b": {"kind": "cpu", "severity": "eror"}}}, "unknown severity 'eror'; did you mean 'error'?"),
        ({"sinks": {"a.b": {"kind": "cpu", "fix": 3}}}, "x.toml: sinks.'a.b'.fix must be a sentence, not a whole"),
        ({"sinks": {"a b": "cpu"}}, "x.toml: sinks: 'a b' is no dotted name; write package.module.function"),
        ({"safe": "a.b"}, "x.toml: safe must be a list of dotted names, not a string"),
        ({"safe": ["a..b"]}, "x.toml: safe: 'a..b' is no dotted name"),
        ({"offloaders": [1]}, "x.toml: offloaders must be a list of dotted names; it contains a whole number"),
        ({"ignore": ["E501"]}, "x.toml: ignore: 'E501' is no rule code; write it like CW102"),
        ({"exclude": [""]}, "x.toml: exclude has an empty entry"),
    ],
)
def test_refusal_names_file_key_and_fault(data: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_mapping(data, "x.toml")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"threads = ", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clearway.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"clearway\.toml: not TOML"):
        Settings.load(tmp_path)


def test_tool_table_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nclearway = 3")
    with pytest.raises(SettingsError, match=r"tool\.clearway must be a table, not a whole number"):
        Settings.load(tmp_path)


def test_shares_may_add_up_to_exactly_one() -> None:
    tenths = {f"GET /{number}": {"share": 0.1} for number in range(10)}
    assert len(Settings.from_mapping({"routes": tenths}, "x").routes) == 10


RUN_KEYS = ["threads", "max_wait", "stall_threshold", "events", "pins", "routes"]
CHECK_KEYS = ["sinks", "safe", "offloaders", "ignore", "exclude"]
KEYS = st.sampled_from([*RUN_KEYS, *CHECK_KEYS]) | st.text(max_size=8)
SCALARS = (
    st.booleans()
    | st.integers()
    | st.integers(min_value=10**400, max_value=10**401)
    | st.floats()
    | st.text()
    | st.sampled_from([*Lane, *SinkKind, *Severity, "share", "limit", "CW101", "a.b"])
    | st.datetimes()
    | st.dates()
    | st.just(datetime.time(1))
)
NAMES = st.sampled_from(["share", "limit", "GET /", "kind", "severity", "fix", "a.b"]) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_toml_is_settings_or_a_settings_error(data: dict[str, Any]) -> None:
    try:
        settings = Settings.from_mapping(data, "x.toml")
    except SettingsError as refused:
        assert len(str(refused).splitlines()) == 1  # noqa: PT017 (either outcome is right)
        return
    assert settings.threads >= 1
    assert settings.max_wait_s is None or settings.max_wait_s > 0
    assert sum(limits.share or 0 for limits in settings.routes.values()) <= 1 + 1e-6


@given(st.integers(1, 100_000), st.floats(0.001, 1000), st.integers(1, 1000))
def test_possible_values_arrive_as_they_are(threads: int, max_wait: float, limit: int) -> None:
    data = {"threads": threads, "max_wait": max_wait, "routes": {"GET /": {"limit": limit}}}
    settings = Settings.from_mapping(data, "x")
    assert (settings.threads, settings.max_wait_s) == (threads, max_wait)
    assert settings.routes == {"GET /": RouteLimits(None, limit)}


@given(st.text(), st.lists(st.text()))
def test_nearest_is_one_of_the_known(name: str, known: list[str]) -> None:
    assert nearest(name, known) in [None, *known]
    if name in known:
        assert (nearest(name, known) or "").casefold() == name.casefold()


def test_suggestion() -> None:
    assert suggest("GET /item/{id}", ["GET /items/{id}", "GET /users/"]) == "; did you mean 'GET /items/{id}'?"
    assert suggest("quite different", ["a", "b"]) == "; known: a, b"
    assert suggest("quite different", []) == ""
