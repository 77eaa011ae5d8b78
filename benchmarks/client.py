"""A small HTTP/1.1 client for one request at a time on a kept connection. Cheap enough to hold 10,000 of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask, and for what."""

    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return cls(parts.hostname or "127.0.0.1", parts.port or 80, target)

    @property
    def request(self) -> bytes:
        return f"GET {self.target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode("ascii")


class Connection(asyncio.Protocol):
    """One connection; `ask` sends a request and waits for the whole answer."""

    __slots__ = ("_answer", "_body", "_parser", "_transport", "body")

    def __init__(self) -> None:
        self.body = b""
        self._body: list[bytes] = []
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)

    @classmethod
    async def open(cls, address: Address) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, address.host, address.port)
        return connection

    async def ask(self, request: bytes) -> int:
        """The status of the answer; its body is in `body`. Raises ConnectionError when the server closes."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's does not inherit from it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server closed the connection"))

    # the parser's side

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.body = b"".join(self._body)
        self._body.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())


async def get(url: str) -> tuple[int, bytes]:
    """Ask once on a connection of its own. Raises OSError when there is no answer."""
    address = Address.of(url)
    connection = await Connection.open(address)
    try:
        status = await connection.ask(address.request)
        return status, connection.body
    finally:
        connection.close()
