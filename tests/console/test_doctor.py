"""The doctor: the labelled set told again, conditions that need more than one process, how long it stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from clearway.console.app import DOCTOR_PATH
from clearway.console.doctor import Diagnosis, Doctor, Problem, diagnose
from clearway.console.hub import Hub
from clearway.console.state import State
from clearway.frames import Counts, Frame, Header, Pool, Waiting, bucket_of, read_line
from tests.console.conftest import Start, get
from tests.console.sick.playing import played
from tests.console.sick.services import SICK, Sick
from tests.console.sick.world import World
from tests.console.told import ORIGIN, Told, Worker, stall
from tests.served import PATIENCE_S

STORED = Path(__file__).parent / "sick" / "stored"


class Story:
    """A state that one worker tells of, five frames a second."""

    def __init__(self, pid: int = 1, state: State | None = None, origin: float = ORIGIN) -> None:
        self.state = state or State()
        self.pid = pid
        self.at_us = 0
        self.state.take(Header(pid, origin, "app", {}, 20.0))
        self.tell(routes=["GET /", "GET /other"])

    def tell(self, **fields: Any) -> None:
        self.at_us += 200_000
        self.state.take(Frame(self.pid, self.at_us, **fields))

    def last(self, seconds: float, frame: Callable[[float], dict[str, Any]]) -> Story:
        """Frames for so long, each of what this says for its time."""
        for _ in range(round(seconds * 5)):
            self.tell(**frame(self.at_us / 1e6))
        return self


def stalled(at_s: float, duration_s: float = 0.1, **fields: Any) -> dict[str, Any]:
    victims = [{"request": 2, "route": "GET /", "waited_s": duration_s / 2, "arrived_during": False}]
    told = {**stall(started_s=at_s), "duration_s": duration_s, "victims": victims, "victim_count": 1, "starved_s": 0.0}
    return {**told, **fields}


def served(count: int = 10, latency_us: int = 5000) -> dict[str, Any]:
    return {"counts": [Counts(0, count, latency_us, count * latency_us, 0, [(bucket_of(latency_us), count)])]}


@pytest.mark.parametrize("sick", SICK, ids=lambda sick: sick.name)
def test_a_stored_sickness_is_recognised(sick: Sick) -> None:
    state = State()
    for line in (STORED / f"{sick.name}.ndjson").read_bytes().splitlines():
        state.take(read_line(line))
    found = diagnose(state)
    assert (found.problem, sick.says in found.sentence) == (sick.expected, True), found
    assert (found.severity == "fine") == (found.problem is Problem.NOTHING)
    assert found.evidence
    assert bool(found.next_step) == (found.problem is not Problem.NOTHING)
    assert diagnose(state, 1) == found, "the one worker is all of them"
    assert json.dumps(asdict(found))


def test_the_set_has_every_problem_that_one_process_can_show() -> None:
    elsewhere = {Problem.MACHINE, Problem.LOOP_FULL}
    assert {sick.expected for sick in SICK} == set(Problem) - elsewhere
    assert {path.stem for path in STORED.iterdir()} == {sick.name for sick in SICK}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


LIVE = list({sick.expected: sick for sick in reversed(SICK)}.values())
"""One service for each problem; that the others are recognised, their stored frames show."""


@pytest.mark.once
@pytest.mark.parametrize("sick", LIVE, ids=lambda sick: sick.name)
def test_a_sick_service_is_recognised_while_it_serves(sick: Sick, world: World) -> None:
    """Asked until it is told right: a few requests are enough."""
    state, deadline = State(), time.monotonic() + PATIENCE_S
    enough_us = 1_200_000 if sick.expected is Problem.NOTHING else 0
    with played(sick, world) as items:
        for item in items:
            state.take(item)
            found = diagnose(state)
            if found.problem is sick.expected and sick.says in found.sentence and state.at_us > enough_us:
                return
            if time.monotonic() > deadline:
                break
    if found.problem is Problem.MACHINE:
        pytest.skip(f"the doctor says so of this machine, and is right: {found.sentence}")
    pytest.fail(str(found))


def test_nothing_is_said_of_nothing() -> None:
    found = diagnose(State())
    assert (found.problem, found.severity) == (Problem.NOTHING, "fine")
    assert diagnose(State(), 7).problem is Problem.NOTHING


def test_a_process_that_gets_no_processor() -> None:
    story = Story().last(4, lambda at: {"stalls": [stalled(at, 0.1, cause="machine", culprit=None, stack=[])]})
    found = diagnose(story.state)
    assert found.problem is Problem.MACHINE
    assert "50 % of the time" in found.sentence


def test_a_loop_that_is_full_without_a_line_to_blame() -> None:
    story = Story().last(4, lambda at: {**served(400), "loop_cpu": 0.99, "in_flight": 40})
    found = diagnose(story.state)
    assert found.problem is Problem.LOOP_FULL
    assert "of a processor" in found.sentence
    assert "--workers" in found.next_step


def test_a_serving_worker_that_ended_while_others_go_on() -> None:
    story = Story()
    other = Story(2, story.state)
    for _ in range(10):
        story.tell(**served())
        other.tell(**served())
    story.state.take(Frame(2, other.at_us + 1, gone=True))
    assert diagnose(story.state).problem is Problem.WORKER_LOST
    assert diagnose(story.state, 1).problem is Problem.NOTHING


def test_a_reloaded_worker_is_not_lost() -> None:
    story = Story().last(2, lambda at: served())
    story.state.take(Frame(1, story.at_us + 1, gone=True))
    Story(2, story.state, ORIGIN + 3.0).last(1, lambda at: served())
    assert diagnose(story.state).problem is Problem.NOTHING


def test_a_client_that_went_away_is_no_lost_worker() -> None:
    loss = {"at_s": 0.1, "lane": "process", "route": "GET /", "call": "app:a", "request": 1, "reason": "client gone"}
    assert diagnose(Story().last(1, lambda at: {**served(), "losses": [loss]}).state).problem is Problem.NOTHING


def test_of_two_problems_the_one_that_costs_more_is_told() -> None:
    """Ten calls that wait for a thread, or a line that blocks the loop for a tenth of the time and one request."""

    def both(at: float) -> dict[str, Any]:
        pool = Pool(4, 4, 4, 10, 0.1, 1.5)
        return {"pool": pool, "stalls": [stalled(at, 0.02)]}

    assert diagnose(Story().last(4, both).state).problem is Problem.POOL_EXHAUSTED

    def mostly_stalled(at: float) -> dict[str, Any]:
        return {"pool": Pool(4, 4, 4, 1, 0.1, 1.5), "stalls": [stalled(at, 0.19, victim_count=60)]}

    assert diagnose(Story().last(4, mostly_stalled).state).problem is Problem.BLOCKING_CALL


def test_another_service_that_is_slow_does_not_hide_what_can_be_changed_here() -> None:
    waits = Waiting(8, 900_000, "/app/main.py", 3, "get", 1, 0, "socket.socket.recv_into", ("requests.api.get",))

    def both(at: float) -> dict[str, Any]:
        return {"waiting": [waits], "stalls": [stalled(at)]}

    assert diagnose(Story().last(4, both).state).problem is Problem.BLOCKING_CALL
    assert diagnose(Story().last(4, lambda at: {"waiting": [waits]}).state).problem is Problem.UPSTREAM_SLOW


def test_one_stall_is_no_condition() -> None:
    story = Story().last(2, lambda at: served())
    story.tell(stalls=[stalled(1.0, 0.3)])
    assert diagnose(story.state).problem is Problem.NOTHING


def test_a_problem_that_is_over_is_forgotten() -> None:
    story = Story().last(4, lambda at: {"stalls": [stalled(at)]})
    assert diagnose(story.state).problem is Problem.BLOCKING_CALL
    assert diagnose(story.last(11, lambda at: served()).state).problem is Problem.NOTHING


def test_a_line_is_not_blamed_for_what_it_waited_for_a_core() -> None:
    story = Story().last(4, lambda at: {**served(), "stalls": [stalled(at, 0.1, starved_s=0.1)]})
    assert diagnose(story.state).problem is Problem.NOTHING


def test_names_of_the_app_cannot_move_a_cursor() -> None:
    culprit = {"file": "/app/\x1b[2J.py", "line": 7, "function": "bad\n"}
    story = Story().last(
        4, lambda at: {"stalls": [stalled(at, route="GET /\x1b[31m" + "x" * 9000, culprit=culprit, stack=[culprit])]}
    )
    found = diagnose(story.state)
    assert found.problem is Problem.BLOCKING_CALL
    said = " ".join([found.sentence, found.next_step, *found.evidence])
    assert said.isprintable()
    assert len(found.sentence) < 1000


def test_numbers_of_what_was_never_named_break_nothing() -> None:
    """`read_line` lets through what has the right fields, whichever number is in them."""
    story = Story()
    waiting = Waiting(3, 1, "", 0, "", 99, 4711, None, ("",))
    loss = {"at_s": 0.1, "lane": "process", "route": "", "call": "", "request": 0, "reason": ""}
    story.tell(losses=[loss], waiting=[waiting], refused=[(4711, 1)], table={})
    assert diagnose(story.state).problem in (Problem.WORKER_LOST, Problem.REFUSED)


def looked(doctor: Doctor, story: Story, seconds: float, frame: Callable[[float], dict[str, Any]]) -> list[Diagnosis]:
    """What the doctor says while this is told, once a second."""
    said = []
    for _ in range(round(seconds)):
        story.last(1, frame)
        if (found := doctor.look(story.state)) is not None:
            said.append(found)
    return said


def test_two_problems_that_cost_about_the_same_do_not_take_turns() -> None:
    doctor, story = Doctor(), Story()

    def frame(at: float) -> dict[str, Any]:
        line, other = (7, 9) if int(at) % 2 else (9, 7)
        short, long = stalled(at, 0.04), stalled(at, 0.05)
        short["culprit"] = {"file": "/app/main.py", "line": line, "function": "f"}
        long["culprit"] = {"file": "/app/main.py", "line": other, "function": "f"}
        return {"stalls": [short, long]}

    said = looked(doctor, story, 12, frame)
    assert len({each.sentence.partition(" blocks")[0] for each in said}) == 1
    assert 1 <= len(said) <= 4, "its numbers are told anew now and then, not each second"


def test_a_problem_that_is_much_worse_is_told_at_once_and_one_that_ends_in_a_while() -> None:
    doctor, story = Doctor(), Story()
    first = looked(doctor, story, 3, lambda at: {"stalls": [stalled(at, 0.03)]})
    assert first[0].problem is Problem.BLOCKING_CALL
    full = {"pool": Pool(4, 4, 4, 50, 0.1, 1.5)}
    assert looked(doctor, story, 1, lambda at: full)[0].problem is Problem.POOL_EXHAUSTED
    calm = looked(doctor, story, 20, lambda at: {**served(), "pool": Pool(4, 4, 1, 0, 0.1, 1.5)})
    assert calm[-1].problem is Problem.NOTHING


def test_the_hub_tells_the_diagnosis_in_a_frame_when_it_changes() -> None:
    hub = Hub(Told())
    frames: list[Frame] = []
    worker = Worker(hub, 1)
    hub.listen(lambda item, line: frames.append(item) if isinstance(item, Frame) else None)
    for _ in range(15):
        worker.stall()
    told = [frame.doctor for frame in frames if frame.doctor is not None]
    assert [each["problem"] for each in told] == ["blocking_call"]
    late = hub.enter(replay=False)
    assert late is not None
    summary = read_line(hub._piece(late).splitlines()[-1])
    assert isinstance(summary, Frame)
    assert summary.doctor == told[-1], "who comes later knows it, too"
    assert any(b'"doctor"' in line for line in hub.held_lines())


def test_nobody_is_examined_while_nobody_looks() -> None:
    hub = Hub(Told())
    worker = Worker(hub, 1)
    for _ in range(15):
        worker.stall()
    assert not any(b'"doctor"' in line for line in hub.held_lines())
    assert hub.diagnosis()["problem"] == "blocking_call", "unless it is asked for"


def test_a_doctor_that_fails_costs_no_frame(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(doctor: Doctor, state: State) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Doctor, "look", broken)
    hub = Hub(Told())
    frames: list[Any] = []
    hub.listen(lambda item, line: frames.append(item))
    worker = Worker(hub, 1)
    for _ in range(15):
        worker.tell()
    assert len(frames) == 16
    assert [record.message for record in caplog.records] == ["the console's doctor failed"]


def test_the_diagnosis_is_answered(start: Start) -> None:
    hub = Hub(Told())
    worker = Worker(hub, 4711)
    for _ in range(15):
        worker.stall()
    console = start(hub=hub)
    found = get(console, DOCTOR_PATH).json()
    assert set(found) == {"problem", "sentence", "evidence", "next_step", "severity"}
    assert (found["problem"], found["severity"]) == ("blocking_call", "warning")
    assert get(console, f"{DOCTOR_PATH}?worker=4711").json() == found
    assert get(console, f"{DOCTOR_PATH}?worker=1").status_code == 404
    assert get(console, f"{DOCTOR_PATH}?worker=x").status_code == 400
