"""Exports: a trace as its format's documentation describes it, and a page that stands alone in a browser."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from clearway.console.app import ASSETS
from clearway.console.exports.page import write_page
from clearway.console.exports.trace import write_trace
from clearway.console.hub import Hub
from clearway.console.recording import read
from clearway.console.server import ConsoleServer
from clearway.frames import CallPart, Frame, Header, Pool, RequestPart, line_of
from clearway.model import ClearwayError
from tests.console.conftest import Start, get
from tests.console.told import ORIGIN, Told
from tests.served import PATIENCE_S, Served, until

Serve = Callable[..., Served]
Event = dict[str, Any]

MARKUP = "</script><!--<script><img src=x onerror=\"document.body.id='taken'\">]]>\u2028 \\<"
LOOP, THREAD = 0, 1
PATH = "/__clearway__/export"


def stalled(route: str = "GET /bad", file: str = "/srv/app.py") -> list[Header | Frame]:
    """Two workers: on one, a request stalls the loop for 300 ms, and two wait for it; on the other, one still runs."""
    line = {"file": file, "line": 7, "function": "bad"}
    stall = {
        "started_s": 0.2,
        "duration_s": 0.3,
        "cause": "blocking_call",
        "route": route,
        "call": "app:bad",
        "culprit": line,
        "operation": "time.sleep",
        "stack": [line],
        "request": 1,
        "victims": [
            {"request": 2, "route": "GET /ok", "waited_s": 0.3, "arrived_during": False},
            {"request": 3, "route": "GET /ok", "waited_s": 0.3, "arrived_during": False},
            {"request": 4, "route": "GET /ok", "waited_s": 0.1, "arrived_during": True},
        ],
        "victim_count": 3,
    }
    first = Frame(
        1,
        900_000,
        routes=[route, "GET /ok"],
        calls=["app:bad", "app:ok"],
        requests=[RequestPart(1, 0, 190_000, 510_000), RequestPart(2, 1, 195_000, 520_000)],
        parts=[
            CallPart(1, 0, 0, 0, LOOP, 0, 195_000, 195_000, 505_000, 505_000),
            CallPart(2, 1, 1, 0, THREAD, 3, 196_000, 199_000, 205_000, 519_000),
        ],
        stalls=[stall],
        losses=[{"at_s": 0.6, "lane": "process", "route": route, "call": "app:bad", "request": 9, "reason": "killed"}],
        pool=Pool(512, 4, 1, 2, 0.5, 2.0),
        in_flight=2,
        left_out=5,
    )
    second = Frame(
        2,
        700_000,
        routes=["GET /slow"],
        calls=["app:slow"],
        here=[RequestPart(1, 0, 100_000, 0)],
        going=[CallPart(1, 0, 0, 0, THREAD, 0, 110_000, 120_000, 0, 0)],
        overdue_us=50_000,
    )
    return [Header(1, ORIGIN, "app", {}, 20.0), first, Header(2, ORIGIN - 1, "app", {}, 20.0), second]


def trace_of(items: list[Header | Frame]) -> list[Event]:
    out = io.BytesIO()
    write_trace(items, out)
    return checked(out.getvalue())


FIELDS = {
    "X": {"name", "cat", "pid", "tid", "ts", "dur"},
    "b": {"name", "cat", "id", "pid", "tid", "ts"},
    "e": {"name", "cat", "id", "pid", "tid", "ts"},
    "s": {"name", "cat", "id", "pid", "tid", "ts"},
    "f": {"name", "cat", "id", "pid", "tid", "ts"},
    "C": {"name", "pid", "ts", "args"},
    "i": {"name", "pid", "tid", "ts", "s"},
    "M": {"name", "pid", "args"},
}
META = {
    "process_name": ("name", str),
    "process_sort_index": ("sort_index", int),
    "process_labels": ("labels", str),
    "thread_name": ("name", str),
    "thread_sort_index": ("sort_index", int),
}


def checked(data: bytes) -> list[Event]:
    """The events of a trace, which keeps to the "Trace Event Format": what viewers refuse, or draw wrongly, fails."""
    trace = json.loads(data)
    assert set(trace) <= {"traceEvents", "otherData"}, "some Perfettos take a displayTimeUnit for that of all times"
    events: list[Event] = trace["traceEvents"]
    for event in events:
        assert event["ph"] in FIELDS, event
        assert event.keys() >= FIELDS[event["ph"]], event
        assert all(isinstance(event[key], int) for key in ("pid", "tid", "ts", "dur") if key in event), event
        assert event["ts"] >= 0, event
        if event["ph"] == "M":
            key, kind = META[event["name"]]
            assert isinstance(event["args"][key], kind)
        if event["ph"] == "C":
            assert all(isinstance(value, int | float) for value in event["args"].values())
    _threads_have_numbers_of_their_own(events)
    _events_of_threads_nest(events)
    _async_events_are_pairs(events)
    _arrows_have_two_ends(events)
    return events


def _of(events: list[Event], *phases: str) -> list[Event]:
    return [event for event in events if event["ph"] in phases]


def _threads_have_numbers_of_their_own(events: list[Event]) -> None:
    """Perfetto names threads by their number alone."""
    threads = {(event["pid"], event["tid"]) for event in events}
    assert len({tid for _, tid in threads}) == len(threads)
    named = {(event["pid"], event["tid"]) for event in _of(events, "M") if event["name"] == "thread_name"}
    assert threads == named


def _events_of_threads_nest(events: list[Event]) -> None:
    by_thread: dict[tuple[int, int], list[Event]] = {}
    for event in _of(events, "X"):
        by_thread.setdefault((event["pid"], event["tid"]), []).append(event)
    for thread in by_thread.values():
        open_until: list[int] = []
        for event in sorted(thread, key=lambda event: (event["ts"], -event["dur"])):
            while open_until and open_until[-1] <= event["ts"]:
                open_until.pop()
            assert event["dur"] >= 0
            assert not open_until or event["ts"] + event["dur"] <= open_until[-1], f"it overlaps another: {event}"
            open_until.append(event["ts"] + event["dur"])


def _async_events_are_pairs(events: list[Event]) -> None:
    going: Counter[tuple[Any, ...]] = Counter()
    for event in sorted(_of(events, "b", "e"), key=lambda event: int(event["ts"])):
        identity = (event["pid"], event["cat"], event["id"])
        going[identity] += 1 if event["ph"] == "b" else -1
        assert going[identity] in (0, 1), event
    assert not +going


def _arrows_have_two_ends(events: list[Event]) -> None:
    starts, ends = ({arrow["id"]: arrow for arrow in _of(events, phase)} for phase in "sf")
    assert starts.keys() == ends.keys()
    assert len(starts) == len(_of(events, "s"))
    for number, start in starts.items():
        end = ends[number]
        assert (start["name"], start["cat"]) == (end["name"], end["cat"])
        assert start["ts"] <= end["ts"]
        assert end["bp"] == "e"
        for each in (start, end):
            assert under(events, each) is not None, "an arrow ends at the event that it lies in"


def under(events: list[Event], end: Event) -> Event | None:
    """The innermost event of the thread at an arrow's end."""
    around = [
        event
        for event in _of(events, "X")
        if (event["pid"], event["tid"]) == (end["pid"], end["tid"])
        and event["ts"] <= end["ts"] <= event["ts"] + event["dur"]
    ]
    return max(around, key=lambda event: int(event["ts"]), default=None)


