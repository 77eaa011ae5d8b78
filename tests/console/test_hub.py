"""The hub: what a viewer is told, whenever it comes and however slow it is."""

from __future__ import annotations

import asyncio
import re
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clearway.console import hub as hub_module
from clearway.console.hub import MOST_VIEWERS, Hub, Viewer
from clearway.console.state import STALLS, State
from clearway.frames import Counts, Frame, Header, line_of, read_line
from tests.console.told import Told, Worker, loss, read, stall

RUN = Path(__file__).parents[2] / "docs" / "run.md"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr(hub_module, "LOOK_EVERY_US", 10**12)  # these are not about what the doctor says
    return Hub(Told())


class Clock:
    """Stands for `monotonic` in the hub."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(hub_module, "monotonic", clock)
    return clock


def entered(hub: Hub, *, replay: bool = False) -> Viewer:
    viewer = hub.enter(replay=replay)
    assert viewer is not None
    return viewer


def told(hub: Hub, viewer: Viewer) -> list[Header | Frame]:
    """All that there is for a viewer now."""
    lines = b""
    while piece := hub._piece(viewer):
        lines += piece
    return read(lines)


def frames(items: Iterable[Header | Frame]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


def state_of(items: Iterable[Header | Frame]) -> State:
    state = State()
    for item in items:
        state.take(item)
    return state


def names(state: State, pid: int = 1) -> tuple[list[str], list[str]]:
    return state.workers[pid].routes, state.workers[pid].calls


def test_every_line_reaches_who_looks_from_the_start(hub: Hub) -> None:
    viewer = entered(hub)
    worker = Worker(hub, 1)
    sent = [worker.tell(routes=["GET /"], calls=["app:root"]), worker.serve(3), worker.stall()]
    items = told(hub, viewer)
    assert isinstance(items[0], Header)
    assert items[1:] == sent


def test_a_late_viewer_knows_all_names_the_table_and_the_stalls(hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /a"], calls=["app:a"], table={"routes": []})
    worker.stall()
    worker.tell(routes=["GET /b"])
    viewer = entered(hub)
    header, first = told(hub, viewer)
    assert isinstance(header, Header)
    assert isinstance(first, Frame)
    assert (first.routes, first.calls, first.table) == (["GET /a", "GET /b"], ["app:a"], {"routes": []})
    assert [each["culprit"]["line"] for each in first.stalls] == [7]
    assert first.missed == 0
    later = worker.serve(2, route=1)
    assert told(hub, viewer) == [later], "from here on as they come"


def test_a_late_viewer_of_many_stalls_is_told_the_latest(hub: Hub) -> None:
    worker = Worker(hub, 1)
    for line in range(300):
        worker.stall(line)
    first = frames(told(hub, entered(hub)))[0]
    assert [each["culprit"]["line"] for each in first.stalls] == list(range(100, 300))


def test_replay_gives_the_held_lines_and_then_what_follows(hub: Hub) -> None:
    worker = Worker(hub, 1)
    sent = [worker.tell(routes=["GET /"]), worker.serve(1), worker.stall()]
    viewer = entered(hub, replay=True)
    assert told(hub, viewer)[1:] == sent
    assert told(hub, viewer) == []
    follows = worker.serve(1)
    assert told(hub, viewer) == [follows]


def test_replay_names_what_was_named_before_the_held_lines(hub: Hub, clock: Clock) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /a", "GET /b"], calls=["app:a"])
    clock.now += hub_module.HELD_S + 1
    worker.tell(routes=["GET /c"])
    items = told(hub, entered(hub, replay=True))
    assert len(items) == 3, "the header, the names of before, and the line that is held"
    assert names(state_of(items)) == (["GET /a", "GET /b", "GET /c"], ["app:a"])


def test_lines_are_held_for_a_time(hub: Hub, clock: Clock) -> None:
    worker = Worker(hub, 1)
    worker.serve(1)
    clock.now += hub_module.HELD_S + 1
    worker.tell()
    assert hub.stats()["held_lines"] == 1
    assert hub.stats()["let_go"] == 0, "they were held for as long as promised"


def test_lines_are_held_within_bytes_and_the_rest_counted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HELD_BYTES", 2000)
    worker = Worker(hub, 1)
    for _ in range(100):
        worker.tell(routes=["GET /" + "x" * 50])
    stats = hub.stats()
    assert stats["held_bytes"] <= 2000
    assert stats["held_lines"] + stats["let_go"] == 101


@pytest.mark.parametrize("stuck_s", [hub_module.LAG_S + 1, hub_module.HELD_S + 10])
def test_a_stuck_viewer_loses_frames_but_no_name_and_no_stall(hub: Hub, clock: Clock, stuck_s: float) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /a"])
    viewer = entered(hub)
    seen = told(hub, viewer)
    worker.stall(1)
    worker.tell(routes=["GET /b"], calls=["app:b"], losses=[loss(reason="killed")])
    clock.now += stuck_s
    worker.stall(2)
    items = told(hub, viewer)
    assert len(items) == 1, "one frame stands for those that were lost"
    (summary,) = frames(items)
    assert summary.missed == 3
    assert viewer.missed == hub.missed == 3
    state = state_of([*seen, *items])
    assert [each.what["culprit"]["line"] for each in state.stalls] == [1, 2]
    assert [each.what["reason"] for each in state.losses] == ["killed"]
    assert names(state) == (["GET /a", "GET /b"], ["app:b"])
    assert state.workers[1].missed == 3
    follows = worker.serve(1, route=1)
    assert told(hub, viewer) == [follows]


def test_a_viewer_that_is_a_little_late_loses_nothing(hub: Hub, clock: Clock) -> None:
    worker = Worker(hub, 1)
    viewer = entered(hub)
    told(hub, viewer)
    sent: list[Frame] = []
    for _ in range(20):
        clock.now += 0.2
        sent.append(worker.serve(1) if sent else worker.tell(routes=["GET /"]))
    assert frames(told(hub, viewer)) == sent
    assert hub.missed == 0


def test_a_viewer_that_is_many_bytes_behind_loses_frames(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LAG_BYTES", 1000)
    worker = Worker(hub, 1)
    viewer = entered(hub)
    told(hub, viewer)
    for _ in range(50):
        worker.tell(routes=["GET /" + "x" * 50])
    assert [frame.missed for frame in frames(told(hub, viewer))] == [50]


def test_a_slow_replay_is_no_lost_viewer_until_its_lines_are_gone(hub: Hub, clock: Clock) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"])
    for _ in range(5):
        worker.serve(1)
    patient, late = entered(hub, replay=True), entered(hub, replay=True)
    clock.now += hub_module.LAG_S * 2
    assert len(frames(told(hub, patient))) == 6
    clock.now += hub_module.HELD_S
    worker.stall(3)
    state = state_of(told(hub, late))
    assert names(state) == (["GET /"], [])
    assert state.stall_count == 1


def test_several_workers_are_told_in_one_stream_each_with_its_names(hub: Hub) -> None:
    one, two = Worker(hub, 1), Worker(hub, 2)
    one.tell(routes=["GET /a"])
    two.tell(routes=["GET /b", "GET /a"])
    one.serve(2, route=0)
    two.serve(3, route=1)
    for replay in (False, True):
        state = state_of(told(hub, entered(hub, replay=replay)))
        assert names(state, 1) == (["GET /a"], [])
        assert names(state, 2) == (["GET /b", "GET /a"], [])


def test_a_worker_that_has_gone_has_nothing_in_flight(hub: Hub) -> None:
    worker = Worker(hub, 1)
    viewer = entered(hub)
    worker.tell(in_flight=7)
    hub.gone(1)
    hub.gone(1)
    state = state_of(told(hub, viewer))
    assert state.workers[1].is_gone
    latest = state.workers[1].latest
    assert latest is not None
    assert latest.in_flight == 0
    assert latest.at_us >= 200_000
    worker.tell(in_flight=3)
    assert told(hub, viewer) == [], "and is heard no more"


def test_workers_that_went_long_ago_are_forgotten(hub: Hub, clock: Clock) -> None:
    for pid in range(1, 50):
        clock.now += 100
        worker = Worker(hub, pid, origin=1_800_000_000.0 + pid * 100)
        worker.tell(routes=["GET /"])
        hub.take(Frame(pid, worker.at_us + 1, gone=True))
    assert len(hub.state.workers) <= 3
    state_of(told(hub, entered(hub, replay=True)))


def test_a_process_id_that_is_used_again_is_another_worker(hub: Hub) -> None:
    Worker(hub, 1).tell(routes=["GET /old"], calls=["app:old"])
    hub.gone(1)
    Worker(hub, 1).tell(routes=["GET /new"])
    for replay in (False, True):
        assert names(state_of(told(hub, entered(hub, replay=replay)))) == (["GET /new"], [])


def test_frames_of_nobody_are_left_out(hub: Hub) -> None:
    viewer = entered(hub)
    hub.take(Frame(99, 1))
    assert told(hub, viewer) == []


def test_viewers_are_bounded(hub: Hub) -> None:
    viewers = [entered(hub) for _ in range(MOST_VIEWERS)]
    assert hub.enter(replay=False) is None
    hub.leave(viewers[0])
    assert hub.enter(replay=False) is not None


def test_who_looks_is_known(hub: Hub) -> None:
    changes: list[bool] = []
    hub.on_attention.append(lambda: changes.append(hub.is_watched))
    one, two = entered(hub), entered(hub)
    hub.leave(one)
    hub.leave(two)
    hub.listen(_ignore)
    hub.unlisten(_ignore)
    assert changes == [True, False, True, False]


def _ignore(item: Any, line: bytes) -> None: ...


def test_a_listener_has_every_line(hub: Hub) -> None:
    heard: list[tuple[Any, bytes]] = []
    hub.listen(lambda item, line: heard.append((item, line)))
    sent = Worker(hub, 1).tell(routes=["GET /"])
    assert [item for item, _ in heard][1:] == [sent]
    assert all(line == line_of(item) for item, line in heard)


def test_a_listener_that_fails_is_dropped(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    def broken(item: Any, line: bytes) -> None:
        raise OSError("disk full")

    hub.listen(broken)
    worker = Worker(hub, 1)
    worker.tell()
    assert not hub.is_watched
    assert [record.message for record in caplog.records] == ["a reader of the console's frames failed and is dropped"]


@pytest.mark.anyio
async def test_a_viewer_waits_for_news(hub: Hub) -> None:
    viewer = entered(hub)
    waiting = asyncio.create_task(hub.lines(viewer))
    await asyncio.sleep(0)
    assert not waiting.done()
    Worker(hub, 1)
    assert len(read(await waiting)) == 1


def test_recording_is_all_that_is_held(hub: Hub) -> None:
    worker = Worker(hub, 1)
    sent = [worker.tell(routes=["GET /"]), worker.stall()]
    assert read(b"".join(hub.held_lines()))[1:] == sent
    assert b"".join(Hub(Told()).held_lines()) == b""


def test_a_piece_is_bounded(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PIECE_BYTES", 500)
    worker = Worker(hub, 1)
    for _ in range(50):
        worker.tell(routes=["GET /" + "x" * 50])
    pieces = list(hub.held_lines())
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 1000
    assert len(frames(read(b"".join(pieces)))) == 50


def test_stalls_keep_their_content(hub: Hub) -> None:
    """Names of the app's are data: they come out as they went in, in one line."""
    hostile = "</script>\n\u2028\x00\"'"
    worker = Worker(hub, 1)
    worker.tell(routes=[hostile], stalls=[stall(file=hostile)])
    for replay in (False, True):
        frame = frames(told(hub, entered(hub, replay=replay)))[-1]
        assert frame.stalls[0]["culprit"]["file"] == hostile


@pytest.mark.once
def test_what_is_held_takes_no_more_memory_than_the_documentation_says(clock: Clock) -> None:
    """The worst that a worker can tell: in each frame stalls with all their victims, and every bucket."""
    stated = re.search(r"at most (\d+) MB of memory", RUN.read_text())
    assert stated is not None
    hub = Hub(Told())
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /a"])
    victims = [{"request": 1, "route": "GET /a", "waited_s": 0.1, "arrived_during": False} for _ in range(100)]
    told = {**stall(), "victims": victims, "victim_count": 100}
    line = line_of(Frame(1, 200_000, stalls=[told], counts=[Counts(0, 90, 1, 1, 1, [(b, 1) for b in range(90)])]))
    tracemalloc.start()
    try:
        for number in range(1000):
            clock.now += 0.1  # within two minutes: it is the bytes that are bounded
            item = read_line(line)
            assert isinstance(item, Frame)
            hub.take(structs.replace(item, at_us=200_000 * number), bytes(40_000))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert hub.stats()["let_go"] > 0, "it was full"
    assert len(hub.state.stalls) == STALLS
    assert taken < int(stated[1]) * 1_000_000
