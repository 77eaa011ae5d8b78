"""The console's answers: its page, its stream, source lines, a recording."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from clearway.console import app as app_module
from clearway.console.app import ASSETS, FRAMES_PATH
from clearway.console.hub import MOST_VIEWERS, Hub
from clearway.console.server import ConsoleServer
from clearway.console.state import State
from clearway.frames import Frame, Header, read_line
from tests.console.conftest import Start, get
from tests.console.told import Told, Worker, read, stall
from tests.served import PATIENCE_S, until


@pytest.fixture
def hub() -> Hub:
    return Hub(Told())


@contextmanager
def stream(console: ConsoleServer, query: str = "") -> Iterator[Iterator[Header | Frame]]:
    """The items of the console's stream, as they come."""
    with (
        httpx.Client(verify=False, trust_env=False, timeout=PATIENCE_S) as client,
        client.stream("GET", f"http://127.0.0.1:{console.port}{FRAMES_PATH}{query}") as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/x-ndjson"
        yield (read_line(line.encode()) for line in response.iter_lines())


def on_console(console: ConsoleServer, work: object) -> None:
    """Run something on the console's loop, where the hub lives, and wait for it."""
    assert callable(work)
    server = console._server
    assert server is not None
    loop = until(lambda: server._loop, "the console's loop")
    done = threading.Event()
    loop.call_soon_threadsafe(work)
    loop.call_soon_threadsafe(done.set)
    assert done.wait(PATIENCE_S)


@pytest.fixture
def page(tmp_path: Path) -> None:
    """A page as the build leaves it; `start` serves it."""
    folder = tmp_path / "web_assets/assets"
    folder.mkdir(parents=True)
    (folder.parent / "index.html").write_text("<title>Clearway</title>")
    (folder / "index-1a2b3c.js").write_text("hello()")
    (folder / "index-1a2b3c.css").write_text("b {}")
    (tmp_path / "secret.txt").write_text("secret")


@pytest.mark.usefixtures("page")
def test_the_page_and_its_assets(start: Start) -> None:
    console = start()
    response = get(console, "/?token=x")
    assert response.text == "<title>Clearway</title>"
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-store"
    script = get(console, "/assets/index-1a2b3c.js")
    assert script.text == "hello()"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"], "its name says what is in it"
    assert get(console, "/assets/index-1a2b3c.css").headers["content-type"].startswith("text/css")


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    "path",
    [
        *("/assets/../index.html", "/assets/..%2findex.html", "/assets/%2e%2e/%2e%2e/secret.txt", "/assets/"),
        *("/assets//etc/passwd", "/assets/%2Fetc%2Fpasswd", "/assets/..\\secret.txt", "/assets/%00", "/assets/no.js"),
    ],
)
def test_nothing_else_is_served_from_the_disk(start: Start, path: str) -> None:
    console = start()
    with socket.create_connection(("127.0.0.1", console.port), PATIENCE_S) as asking:  # a client would tidy the path
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert asking.recv(65536).startswith(b"HTTP/1.1 404")


def test_a_page_that_was_not_built_says_how(start: Start) -> None:
    response = get(start(), "/")
    assert response.status_code == 503
    assert "npm run build" in response.text
    assert response.headers["content-type"].startswith("text/plain")


