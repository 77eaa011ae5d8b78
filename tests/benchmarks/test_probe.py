from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks import burst
from benchmarks.client import Address
from benchmarks.probe import Prober

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def serving(respond: asyncio.Event, answer: bytes = ANSWER) -> AsyncIterator[str]:
    """The address of a server that answers each request once `respond` is set."""
    clients: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await respond.wait()
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        respond.set()
        await asyncio.gather(*clients)
        await server.wait_closed()


def test_a_stall_is_seen_by_every_request_that_was_due_in_it() -> None:
    async def scenario() -> None:
        respond = asyncio.Event()
        async with serving(respond) as url:
            prober = Prober(url)
            measuring = asyncio.create_task(prober.measure(rate=100, seconds=0.1, grace_s=20))
            await asyncio.sleep(0.3)  # the server is silent for longer than the whole probe
            assert prober.waits_s == []
            respond.set()
            probe = await measuring
        assert (probe.asked, probe.unanswered, probe.errors) == (10, 0, 0)
        # Due 10 ms after each other and answered together: the first waited 90 ms longer than the last.
        assert max(prober.waits_s) - min(prober.waits_s) == pytest.approx(0.09, abs=0.05)

    asyncio.run(scenario())


def test_requests_without_an_answer_count_with_their_wait() -> None:
    async def scenario() -> None:
        async with serving(asyncio.Event()) as url:
            probe = await Prober(url).measure(rate=100, seconds=0.05, grace_s=0.1)
        assert (probe.asked, probe.unanswered) == (5, 5)
        assert probe.p50_s >= 0.1

    asyncio.run(scenario())


def test_a_burst_tells_answers_from_failures() -> None:
    async def scenario() -> None:
        respond = asyncio.Event()
        respond.set()
        async with serving(respond, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as url:
            seen = await burst.measure(url, count=7, timeout_s=20)
        assert (seen.asked, seen.answered, seen.failed, seen.unanswered) == (7, 0, 7, 0)
        assert seen.errors == 7

    asyncio.run(scenario())


def test_an_address_keeps_its_query() -> None:
    address = Address.of("http://127.0.0.1:8000/cpu/?rounds=5")
    assert (address.host, address.port, address.target) == ("127.0.0.1", 8000, "/cpu/?rounds=5")
    assert address.request.startswith(b"GET /cpu/?rounds=5 HTTP/1.1\r\n")