def test_a_trace_has_a_thread_for_each_track() -> None:
    events = trace_of(stalled())
    names = {(event["pid"], event["args"]["name"]) for event in _of(events, "M") if event["name"] == "thread_name"}
    assert names == {(1, "loop"), (1, "thread 4"), (1, "waited for the loop"), (2, "loop"), (2, "thread 1")}
    processes = [event["args"]["name"] for event in _of(events, "M") if event["name"] == "process_name"]
    assert processes == ["app (worker 1)", "app (worker 2)"]
    labels = [event["args"]["labels"] for event in _of(events, "M") if event["name"] == "process_labels"]
    assert labels == ["5 left out, 0 overwritten, 0 frames missed"]


def test_a_call_in_a_thread_is_waiting_running_and_waiting_for_the_loop() -> None:
    events = trace_of(stalled())
    (ran,) = [event for event in _of(events, "X") if event["name"] == "app:ok"]
    assert (ran["ts"], ran["dur"]) == (round(ORIGIN * 1e6) + 199_000, 6000)
    assert ran["args"]["kind"] == "endpoint"
    parts = [(event["ph"], event["name"]) for event in _of(events, "b", "e") if ":" in event["name"]]
    assert parts == [
        ("b", "run: app:bad"),
        ("e", "run: app:bad"),
        ("b", "wait for thread: app:ok"),
        ("e", "wait for thread: app:ok"),
        ("b", "wait for the loop: app:ok"),
        ("e", "wait for the loop: app:ok"),
        ("b", "wait for thread: app:slow"),
        ("e", "wait for thread: app:slow"),
    ]


