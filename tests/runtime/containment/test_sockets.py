"""Sockets in contained calls: each operation waits in the loop, and is otherwise what the interpreter's own is."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import selectors
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.containment.conftest import contained, contained_task
from tests.runtime.serving import happens

OnLoop = Callable[[Callable[[], Awaitable[Any]]], Any]
Pair = tuple[socket.socket, socket.socket]

SHORT_S = 0.02
LONG_S = 30.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def _into(method: str, sock: socket.socket) -> Any:
    buffer = bytearray(8)
    found = getattr(sock, method)(buffer)
    count = found[0] if isinstance(found, tuple) else found
    return bytes(buffer[:count])


def _message_into(sock: socket.socket) -> bytes:
    buffer = bytearray(8)
    return bytes(buffer[: sock.recvmsg_into([buffer])[0]])


RECEIVING: dict[str, Callable[[socket.socket], Any]] = {
    "recv": lambda sock: sock.recv(8),
    "recv with flags": lambda sock: sock.recv(8, socket.MSG_PEEK) and sock.recv(8, 0),
    "recv_into": lambda sock: _into("recv_into", sock),
    "recv_into with keywords": lambda sock: sock.recv_into(bytearray(8), nbytes=5, flags=0) and b"hello",
    "recvfrom": lambda sock: sock.recvfrom(8)[0],
    "recvfrom_into": lambda sock: _into("recvfrom_into", sock),
    "recvmsg": lambda sock: sock.recvmsg(8)[0],
    "recvmsg_into": _message_into,
    "makefile": lambda sock: sock.makefile("rb", buffering=0).read(8),
}


@pytest.mark.parametrize("timeout", [None, LONG_S])
@pytest.mark.parametrize("name", RECEIVING)
def test_receiving_waits_in_the_loop(on_loop: OnLoop, pair: Pair, name: str, timeout: float | None) -> None:
    async def main() -> None:
        here, there = pair
        here.settimeout(timeout)
        task = contained_task(RECEIVING[name], here)
        await asyncio.sleep(0)
        assert not task.done()
        there.send(b"hello")
        assert await task == b"hello"
        assert here.gettimeout() == timeout

    on_loop(main)


@pytest.mark.parametrize("name", RECEIVING)
def test_a_timeout_is_the_socket_s_own(on_loop: OnLoop, pair: Pair, name: str) -> None:
    async def main() -> None:
        pair[0].settimeout(SHORT_S)
        began = time.monotonic()
        with pytest.raises(TimeoutError, match="timed out"):
            await contained(RECEIVING[name], pair[0])
        assert time.monotonic() - began >= SHORT_S * 0.9

    on_loop(main)


def test_a_socket_that_does_not_block_is_left_alone(on_loop: OnLoop, pair: Pair) -> None:
    async def main() -> None:
        pair[0].setblocking(False)
        with pytest.raises(BlockingIOError):
            await contained(pair[0].recv, 8)

    on_loop(main)


@pytest.mark.parametrize("timeout", [None, LONG_S])
def test_sending_much_waits_for_the_reader(on_loop: OnLoop, pair: Pair, timeout: float | None) -> None:
    async def main() -> None:
        here, there = pair
        here.settimeout(timeout)
        data = os.urandom(1_000_000) * 3
        task = contained_task(here.sendall, data)
        await asyncio.sleep(0)
        assert not task.done()
        got = bytearray()
        while len(got) < len(data):
            got += await contained(there.recv, 100_000)
        assert await task is None
        assert bytes(got) == data

    on_loop(main)


@pytest.mark.parametrize(
    "send",
    [
        lambda sock: sock.sendall(bytes(10_000_000)),
        lambda sock: [sock.send(bytes(100_000)) for _ in range(100)],
        lambda sock: [sock.sendmsg([bytes(100_000)]) for _ in range(100)],
        lambda sock: [sock.send(bytes(100_000), 0) for _ in range(100)],
    ],
)
def test_sending_times_out_where_nobody_reads(on_loop: OnLoop, pair: Pair, send: Any) -> None:
    async def main() -> None:
        pair[0].settimeout(SHORT_S)
        with pytest.raises(TimeoutError, match="timed out"):
            await contained(send, pair[0])

    on_loop(main)


def test_datagrams_are_sent_to_whom_they_are_addressed(on_loop: OnLoop) -> None:
    async def main() -> None:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        ):
            there.bind(("127.0.0.1", 0))
            task = contained_task(there.recvfrom, 8)
            assert await contained(here.sendto, b"one", there.getsockname()) == 3
            assert (await task)[0] == b"one"
            here.settimeout(LONG_S)
            assert await contained(here.sendto, b"two", 0, there.getsockname()) == 3
            assert (await contained(there.recvfrom, 8))[0] == b"two"

    on_loop(main)


@pytest.mark.parametrize("timeout", [None, LONG_S])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connections_are_made_and_accepted(on_loop: OnLoop, host: str, timeout: float | None) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(timeout)
            accepting = contained_task(listening.accept)
            port = listening.getsockname()[1]
            with await contained(socket.create_connection, (host, port), timeout) as here:
                there, address = await accepting
                with there:
                    assert address == here.getsockname()
                    assert here.gettimeout() == timeout
                    assert there.gettimeout() is None
                    there.sendall(b"welcome")
                    assert await contained(here.recv, 8) == b"welcome"
            with socket.socket() as other:
                other.settimeout(timeout)
                assert await contained(other.connect_ex, (host, port)) == 0

    on_loop(main)


def _refusing_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
        return port


def test_a_refused_connection_is_told_as_ever(on_loop: OnLoop) -> None:
    async def main() -> None:
        address = ("127.0.0.1", _refusing_port())
        with socket.socket() as one, socket.socket() as other:
            with pytest.raises(ConnectionRefusedError, match=r"\[Errno 111\] Connection refused"):
                await contained(one.connect, address)
            assert await contained(other.connect_ex, address) == errno.ECONNREFUSED

    on_loop(main)


def test_a_connection_that_nobody_answers_times_out(on_loop: OnLoop) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            address = full.getsockname()
            waiting = []
            for _ in range(2):  # the backlog takes one more than it says
                queued = socket.socket()
                queued.setblocking(False)
                queued.connect_ex(address)
                waiting.append(queued)
            with socket.socket() as here:
                here.settimeout(SHORT_S)
                with pytest.raises(TimeoutError, match="timed out"):
                    await contained(here.connect, address)
            for queued in waiting:
                queued.close()

    on_loop(main)


def test_unknown_hosts_are_told_as_ever(on_loop: OnLoop) -> None:
    async def main() -> None:
        with pytest.raises(socket.gaierror):
            await contained(socket.getaddrinfo, "no-such-host.invalid", 80)
        assert await contained(socket.gethostbyname, "localhost") == "127.0.0.1"

    on_loop(main)


def test_a_file_is_sent_whole(on_loop: OnLoop, pair: Pair, tmp_path: Path) -> None:
    async def main() -> None:
        here, there = pair
        data = os.urandom(1_000_000)
        (tmp_path / "file").write_bytes(data)
        with (tmp_path / "file").open("rb") as file:
            task = contained_task(here.sendfile, file)
            got = bytearray()
            while len(got) < len(data):
                got += await contained(there.recv, 100_000)
            assert await task == len(data)
            assert bytes(got) == data
            assert file.tell() == len(data)

    on_loop(main)


@pytest.mark.parametrize("timeout", [None, LONG_S])
def test_a_cancelled_wait_loses_nothing(on_loop: OnLoop, pair: Pair, timeout: float | None) -> None:
    async def main() -> None:
        here, there = pair
        here.settimeout(timeout)
        task = contained_task(here.recv, 8)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert here.gettimeout() == timeout
        there.send(b"hello")
        assert await contained(here.recv, 8) == b"hello"

    on_loop(main)


@pytest.mark.parametrize("close", ["close", "detach"])
@pytest.mark.parametrize("where", ["request", "thread"])
def test_closing_a_socket_wakes_who_waits_for_it(on_loop: OnLoop, pair: Pair, close: str, where: str) -> None:
    async def main() -> None:
        task = contained_task(pair[0].recv, 8)
        await asyncio.sleep(0)
        fd = pair[0].fileno()
        if where == "thread":
            await asyncio.to_thread(getattr(pair[0], close))
        else:
            await contained(getattr(pair[0], close))
        with pytest.raises(OSError, match="closed") as caught:
            await task
        assert caught.value.errno == errno.EBADF
        if close == "detach":
            os.close(fd)

    on_loop(main)


def test_two_waits_for_one_socket_do_not_know_of_each_other(on_loop: OnLoop, pair: Pair) -> None:
    async def main() -> None:
        here, there = pair
        first, second = contained_task(here.recv, 1), contained_task(here.recv, 1)
        sending = contained_task(here.sendall, bytes(1_000_000))
        await asyncio.sleep(0)
        there.send(b"a")
        done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == [b"a"]
        there.send(b"b")
        assert {await first, await second} == {b"a", b"b"}
        left = 1_000_000
        while left:
            left -= len(await contained(there.recv, 100_000))
        await sending

    on_loop(main)


def test_a_reader_of_the_user_s_on_the_same_socket_stays(on_loop: OnLoop, pair: Pair) -> None:
    async def main() -> None:
        here, there = pair
        seen: list[int] = []
        loop = asyncio.get_running_loop()
        loop.add_reader(here.fileno(), lambda: seen.append(1))
        task = contained_task(here.recv, 8, socket.MSG_PEEK)
        await asyncio.sleep(0)
        there.send(b"hello")
        assert await task == b"hello"
        seen.clear()
        await happens(lambda: seen, "the user's reader is still there")
        loop.remove_reader(here.fileno())

    on_loop(main)


def test_other_threads_use_the_same_socket_as_ever(on_loop: OnLoop, pair: Pair) -> None:
    """A thread that blocks in a socket never sees that a contained call tries it without blocking."""

    async def main() -> None:
        here, there = pair
        got: list[bytes] = []
        thread = threading.Thread(target=lambda: got.append(here.recv(8)))
        thread.start()
        for _ in range(20):
            await contained(here.send, b"x")
        assert thread.is_alive()
        there.send(b"hello")
        await asyncio.to_thread(thread.join)
        assert got == [b"hello"]

    on_loop(main)


def test_asyncio_s_own_streams_work_in_a_contained_call(on_loop: OnLoop) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def call(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        line = await reader.readline()
        writer.close()
        return line

    async def main() -> None:
        from clearway.runtime import portal

        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            assert await portal.run(call, server.sockets[0].getsockname()[1]) == b"hello\n"

    on_loop(main)


# Several descriptors at once


def _select(sock: socket.socket, timeout: float | None) -> bool:
    return select.select([sock], [], [], timeout)[0] == [sock]


def _poll(sock: socket.socket, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return poll.poll(None if timeout is None else timeout * 1000) == [(sock.fileno(), select.POLLIN)]


def _selector(cls: Any) -> Callable[[socket.socket, float | None], bool]:
    def ask(sock: socket.socket, timeout: float | None) -> bool:
        with cls() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(timeout))

    return ask


POLLING: dict[str, Callable[[socket.socket, float | None], bool]] = {
    "select": _select,
    "poll": _poll,
    **{
        name: _selector(getattr(selectors, name))
        for name in ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector")
        if hasattr(selectors, name)
    },
}


@pytest.mark.parametrize("name", POLLING)
@pytest.mark.parametrize("timeout", [None, LONG_S])
def test_polling_waits_in_the_loop(on_loop: OnLoop, pair: Pair, name: str, timeout: float | None) -> None:
    async def main() -> None:
        task = contained_task(POLLING[name], pair[0], timeout)
        await asyncio.sleep(0)
        assert not task.done()
        pair[1].send(b"x")
        assert await task is True

    on_loop(main)


@pytest.mark.parametrize("name", POLLING)
@pytest.mark.parametrize("timeout", [0, SHORT_S])
def test_polling_ends_with_its_timeout(on_loop: OnLoop, pair: Pair, name: str, timeout: float) -> None:
    async def main() -> None:
        assert await contained(POLLING[name], pair[0], timeout) is False

    on_loop(main)


def test_select_without_descriptors_is_a_sleep(on_loop: OnLoop) -> None:
    async def main() -> None:
        began = time.monotonic()
        assert await contained(select.select, [], [], [], SHORT_S) == ([], [], [])
        assert time.monotonic() - began >= SHORT_S * 0.9

    on_loop(main)


# time.sleep


def test_sleep_sleeps_for_at_least_so_long(on_loop: OnLoop) -> None:
    async def main() -> None:
        for seconds in (0, 0.001, SHORT_S, 1 / 3 / 10):
            began = time.monotonic()
            assert await contained(time.sleep, seconds) is None
            assert time.monotonic() - began >= seconds

    on_loop(main)


@pytest.mark.parametrize(("argument", "error"), [(-1, ValueError), ("1", TypeError), (None, TypeError)])
def test_sleep_refuses_what_it_ever_refused(on_loop: OnLoop, argument: Any, error: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(error):
            await contained(time.sleep, argument)

    on_loop(main)
