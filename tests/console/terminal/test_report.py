"""A picture as text and as JSON."""

from __future__ import annotations

import json

from clearway.console.terminal.report import json_diagnosis, json_report, text_diagnosis, text_report
from tests.console.terminal.streams import DOCTOR, EVIL, EVIL_SHOWN, Stream, small, table
from tests.console.told import ORIGIN, loss, stall


def test_the_json_is_a_contract() -> None:
    told = json.loads(json_report(small().picture(), "here"))
    assert told["schema"] == "clearway.top/1"
    assert (told["source"], told["at"], told["window_s"]) == ("here", ORIGIN + 1.6, 1.4)
    assert told["workers"] == [{"worker": 11, "app": "app", "versions": {}, "gone": False}]
    assert told["doctor"] == DOCTOR
    assert told["totals"].keys() == {
        *("rate", "in_flight", "loop_cpu", "overdue_ms", "busy", "live", "limit", "queued"),
        *("stalls", "losses", "dropped", "missed", "unreadable"),
    }
    first, bad = told["routes"]
    assert first.keys() == {
        *("route", "lane", "why", "requests", "rate", "stalls"),
        *("p50_ms", "p95_ms", "p99_ms", "slowest_ms", "wait_ms"),
    }
    assert (first["route"], first["lane"], first["requests"], bad["p50_ms"]) == ("GET /a", "thread", 20, None)
    (culprit,) = told["stalls"]
    assert culprit["culprit"] == {"file": "/app/main.py", "line": 7, "function": "bad"}
    assert (culprit["cause"], culprit["count"], culprit["total_ms"]) == ("blocking_call", 1, 100)
    assert (culprit["routes"], culprit["stack"]) == (["GET /bad"], [culprit["culprit"]])
    (lost,) = told["losses"]
    assert (lost["worker"], lost["at"], lost["lane"]) == (11, ORIGIN + 0.5, "process")


def test_the_text_has_diagnosis_totals_routes_stalls_and_losses() -> None:
    text = text_report(small().picture(), "here")
    blocks = text.split("\n\n")
    assert blocks[0] == "app  here  1 worker  2027-01-15 08:00:01Z"
    assert blocks[1].splitlines() == [
        "doctor: GET /bad blocks the loop",
        "  - 1 stall of 100 ms",
        "  next: make it a def",
    ]
    assert "14 requests/s" in blocks[2]
    assert [line.split()[0:3] for line in blocks[3].splitlines()[1:]] == [
        ["GET", "/a", "thread"],
        ["GET", "/bad", "loop"],
    ]
    assert "app/main.py:7  blocking call time.sleep" in blocks[4]
    assert "worker 7 was killed by signal SIGSEGV" in blocks[5]


def test_the_diagnosis_alone() -> None:
    picture = small().picture()
    assert text_diagnosis(picture).startswith("doctor: GET /bad blocks the loop\n")
    assert json.loads(json_diagnosis(picture, "here")) == {
        "schema": "clearway.top/1",
        "source": "here",
        "at": ORIGIN + 1.6,
        "doctor": DOCTOR,
    }
    assert text_diagnosis(Stream().picture()) == "doctor: no diagnosis has been told\n"


def test_whatever_the_app_calls_its_routes_moves_no_cursor() -> None:
    stream = Stream()
    worker = stream.worker(11)
    culprit = {"file": f"/app/{EVIL}.py", "line": 1, "function": EVIL}
    worker.tell(routes=[EVIL], table=table((EVIL, EVIL)), losses=[{**loss(), "reason": EVIL, "lane": "thread"}])
    worker.tell(stalls=[{**stall(), "culprit": culprit, "operation": EVIL, "route": EVIL}])
    worker.tell(doctor={"sentence": EVIL, "evidence": [EVIL, {EVIL: EVIL}], "next_step": EVIL, "severity": EVIL})
    text = text_report(stream.picture(), EVIL)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert EVIL_SHOWN in text
    written = json_report(stream.picture(), EVIL)
    assert written.isascii()
    assert all(char.isprintable() or char == "\n" for char in written)
    assert json.loads(written)["routes"][0]["route"] == EVIL


def test_a_time_that_is_none_is_not_shown() -> None:
    stream = Stream()
    stream.worker(11, origin=1e18).tell()
    assert text_report(stream.picture(), "here").startswith("app  here  1 worker  ?\n")


def test_long_lists_and_names_are_cut_and_say_so() -> None:
    stream = Stream()
    worker = stream.worker(11)
    worker.tell(routes=["GET /" + "x" * 300], stalls=[stall(line) for line in range(25)])
    text = text_report(stream.picture(), "here")
    assert "x…" in text
    assert "… and 5 more culprits" in text
    assert max(map(len, text.splitlines())) < 200