def test_arrows_lead_from_a_red_stall_to_each_request_that_waited() -> None:
    events = trace_of(stalled())
    stall = next(event for event in _of(events, "X") if event["cat"] == "stall")
    assert stall["name"] == "stall: time.sleep at /srv/app.py:7 in bad"
    assert (stall["cname"], stall["dur"]) == ("terrible", 300_000)
    assert stall["args"]["stack"] == ["/srv/app.py:7 in bad"]
    assert stall["args"]["victims"][2] == "request 4, GET /ok: waited 100.0 ms"
    assert all(under(events, start) == stall for start in _of(events, "s"))
    reached = [under(events, end) for end in _of(events, "f")]
    assert [victim["args"]["request"] for victim in reached if victim] == [2, 3, 4]


def test_what_had_not_ended_is_shown_as_far_as_it_went() -> None:
    events = trace_of(stalled())
    unfinished = [event for event in events if event.get("args", {}).get("unfinished")]
    assert [(event["ph"], event["name"]) for event in unfinished] == [
        ("b", "GET /slow"),
        ("b", "wait for thread: app:slow"),
        ("X", "app:slow"),
        ("X", "stall: it lasts still"),
    ]


def test_a_process_id_that_is_used_again_is_another_process_and_a_rotation_is_not() -> None:
    items = stalled()
    again = Header(1, ORIGIN + 60, "app", {}, 20.0)
    more = Frame(1, 950_000, routes=["GET /bad"], requests=[RequestPart(5, 0, 940_000, 945_000)])
    events = trace_of([*items, items[0], more, again, more])
    pids = [event["pid"] for event in _of(events, "M") if event["name"] == "process_name"]
    assert len(pids) == len(set(pids)) == 3
    served = [event for event in _of(events, "b") if event["args"]["request"] == 5]
    assert [event["name"] for event in served] == ["GET /bad"] * 2, "names are counted anew"
    assert [event["pid"] for event in served] == [pids[0], pids[2]]


def test_counters_follow_the_pool() -> None:
    counters = {event["name"]: event["args"] for event in _of(trace_of(stalled()[:2]), "C")}
    assert counters["threads"] == {"busy": 1, "idle": 3}
    assert counters["waiting for a thread"] == {"calls": 2}
    assert counters["thread limit"] == {"threads": 512}


# In the browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Off every network. Whatever the page does: no error, no request but for itself, nothing its policy forbids."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    expect.set_options(timeout=PATIENCE_S * 1000)
    troubles: list[str] = []
    page.on("console", lambda told: troubles.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if is_own(asked) else troubles.append(asked.url))
    yield page
    context.close()
    assert troubles == []


def is_own(asked: Request) -> bool:
    """The file itself, and its icon, which stands in it."""
    return asked.is_navigation_request() or asked.url.startswith("data:")


def opened(page: Page, file: Path, items: list[Header | Frame]) -> None:
    with file.open("wb") as out:
        write_page((line_of(item) + b"\n" for item in items), out)
    page.goto(file.as_uri())
    expect(page.get_by_role("status")).to_contain_text("Recording")


@pytest.mark.once
def test_a_page_alone_shows_its_stalls_without_a_network(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path / "ticket.html", stalled())
    page.get_by_role("tab", name=re.compile(r"Stalls \d+")).click()
    page.get_by_role("row", name="in bad").click()
    expect(page.get_by_role("complementary", name="Stall")).to_contain_text("blocking call: time.sleep")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "its style is allowed"


