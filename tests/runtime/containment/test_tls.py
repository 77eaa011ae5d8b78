"""TLS in contained calls, against a server on the very same loop: it could not answer a client that blocked."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trustme

from tests.runtime.containment.conftest import contained

OnLoop = Callable[[Callable[[], Awaitable[Any]]], Any]
Client = Callable[[ssl.SSLSocket], Any]
BIG = os.urandom(100_000) * 20


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.fixture
def talk(on_loop: OnLoop, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Callable[..., Any]:
    """`talk(client, timeout)`: run `client(connection)` in a contained call, with a server that echoes what it gets."""

    def run(client: Client, timeout: float | None = None) -> Any:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65_536):
                if data != b"silence":
                    writer.write(data)
                    await writer.drain()
            writer.close()

        def call(port: int) -> Any:
            with (
                socket.create_connection(("localhost", port), timeout) as plain,
                contexts[1].wrap_socket(plain, server_hostname="localhost") as connection,
            ):
                result = client(connection)
                assert connection.gettimeout() == timeout
                return result

        async def main() -> Any:
            async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=contexts[0]) as server:
                return await contained(call, server.sockets[0].getsockname()[1])

        return on_loop(main)

    return run


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_session_is_opened_used_and_closed(talk: Callable[..., Any], timeout: float | None) -> None:
    def client(connection: ssl.SSLSocket) -> bytes:
        assert connection.version() is not None
        connection.sendall(b"hello")
        buffer = bytearray(2)
        connection.recv_into(buffer)
        return bytes(buffer) + connection.recv(8)

    assert talk(client, timeout) == b"hello"


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_much_goes_both_ways(talk: Callable[..., Any], timeout: float | None) -> None:
    def client(connection: ssl.SSLSocket) -> bool:
        with connection.makefile("rb") as answers:
            for start in range(0, len(BIG), 200_000):
                piece = BIG[start : start + 200_000]
                connection.sendall(piece)
                if answers.read(len(piece)) != piece:
                    return False
        return True

    assert talk(client, timeout)


def test_reading_times_out(talk: Callable[..., Any]) -> None:
    def client(connection: ssl.SSLSocket) -> str:
        connection.sendall(b"silence")
        try:
            connection.recv(8)
        except TimeoutError as error:
            return str(error)
        return "an answer"

    assert "timed out" in talk(client, 0.2)


def test_a_certificate_that_is_not_trusted_is_refused(
    on_loop: OnLoop, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    def call(port: int) -> None:
        with socket.create_connection(("localhost", port)) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # the server's side of it
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=contexts[0]) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                await contained(call, server.sockets[0].getsockname()[1])

    on_loop(main)
