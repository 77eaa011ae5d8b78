"""A console that is followed: connected, refused, lost and found again."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from clearway.console.hub import MOST_VIEWERS
from clearway.console.server import ConsoleServer
from clearway.console.terminal.connection import ConsoleAddress, Unreachable, connect
from clearway.console.terminal.live import Live
from clearway.model import ClearwayError
from tests.console.conftest import Start
from tests.console.terminal.streams import Stream, small
from tests.served import until


def address(console: ConsoleServer, token: str | None = None) -> ConsoleAddress:
    return ConsoleAddress.read(console.url, token)


@contextmanager
def following(console: ConsoleServer) -> Iterator[Live]:
    live = Live(address(console))
    try:
        yield live
    finally:
        live.stop()
        assert not live._thread.is_alive()


def comes(live: Live, what: Callable[[], object]) -> None:
    """Take in what comes until it is there."""

    def seen() -> bool:
        live.pull()
        return bool(what())

    until(seen, "what the console tells")


def test_what_the_console_still_holds_is_told_first(start: Start) -> None:
    console = start(hub=small().hub)
    with following(console) as live:
        comes(live, lambda: live.seen.losses)
        assert live.link.is_live
        assert (live.seen.state.at_us, len(live.seen.stalls)) == (1_600_000, 1)
        assert live.seen.state.workers[11].routes == ["GET /a", "GET /bad"]


def test_a_console_that_goes_is_said_and_found_again(start: Start) -> None:
    console = start(hub=small().hub)
    with following(console) as live:
        comes(live, lambda: live.seen.losses)
        console.stop()
        comes(live, lambda: not live.link.is_live)
        assert live.link.retry_s is not None
        assert live.seen.losses, "what was seen stays on the screen"
        again = Stream()
        again.worker(12).tell(routes=["GET /new"])
        anew = ConsoleServer(again.hub, "127.0.0.1", console.port)
        anew.start()
        try:
            comes(live, lambda: live.link.is_live and live.seen.state.at_us)
            assert list(live.seen.state.workers) == [12]
        finally:
            anew.stop()


def test_nobody_at_home(start: Start) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"^nothing answers at {url}; start the app with `clearway run`, or give"):
        Live(ConsoleAddress.read(url))


def test_a_token_is_asked_for_and_given(start: Start) -> None:
    console = start(token="secret", hub=small().hub)
    with pytest.raises(ClearwayError, match="wants a token: use --token, or set CLEARWAY_CONSOLE_TOKEN"):
        connect(address(console))
    with pytest.raises(ClearwayError, match="wants another token"):
        connect(address(console, "guess"))
    for known in (address(console, "secret"), ConsoleAddress.read(f"{console.url}/?token=secret")):
        assert "secret" not in str(known)
        connection = connect(known)
        assert next(connection.lines()).startswith(b'{"type":"header"')
        connection.close()


def test_a_console_that_is_full_says_so(start: Start) -> None:
    console = start(hub=small().hub)
    open_ones = [connect(address(console)) for _ in range(MOST_VIEWERS)]
    with pytest.raises(Unreachable, match="says: too many look at the console already"):
        connect(address(console))
    for connection in open_ones:
        connection.close()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", r"no console of Clearway's \(it answered 404\)"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", r"\(it answered 200\)"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 23\r\n\r\n" + b'{"error": "\\u001b[2J."}', r"says: \\x1b\[2J\."),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b"", "does not speak HTTP|nothing answers"),
    ],
)
def test_what_answers_and_is_no_console(answer: bytes, message: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer_once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(ClearwayError, match=message) as refused:
            connect(ConsoleAddress.read(f"http://127.0.0.1:{server.getsockname()[1]}"))
        thread.join()
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://[::1", "http://x:99999", "http://x:y"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ClearwayError, match=re.escape(url)):
        ConsoleAddress.read(url)


def test_addresses_as_they_are_printed() -> None:
    assert str(ConsoleAddress.read("http://[::1]:8001/")) == "http://[::1]:8001"
    assert str(ConsoleAddress.read("https://ops.example/clearway/")) == "https://ops.example:443/clearway"
    with pytest.raises(ClearwayError, match="characters that no request can carry"):
        ConsoleAddress.read("http://127.0.0.1:1", "a\nb")
