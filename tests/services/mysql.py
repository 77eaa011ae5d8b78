"""As much of MySQL's protocol as PyMySQL needs to connect, ask and be answered with one row.

`SELECT GATE()` is answered when the test says so, any other query at once. There is no wheel with a real server.
"""

from __future__ import annotations

import asyncio
import struct

from tests.services.loop import LoopServer

OK = b"\x00\x00\x00\x02\x00\x00\x00"
END = b"\xfe\x00\x00\x02\x00"
CAPABILITIES = 0x000FA68D | 0x00080000
"""Long passwords and flags, protocol 4.1, transactions, secure connection, plugin authentication."""
UTF8 = 45
QUIT, QUERY, PING = 1, 3, 14


class MySQL(LoopServer):
    """Lets everybody in."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _send(writer, 0, _greeting())
        sequence, _ = await _receive(reader)
        _send(writer, sequence + 1, OK)
        while True:
            await writer.drain()
            sequence, command = await _receive(reader)
            if command[0] == QUIT:
                return
            if command[0] != QUERY or command[1:].upper().startswith((b"SET", b"COMMIT", b"ROLLBACK")):
                _send(writer, sequence + 1, OK)
                continue
            with self.counted():
                if command[1:].upper() == b"SELECT GATE()":
                    await self.gate()
            _send_row(writer, sequence, command[1:])


def _greeting() -> bytes:
    low, high = struct.pack("<I", CAPABILITIES)[:2], struct.pack("<I", CAPABILITIES)[2:]
    salt = b"12345678123456789012\x00"
    return (
        b"\x0a8.0.0-test\x00"
        + struct.pack("<I", 1)
        + salt[:8]
        + b"\x00"
        + low
        + bytes([UTF8])
        + struct.pack("<H", 2)
        + high
        + bytes([len(salt)])
        + bytes(10)
        + salt[8:]
        + b"mysql_native_password\x00"
    )


def _send_row(writer: asyncio.StreamWriter, sequence: int, text: bytes) -> None:
    """A result with one column and one row: the query itself."""
    column = b"".join(_with_length(part) for part in (b"def", b"", b"", b"", b"query", b""))
    column += b"\x0c" + struct.pack("<HIBHB", UTF8, 1024, 0xFD, 0, 0) + b"\x00\x00"
    for number, packet in enumerate((b"\x01", column, END, _with_length(text), END), start=1):
        _send(writer, sequence + number, packet)


def _with_length(text: bytes) -> bytes:
    assert len(text) < 251
    return bytes([len(text)]) + text


def _send(writer: asyncio.StreamWriter, sequence: int, packet: bytes) -> None:
    writer.write(struct.pack("<I", len(packet))[:3] + bytes([sequence % 256]) + packet)


async def _receive(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(4)
    return head[3], await reader.readexactly(int.from_bytes(head[:3], "little"))
