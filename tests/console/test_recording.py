"""Recordings: what is written of a hub's lines, how much of it, and what is read again."""

from __future__ import annotations

import errno
import gzip
import os
import threading
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from clearway.console import hub as hub_module
from clearway.console import recorder as recorder_module
from clearway.console.hub import Hub
from clearway.console.recorder import FileRecorder
from clearway.console.recording import read, replay
from clearway.frames import Frame, FrameError, Header, RequestPart, line_of
from clearway.model import ClearwayError
from tests.console.told import ORIGIN, Told, Worker
from tests.served import PATIENCE_S, Served, until

Serve = Callable[..., Served]
Record = Callable[..., FileRecorder]

APP = """
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/bad")
async def bad():
    time.sleep(0.3)
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr(hub_module, "LOOK_EVERY_US", 10**12)  # these are not about what the doctor says
    return Hub(Told())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clearway.ndjson"


@pytest.fixture
def told() -> list[str]:
    """What a recorder says when it cannot go on."""
    return []


@pytest.fixture
def record(hub: Hub, file: Path, told: list[str]) -> Iterator[Record]:
    """`record(limit_mb)`: a recorder of the hub, ended after the test."""
    started: list[FileRecorder] = []

    def record(limit_mb: int = 8) -> FileRecorder:
        recorder = FileRecorder(file, limit_mb, told.append)
        recorder.start(hub)
        started.append(recorder)
        return recorder

    yield record
    for recorder in started:
        recorder.stop()


def frames(path: Path) -> list[Frame]:
    return [item for item in read(path) if isinstance(item, Frame)]


def size_of(*files: Path) -> int:
    return sum(file.stat().st_size for file in files if file.exists())


# Writing


def test_what_a_hub_hears_is_read_again(hub: Hub, file: Path, record: Record) -> None:
    recorder = record()
    first, second = Worker(hub, 1), Worker(hub, 2, ORIGIN + 1)
    sent = [first.tell(routes=["GET /"]), first.serve(3), second.tell(routes=["GET /b"]), second.stall()]
    said = recorder.stop()
    assert frames(file) == sent
    state = replay(file)
    assert state.stall_count == 1
    assert {route.route: route.requests for route in state.routes()} == {"GET /": 3, "GET /b": 0}
    assert str(file) in said
    assert "missed" not in said


def test_lines_are_in_the_file_while_it_is_written(hub: Hub, file: Path, record: Record) -> None:
    record()
    Worker(hub, 1).tell(routes=["GET /"])
    until(lambda: file.stat().st_size, "lines without a stop")
    assert frames(file)[0].routes == ["GET /"]


def test_both_files_stay_below_the_limit_and_each_can_be_read_alone(
    hub: Hub, file: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MB", 10_000)
    recorder = record(8)
    worker, other = Worker(hub, 1), Worker(hub, 2)
    worker.tell(routes=["GET /", "GET /late"], calls=["app:index"])
    other.tell(routes=["GET /other"])
    older = file.with_name("clearway.ndjson.1")
    for number in range(300):
        worker.tell(requests=[RequestPart(number * 30 + each, 1, 5, 9) for each in range(30)])
        if number % 10 == 0:
            recorder._write(recorder._queue.taken())
            assert size_of(file, older) <= 80_000
    recorder.stop()
    assert size_of(file, older) <= 80_000 < recorder.written
    kept: list[int] = []
    for each in (older, file):
        state = replay(each)
        assert state.workers[1].routes == ["GET /", "GET /late"]
        assert state.workers[1].calls == ["app:index"]
        assert state.workers[2].routes == ["GET /other"]
        kept += [request.request for frame in frames(each) for request in frame.requests]
    assert kept == list(range(kept[0], 9000)), "what is kept is the latest, without a gap"


def test_a_disk_that_stands_still_costs_frames_but_no_stall_and_no_name(
    hub: Hub, file: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "WAITING_BYTES", 2000)
    may_write = threading.Event()

    class Slow(FileIO):
        def write(self, data: Any) -> int:
            assert may_write.wait(PATIENCE_S)
            return super().write(data)

    monkeypatch.setattr(FileRecorder, "_opened", lambda self: Slow(self.path, "wb"))
    recorder = record()
    worker = Worker(hub, 1)
    for number in range(50):
        worker.tell(routes=[f"GET /{number}"])
        worker.serve(1, route=number)
    worker.stall()
    may_write.set()
    said = recorder.stop()
    state = replay(file)
    assert state.workers[1].routes == [f"GET /{number}" for number in range(50)]
    assert state.stall_count == 1
    assert 0 < recorder.missed == state.workers[1].missed
    assert f"{recorder.missed} frames missed" in said


def test_a_line_without_room_is_left_out_but_its_names_are_not(
    hub: Hub, file: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MB", 1000)
    recorder = record(8)
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"], table={"text": "x" * 5000})
    worker.serve(2)
    recorder.stop()
    assert recorder.missed == 1
    assert [route.requests for route in replay(file).routes()] == [2]


def test_a_full_disk_ends_the_recording_with_one_line_and_nothing_else(
    hub: Hub, file: Path, record: Record, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(FileIO):
        def write(self, data: Any) -> int:
            if self.tell() > 200:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(bytes(data)[:100])

    monkeypatch.setattr(FileRecorder, "_opened", lambda self: Full(self.path, "wb"))
    record()
    worker = Worker(hub, 1)
    for _ in range(20):
        worker.tell(routes=["GET /"])
    until(lambda: told, "the line")
    worker.tell()
    assert not hub.is_watched, "and costs nothing any more"
    assert told == [f"recording ends: {file}: No space left on device; the service goes on"]
    assert frames(file), "what was written until then can be read"


def test_what_an_earlier_run_has_recorded_is_kept(hub: Hub, file: Path, record: Record) -> None:
    file.write_bytes(line_of(Header(9, ORIGIN, "before", {}, 20.0)) + b"\n" + line_of(Frame(9, 1)) + b"\n")
    recorder = record()
    Worker(hub, 1).tell()
    recorder.stop()
    assert [frame.worker for frame in frames(file)] == [1]
    assert [frame.worker for frame in frames(file.with_name("clearway.ndjson.1"))] == [9]


@pytest.mark.parametrize("name", ["clearway.ndjson", "clearway.ndjson.1"])
def test_what_is_no_recording_is_not_replaced(file: Path, name: str) -> None:
    other = file.with_name(name)
    other.write_text("import os\n")
    with pytest.raises(ClearwayError, match="is there and is no recording; choose another name"):
        FileRecorder(file, 8, print)
    assert other.read_text() == "import os\n"


def test_two_processes_do_not_record_to_one_file(file: Path, record: Record) -> None:
    record()
    with pytest.raises(ClearwayError, match="another process records to"):
        FileRecorder(file, 8, print)


def test_an_earlier_recording_that_alone_is_too_large_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MB", 10)
    file.write_bytes(line_of(Header(9, ORIGIN, "before", {}, 20.0)) + b"\n")
    with pytest.raises(ClearwayError, match="more than half of the limit"):
        FileRecorder(file, 8, print)


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClearwayError, match=r"--record .*: No such file or directory"):
        FileRecorder(tmp_path / "none" / "x.ndjson", 8, print)
    with pytest.raises(ClearwayError, match="is no file"):
        FileRecorder(tmp_path, 8, print)


# Reading

HEADER = line_of(Header(1, ORIGIN, "app", {}, 20.0)) + b"\n"
FRAME = line_of(Frame(1, 200_000, routes=["GET /"])) + b"\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this file is empty"),
        (b"\n", "this file is empty"),
        (b"#!/bin/sh\n", "this is no line of a recording"),
        (b"\x89PNG\r\n", "this is no line of a recording"),
        (b"\x1f\x8bnot gzip", "line 1: Unknown compression method"),
        (FRAME, "its first line is not a header"),
        (HEADER, "ends before its first frame"),
        (b'{"type":"header","schema":"clearway.frames/0"}\n', "clearway.frames/0.*use the Clearway that made it"),
        (HEADER + b'{"type":"frame"}\n' + FRAME, "line 2: a frame is broken"),
        (HEADER + FRAME + b"{\n\n" + FRAME, "line 3: this is no line"),
        (
            HEADER + FRAME + b'{"type":"frame","worker":1,"at_us":1,"stalls":[{}]}\n',
            "line 3: .*a stall is none: ",
        ),
        (
            HEADER + FRAME + b'{"type":"frame","worker":1,"at_us":1,"losses":[{}]}\n',
            "line 3: .*a loss is none: ",
        ),
        (HEADER + b'{"type":"frame","worker":1,"at_us":9999999999999999999}\n', "line 2: a frame is broken: .*at_us"),
        (
            HEADER + b'{"type":"frame","worker":1,"at_us":1,"counts":[[0,1,1,1,1,[[9999,1]]]]}\n',
            ".*<= 1024",
        ),
    ],
)
def test_what_is_no_recording_says_so(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    with pytest.raises(FrameError, match=f"^{file}: (.*){message}"):
        replay(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="no such file"):
        read(tmp_path / "none")


def test_a_last_line_that_is_cut_off_is_counted(file: Path) -> None:
    file.write_bytes(HEADER + FRAME + FRAME[:20])
    recording = read(file)
    assert len(list(recording)) == 2
    assert recording.cut_off == 1


def test_a_packed_recording_is_read_as_far_as_it_goes(file: Path) -> None:
    packed = gzip.compress(HEADER + FRAME)
    file.write_bytes(packed)
    assert len(list(read(file))) == 2
    file.write_bytes(packed[:-8])
    recording = read(file)
    assert len(list(recording)) == 2
    assert recording.cut_off == 1


# The command


@pytest.mark.once
def test_run_records_until_it_is_killed(serve: Serve, file: Path) -> None:
    served = serve(APP, "--record", str(file))
    served.get("/bad")
    until(lambda: file.stat().st_size and b"time.sleep" in file.read_bytes(), "the stall in the file")
    served.kill()
    state = replay(file)
    assert "GET /bad" in [stall.what["route"] for stall in state.stalls], "beside what a busy machine adds"


@pytest.mark.once
def test_workers_are_recorded_into_one_file(serve: Serve, file: Path) -> None:
    served = serve(APP, "--workers", "2", "--record", str(file))
    pids = served.workers(2)
    assert served.stop() == 0
    assert set(replay(file).workers) == pids
    assert sum(f"in {file}" in line for line in served.out) == 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--record", "none/x.ndjson"], "--record none/x.ndjson: No such file or directory; choose a place"),
        (["--record", "x", "--no-console"], "--record writes what the console hears; drop --no-console"),
        (["--record", "x", "--record-limit", "0"], "--record-limit 0: at least 8 MB"),
        (["--record", "none/x.ndjson", "--workers", "2"], "--record none/x.ndjson: No such file or directory"),
    ],
)
def test_what_cannot_be_recorded_is_one_line_and_code_2(serve: Serve, options: list[str], message: str) -> None:
    served = serve(APP, *options)
    assert served.wait() == 2
    assert len(served.err) == 1
    assert served.err[0].startswith(f"clearway: {message}")