@pytest.mark.once
def test_in_a_page_alone_markup_is_only_text(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path / "hostile.html", stalled(MARKUP, f"/srv/{MARKUP}.py"))
    page.get_by_role("tab", name=re.compile(r"Stalls \d+")).click()
    expect(page.get_by_role("tabpanel")).to_contain_text("</script><!--<script><img src=x")
    assert page.evaluate("document.body.id") == ""
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_whatever_is_in_the_lines_stays_in_their_block() -> None:
    out = io.BytesIO()
    items = stalled(MARKUP)
    write_page((line_of(item) + b"\n" for item in items), out)
    page = out.getvalue().decode()
    block = page.partition('id="recording">\n')[2].partition("</script>")[0]
    assert "<" not in block
    assert [json.loads(line) for line in block.rstrip("\n").split("\n")] == [
        json.loads(line_of(item)) for item in items
    ]


def built(folder: Path, index: str, script: str = "") -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(index)
    (folder / "assets/a.js").write_text(script)
    (folder / "assets/a.css").write_text("b {}")
    return folder


def test_a_page_that_was_not_built_or_has_more_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClearwayError, match="has not been built"):
        write_page([], io.BytesIO(), tmp_path)
    other = built(tmp_path / "other", '<meta charset="utf-8" /><script src="./assets/more.js"></script>')
    with pytest.raises(ClearwayError, match="not of one script and one style sheet"):
        write_page([], io.BytesIO(), other)


@pytest.mark.once
def test_a_script_that_speaks_of_its_own_end_does_not_end(page: Page, tmp_path: Path) -> None:
    index = (ASSETS / "index.html").read_text()
    index = re.sub(r"assets/[\w-]+\.(js|css)", r"assets/a.\1", index)
    script = "document.title = '<!--<script>' +\r\n `</SCRIPT>`"
    file = tmp_path / "said.html"
    with file.open("wb") as out:
        write_page([], out, built(tmp_path / "built", index, script))
    page.goto(file.as_uri())
    expect(page).to_have_title("<!--<script></SCRIPT>")


# From the console


@pytest.fixture
def hub() -> Hub:
    hub = Hub(Told())
    for item in stalled():
        hub.take(item)
    return hub


def test_the_console_gives_a_trace(start: Start, hub: Hub) -> None:
    response = get(start(hub=hub), f"{PATH}/trace")
    assert re.fullmatch(
        r'attachment; filename="clearway-\d{8}-\d{6}\.trace\.json"', response.headers["content-disposition"]
    )
    assert any(event.get("cname") == "terrible" for event in checked(response.content))


def test_the_console_gives_a_page(hub: Hub) -> None:
    console = ConsoleServer(hub, "127.0.0.1", 0)
    console.start()
    try:
        response = get(console, f"{PATH}/page")
    finally:
        console.stop()
    assert response.headers["content-disposition"].endswith('.html"')
    assert "Content-Security-Policy" in response.text
    assert "time.sleep" in response.text.partition('id="recording">')[2]


def test_a_page_that_was_not_built_cannot_be_exported(start: Start, hub: Hub) -> None:
    response = get(start(hub=hub), f"{PATH}/page")
    assert response.status_code == 503
    assert "npm run build" in response.json()["error"]


@pytest.mark.parametrize("path", ["trace", "page"])
def test_exports_want_the_token(locked: ConsoleServer, path: str) -> None:
    assert get(locked, f"{PATH}/{path}").status_code == 401


APP = """
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/bad")
async def bad():
    time.sleep(0.1)
@app.get("/thread")
def thread():
    time.sleep(0.01)
"""


@pytest.mark.once
def test_what_a_real_service_records_is_a_trace(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "clearway.ndjson"
    served = serve(APP, "--record", str(file))
    asking = [served.start_get(path) for path in ["/thread", "/bad"] * 4]
    for each in asking:
        each.join(PATIENCE_S)
    until(lambda: file.stat().st_size and b"time.sleep" in file.read_bytes(), "the stalls in the file")
    served.stop()
    out = io.BytesIO()
    write_trace(read(file), out)
    events = checked(out.getvalue())
    assert any(event["name"].startswith("stall: time.sleep") for event in _of(events, "X"))
    assert len([event for event in _of(events, "X") if event["name"] == "app:thread"]) == 4