def test_a_stream_begins_with_what_is_and_goes_on_with_what_happens(start: Start, hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"])
    console = start(hub=hub)
    with stream(console) as items:
        assert isinstance(next(items), Header)
        first = next(items)
        assert isinstance(first, Frame)
        assert first.routes == ["GET /"]
        on_console(console, lambda: worker.serve(3))
        second = next(items)
        assert isinstance(second, Frame)
        assert second.counts[0].requests == 3


def test_since_0_begins_with_what_is_held(start: Start, hub: Hub) -> None:
    worker = Worker(hub, 1)
    sent = [worker.tell(routes=["GET /"]), worker.serve(1), worker.stall()]
    with stream(start(hub=hub), "?since=0") as items:
        assert [next(items) for _ in range(4)][1:] == sent


def test_other_moments_are_refused(console: ConsoleServer) -> None:
    assert get(console, f"{FRAMES_PATH}?since=5").status_code == 400


def test_head_of_a_stream_ends(console: ConsoleServer) -> None:
    assert get(console, FRAMES_PATH, method="HEAD").status_code == 200


def test_who_leaves_is_a_viewer_no_more(start: Start, hub: Hub) -> None:
    Worker(hub, 1)
    console = start(hub=hub)
    with stream(console) as items:
        next(items)
        assert hub.is_watched
    until(lambda: not hub.is_watched, "the viewer has left")


def test_too_many_viewers_are_told_so_and_the_rest_go_on(start: Start, hub: Hub) -> None:
    worker = Worker(hub, 1)
    console = start(hub=hub)
    viewers = [socket.create_connection(("127.0.0.1", console.port), PATIENCE_S) for _ in range(MOST_VIEWERS)]
    for viewer in viewers:
        viewer.sendall(f"GET {FRAMES_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert viewer.recv(65536).startswith(b"HTTP/1.1 200")
    refusal = get(console, FRAMES_PATH)
    assert refusal.status_code == 503
    assert "too many" in refusal.json()["error"]
    on_console(console, lambda: worker.tell(routes=["GET /still"]))
    for viewer in viewers:
        told = b""
        while b"GET /still" not in told:
            told += viewer.recv(65536)
        viewer.close()
    until(lambda: get(console, FRAMES_PATH, method="HEAD").status_code == 200 and not hub.is_watched, "all have left")


def test_a_viewer_that_reads_nothing_costs_nothing_and_misses_no_stall(start: Start, hub: Hub) -> None:
    """What its socket does not take is not kept for it; when it reads again, it is told what it has to know."""
    worker = Worker(hub, 1)
    console = start(hub=hub)
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", console.port))
    stuck.settimeout(PATIENCE_S)
    stuck.sendall(f"GET {FRAMES_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    until(lambda: hub.is_watched, "the viewer")

    def tell_much() -> None:
        for number in range(40):
            worker.tell(table={"text": "x" * 1_000_000}, stalls=[stall(line=number)])

    on_console(console, tell_much)
    assert hub.stats()["held_bytes"] < 17 << 20
    stalls: list[int] = []
    missed = 0
    for item in _items(stuck):
        if isinstance(item, Frame):
            stalls += [each["culprit"]["line"] for each in item.stalls]
            missed += item.missed
        if len(stalls) >= 40:
            break
    stuck.close()
    assert stalls == list(range(40))
    assert 0 < missed == hub.missed


def _items(connection: socket.socket) -> Iterator[Header | Frame]:
    """Of a chunked answer, read byte by byte from a socket."""
    file = connection.makefile("rb")
    while file.readline() != b"\r\n":
        pass
    rest = b""
    while size := int(file.readline(), 16):
        rest += file.read(size)
        file.readline()
        *lines, rest = rest.split(b"\n")
        yield from map(read_line, lines)


def test_a_viewer_that_takes_nothing_for_long_is_let_go(
    start: Start, hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app_module, "STUCK_S", 0.05)
    worker = Worker(hub, 1)
    console = start(hub=hub)
    with socket.create_connection(("127.0.0.1", console.port)) as stuck:
        stuck.sendall(f"GET {FRAMES_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        until(lambda: hub.is_watched, "the viewer")
        for _ in range(3):
            on_console(console, lambda: worker.tell(table={"text": "x" * 8_000_000}))
        until(lambda: not hub.is_watched, "it is let go")
    assert caplog.records == []


def test_a_console_that_stops_ends_its_streams(start: Start, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    Worker(hub, 1)
    console = start(hub=hub)
    with stream(console) as items:
        next(items)
        console.stop()
        assert all(isinstance(item, Header | Frame) for item in items), "and then it is over"
    assert console._thread is not None
    assert not console._thread.is_alive()
    assert caplog.records == []


def test_recording_is_a_file_that_a_state_can_read(start: Start, hub: Hub) -> None:
    worker = Worker(hub, 1)
    worker.tell(routes=["GET /"])
    worker.stall()
    response = get(start(hub=hub), "/__clearway__/recording")
    assert response.headers["content-disposition"].startswith('attachment; filename="clearway-')
    state = State()
    for item in read(response.content):
        state.take(item)
    assert state.stall_count == 1
    assert [route.route for route in state.routes()] == ["GET /"]


def test_source_lines_of_a_stall(start: Start, hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_text("".join(f"line {number}\n" for number in range(1, 101)))
    Worker(hub, 1).stall(50, str(file))
    console = start(hub=hub)
    shown = get(console, f"/__clearway__/source?file={file}&line=50").json()
    assert (shown["file"], shown["first"]) == (str(file), 40)
    assert shown["lines"] == [f"line {number}" for number in range(40, 61)]
    assert get(console, f"/__clearway__/source?file={file}&line=51").status_code == 404


@pytest.mark.parametrize("query", ["", "?file=/etc/passwd", "?file=/etc/passwd&line=x", "?file=a&line=-1"])
def test_source_without_a_line_is_refused(console: ConsoleServer, query: str) -> None:
    assert get(console, f"/__clearway__/source{query}").status_code == 400


def test_snapshot_of_a_worker_that_is_none(console: ConsoleServer) -> None:
    assert get(console, "/__clearway__/snapshot?worker=x").status_code == 400


def test_assets_lie_in_the_package() -> None:
    import clearway

    assert ASSETS.parent == Path(clearway.__file__).parent
