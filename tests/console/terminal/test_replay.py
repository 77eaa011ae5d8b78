"""Recordings: read up to what is broken, and played forwards and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.console.terminal.replay import Replay, read_recording
from clearway.frames import FrameError
from tests.console.terminal.streams import Stream, small


class Clock:
    """Stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replay(tmp_path: Path, clock: Clock) -> Replay:
    """Seven frames, one every 200 ms."""
    return Replay(read_recording(small().write(tmp_path / "r")), clock)


def test_a_recording_opens_at_its_end(replay: Replay) -> None:
    assert replay.seen.state.at_us == 1_600_000
    assert (replay.start_us, replay.end_us, replay.is_at_end) == (200_000, 1_600_000, True)
    assert not replay.pull()


def test_a_broken_end_is_said_and_what_stands_before_it_is_shown(tmp_path: Path) -> None:
    path = small().write(tmp_path / "r")
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    recording = read_recording(path)
    assert recording.broken is not None
    assert "line 9" in recording.broken
    assert len(recording.lines) == 8
    assert Replay(recording).seen.state.at_us == 1_400_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\n", "no line of a recording"),
        (b"\x00\xff" * 50, "no line of a recording"),
        (b'{"type":"header","schema":"clearway.frames/9"}\n', "'clearway.frames/9'"),
        (b'{"type":"frame","worker":1,"at_us":1}\n', "first line is not a header"),
        (b"[" * 100_000, "no line of a recording"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "r"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=message) as refused:
        read_recording(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_header_alone_and_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    stream = Stream()
    stream.worker(11)
    with pytest.raises(FrameError, match="ends before its first frame"):
        read_recording(stream.write(tmp_path / "r"))
    with pytest.raises(FrameError, match="is a directory"):
        read_recording(tmp_path)
    with pytest.raises(FrameError, match="no such file or directory; give a recording"):
        read_recording(tmp_path / "nowhere")


def test_it_plays_as_fast_as_it_is_told_and_stops_at_the_end(replay: Replay, clock: Clock) -> None:
    replay.toggle()  # at the end: from the start
    assert replay.is_playing
    assert replay.seen.state.at_us == 200_000
    clock.now += 0.4
    assert replay.pull()
    assert replay.seen.state.at_us == 600_000
    replay.faster(1)
    clock.now += 0.2
    replay.pull()
    assert replay.seen.state.at_us == 1_000_000
    replay.toggle()
    clock.now += 60
    assert not replay.pull()
    assert replay.seen.state.at_us == 1_000_000
    replay.toggle()
    clock.now += 60
    replay.pull()
    assert (replay.is_playing, replay.is_at_end) == (False, True)


def test_speed_has_an_end_at_both_sides(replay: Replay) -> None:
    replay.faster(-9)
    assert replay.speed == 0.25
    for _ in range(9):
        replay.faster(1)
    assert replay.speed == 32


def test_steps_go_frame_by_frame(replay: Replay) -> None:
    times = []
    for by in (-1, -1, 1, 1, 1):
        replay.step(by)
        times.append(replay.seen.state.at_us)
    assert times == [1_400_000, 1_200_000, 1_400_000, 1_600_000, 1_600_000]
    replay.seek(replay.start_us)
    replay.step(-1)
    assert replay.seen.state.at_us == 200_000


def test_back_and_forth_is_the_same_as_reading_so_far(replay: Replay) -> None:
    for at_us in (1_300_000, 700_000, 1_600_000, 0, 9e12):
        replay.seek(at_us)
        fresh = Replay(replay.recording)
        fresh.seek(0)
        fresh.seek(at_us)
        assert fresh.seen.state.routes() == replay.seen.state.routes()
        assert len(fresh.seen.stalls) == len(replay.seen.stalls) == (1 if at_us >= 1_400_000 else 0)
    replay.move(-1)
    assert replay.at_us == 600_000


def test_workers_have_clocks_of_their_own(tmp_path: Path) -> None:
    stream = Stream()
    one = stream.worker(11)
    one.tell()
    two = stream.worker(12, origin=one.hub.state.workers[11].header.origin + 10)
    two.tell()
    one.tell()
    recording = read_recording(stream.write(tmp_path / "r"))
    assert [line.at_us for line in recording.lines] == [0, 200_000, 200_000, 10_200_000, 10_200_000]
