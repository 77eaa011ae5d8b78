"""Frames of worker processes on their way to the parent, and what becomes of a worker that misbehaves or dies."""

from __future__ import annotations

import os
import select
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

import clearway
from clearway.console import workers as workers_module
from clearway.console.hub import Hub
from clearway.console.server import ConsoleServer
from clearway.console.workers import FrameSender, WorkerFrames
from clearway.frames import Frame, Header, line_of
from clearway.settings import Settings
from tests.console.conftest import Start, get
from tests.console.told import ORIGIN
from tests.runtime.serving import ask
from tests.served import PATIENCE_S, Served, until


@pytest.fixture
def frames() -> Iterator[WorkerFrames]:
    frames = WorkerFrames()
    yield frames
    frames.close()


@pytest.fixture
def hub(frames: WorkerFrames) -> Hub:
    return Hub(frames)


@pytest.fixture
def console(start: Start, hub: Hub) -> ConsoleServer:
    return start(hub=hub)


class Speaker:
    """A worker of this test's own, on the socket."""

    def __init__(self, frames: WorkerFrames, pid: int) -> None:
        self.pid = pid
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(frames.path)
        self.say(Header(pid, ORIGIN, "app", {}, 20.0))

    def say(self, item: Header | Frame) -> None:
        self.socket.sendall(line_of(item) + b"\n")


@pytest.fixture
def runtime() -> Iterator[clearway.Runtime]:
    app = FastAPI()

    @app.get("/items/{id}")
    async def item(id: str) -> None: ...

    runtime = clearway.install(app, settings=Settings())
    yield runtime
    runtime.uninstall()


def test_the_socket_is_this_users_alone(frames: WorkerFrames) -> None:
    folder = Path(frames.path).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    frames.close()
    assert not folder.exists()


def test_a_long_temporary_folder_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    frames = WorkerFrames()
    assert len(frames.path) < 108
    frames.close()


@pytest.mark.usefixtures("console")
def test_a_worker_is_heard_until_it_dies(frames: WorkerFrames, hub: Hub) -> None:
    speaker = Speaker(frames, 7)
    speaker.say(Frame(7, 1000, routes=["GET /"], in_flight=3))
    until(lambda: 7 in hub.state.workers and hub.state.workers[7].latest is not None, "the frame")
    speaker.socket.close()
    until(lambda: hub.state.workers[7].is_gone, "its end")
    latest = hub.state.workers[7].latest
    assert latest is not None
    assert latest.in_flight == 0


