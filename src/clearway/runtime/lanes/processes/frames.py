"""What a process and its worker say to each other: a kind, a length, and so many bytes."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = struct.Struct("!BQ")


class Frame(IntEnum):
    """What a message is. Those to the worker first."""

    SETUP = 1
    CALL = 2
    READY = 16
    """The worker has imported what it was told to."""
    FAILED = 17
    """It could not; the reason as text."""
    STARTED = 18
    """A call has arrived whole and begins. One that was not told so has certainly not run."""
    RESULT = 19
    LOG = 20


def framed(kind: Frame, data: bytes = b"") -> bytes:
    """A message as it is sent."""
    return HEAD.pack(kind, len(data)) + data


class FrameBuffer:
    """Puts messages together from the pieces that arrive."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> Iterator[tuple[Frame, bytes]]:
        """The messages that are whole now."""
        held = self._held
        held += piece
        at = 0
        while len(held) - at >= HEAD.size:
            kind, length = HEAD.unpack_from(held, at)
            end = at + HEAD.size + length
            if len(held) < end:
                break
            yield Frame(kind), bytes(memoryview(held)[at + HEAD.size : end])
            at = end
        del held[:at]