@pytest.mark.usefixtures("console")
@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b'{"type":"frame","worker":8,"at_us":1}\n',
        b"\xff\x00\n",
        b"[" * 100_000 + b"\n",
        b"x" * 3_000_000,
    ],
    ids=["nonsense", "of-another", "bytes", "deep", "endless"],
)
def test_a_worker_that_cannot_be_understood_is_left_out(
    frames: WorkerFrames, hub: Hub, line: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = Speaker(frames, 6)
    bad = Speaker(frames, 7)
    until(lambda: len(hub.state.workers) == 2, "both")
    try:
        bad.socket.sendall(line)
        while len(line) > 1_000_000:
            bad.socket.sendall(line)
    except OSError:
        assert len(line) > 1_000_000, "it was cut off while it spoke"
    until(lambda: hub.state.workers[7].is_gone, "its end")
    assert [record.message.partition(",")[0] for record in caplog.records] == ["a worker's frames cannot be read"]
    good.say(Frame(6, 1000, routes=["GET /"]))
    until(lambda: hub.state.workers[6].routes, "the other goes on")
    good.socket.close()
    bad.socket.close()


def test_workers_are_told_whether_somebody_looks(console: ConsoleServer, frames: WorkerFrames, hub: Hub) -> None:
    speaker = Speaker(frames, 7)
    assert speaker.socket.recv(1) == b"0"
    with socket.create_connection(("127.0.0.1", console.port), PATIENCE_S) as viewer:
        viewer.sendall(b"GET /__clearway__/frames HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert speaker.socket.recv(1) == b"1"
    assert speaker.socket.recv(1) == b"0"
    speaker.socket.close()


def test_a_sender_tells_what_its_runtime_does(
    console: ConsoleServer, frames: WorkerFrames, hub: Hub, runtime: clearway.Runtime
) -> None:
    sender = FrameSender(runtime, "app", frames.path)
    sender.start()
    ask(runtime.app, "/items/5?secret=query")
    state = until(lambda: hub.state.workers.get(os.getpid()), "the header")
    until(lambda: sum(counts.requests for tick in state.ticks for counts in tick.counts) == 1, "the request")
    snapshot = get(console, f"/__clearway__/snapshot?worker={os.getpid()}").json()
    assert any(row["route"] == "GET /items/{id}" for row in snapshot["routes"])
    assert get(console).json()["workers"][0]["worker"] == os.getpid()
    sender.stop()
    until(lambda: state.is_gone, "the end")
    assert get(console).status_code == 503
    assert get(console).json() == {"error": "no worker serves just now"}


def test_a_sender_whose_parent_has_gone_ends(runtime: clearway.Runtime) -> None:
    frames = WorkerFrames()
    sender = FrameSender(runtime, "app", frames.path)
    sender.start()
    frames.close()
    sender._thread.join(PATIENCE_S)
    assert not sender._thread.is_alive()
    sender.stop()


def test_a_parent_that_does_not_read_keeps_no_worker_from_stopping(
    frames: WorkerFrames, runtime: clearway.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "REST_S", 0.0)
    sender = FrameSender(runtime, "app", frames.path)
    sender.start()
    until(lambda: not select.select([], [sender._socket], [], 0)[1], "its socket is full")
    sender.stop()
    assert not sender._thread.is_alive()


APP = """
import os, asyncio
from fastapi import FastAPI
app = FastAPI()
@app.get("/pid")
async def pid(): return os.getpid()
@app.get("/wait")
async def wait(): await asyncio.sleep(3600)
"""


@pytest.fixture
def viewer() -> Iterator[Callable[[Served], Stream]]:
    streams: list[Stream] = []

    def look(served: Served) -> Stream:
        streams.append(Stream(served.console))
        return streams[-1]

    yield look
    for stream in streams:
        stream.close()


class Stream:
    """Reads a console's frames in a thread, into a list."""

    def __init__(self, console: str) -> None:
        self.items: list[Header | Frame] = []
        self._client = httpx.Client(verify=False, trust_env=False, timeout=PATIENCE_S)
        self._thread = threading.Thread(target=self._read, args=(f"{console}__clearway__/frames",), daemon=True)
        self._thread.start()

    def _read(self, url: str) -> None:
        from clearway.frames import read_line

        try:
            with self._client.stream("GET", url) as response:
                for line in response.iter_lines():
                    self.items.append(read_line(line.encode()))
        except httpx.HTTPError:
            return

    def frames_of(self, pid: int) -> list[Frame]:
        return [item for item in list(self.items) if isinstance(item, Frame) and item.worker == pid]

    def has_here(self, pid: int, route: str) -> bool:
        """Whether a request of this route has been in flight there."""
        frames = self.frames_of(pid)
        names = [name for frame in frames for name in frame.routes]
        return any(names[request.route] == route for frame in frames for request in frame.here)

    @property
    def workers(self) -> set[int]:
        return {item.worker for item in list(self.items) if isinstance(item, Header)}

    def close(self) -> None:
        self._thread.join(PATIENCE_S)
        self._client.close()


Look = Callable[[Served], Stream]


@pytest.mark.once
def test_several_workers_are_one_console(serve: Callable[..., Served], viewer: Look) -> None:
    served = serve(APP, "--workers", "2")
    workers = served.workers(2)
    look = viewer(served)
    for _ in range(10):
        served.get("/pid")
    until(lambda: look.workers == workers, "both workers in the stream")
    until(lambda: served.snapshot()["requests"]["total"] == 10, "the sum of both")
    alone = [served.snapshot(pid)["requests"]["total"] for pid in workers]
    assert sum(alone) == 10
    until(lambda: counted(served, "clearway_requests_total") == 10, "the sum in the metrics")
    assert "there are" in served.snapshot(1)["error"]

    served.start_get("/wait")
    busy = until(lambda: next((pid for pid in workers if look.has_here(pid, "GET /wait")), None), "who serves it")
    os.kill(busy, 9)
    until(lambda: any(frame.gone for frame in look.frames_of(busy)), "the worker has gone")
    assert look.frames_of(busy)[-1].in_flight == 0
    until(lambda: counted(served, "clearway_gone_workers_total") == 1, "its end in the metrics")
    assert counted(served, "clearway_requests_total") == 10, "no count falls back"

    until(lambda: len(look.workers) == 3, "and another has come")
    until(lambda: counted(served, "clearway_workers") == 2, "in the metrics, too")
    served.get("/pid")
    until(lambda: counted(served, "clearway_requests_total") == 11, "counted on")
    assert served.stop() == 0
    assert served.err == []


def counted(served: Served, name: str) -> float:
    """A metric, over all its labels. Workers have numbers there, which are used again."""
    text = httpx.get(f"{served.console}metrics", timeout=PATIENCE_S, trust_env=False).text
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert {sample.labels["worker"] for sample in found if "worker" in sample.labels} <= {"0", "1"}
    return sum(sample.value for sample in found if sample.name == name)


@pytest.mark.once
def test_viewers_go_on_when_the_app_is_reloaded(serve: Callable[..., Served], viewer: Look, tmp_path: Path) -> None:
    served = serve(APP, "--reload")
    look = viewer(served)
    (first,) = until(lambda: look.workers, "the first child")
    until(lambda: "inotify" in " ".join(_files(served.process.pid)), "the watcher")
    (tmp_path / "app.py").write_text(APP.replace("/pid", "/other"))
    second = until(lambda: look.workers - {first}, "the second child").pop()
    until(lambda: look.frames_of(second), "its frames")
    assert look.frames_of(first)[-1].gone
    until(lambda: any(row["route"] == "GET /other" for row in served.snapshot().get("routes", ())), "the new routes")
    assert len({line for line in served.out if line.startswith("console")}) == 1, "its address has stayed"
    assert served.stop() == 0


def _files(pid: int) -> list[str]:
    folder = f"/proc/{pid}/fd"
    return [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
