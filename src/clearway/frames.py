"""What the console is told, live and from a file: a header, then a frame for each fraction of a second.

One line of JSON each, so that a recording is a text file, a stream is its lines, and one that breaks off is good up to
its last whole line. The recorder is read here and nowhere else; pages, terminals and exports read frames.

Times are whole microseconds since the header's `origin`. Requests are numbered by the worker that serves them. Names
of routes and calls are numbered in the order in which frames bring them: a reader keeps a list of each.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from clearway.model import ClearwayError

SCHEMA = "clearway.frames/1"


class FrameError(ClearwayError):
    """A recording or a stream is of another version, or broken."""


class Header(msgspec.Struct, frozen=True):
    """The first line: who is speaking, and since when."""

    worker: int
    """Process id."""
    origin: float
    """Seconds since the epoch at which the clock of the frames was 0."""
    app: str
    """What was served, as the user named it."""
    versions: dict[str, str]
    stall_threshold_ms: float
    schema: str = SCHEMA


class CallPart(msgspec.Struct, frozen=True, array_like=True):
    """One call in one lane."""

    request: int
    route: int
    call: int
    kind: int
    """Place in `CallKind`."""
    lane: int
    """Place in `Lane`."""
    track: int
    """Which thread or process of the lane, from 0."""
    submitted_us: int
    started_us: int
    ended_us: int
    returned_us: int


class RequestPart(msgspec.Struct, frozen=True, array_like=True):
    """One request that has left, or that is still here."""

    request: int
    route: int
    came_us: int
    left_us: int
    """0 while it is still here."""


class Pool(msgspec.Struct, frozen=True):
    """The thread lane at the end of the frame."""

    limit: int
    live: int
    busy: int
    queued: int
    load: float
    budget: float


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """What happened on one route during the frame, complete also where single requests were left out."""

    route: int
    requests: int
    slowest_us: int
    total_us: int
    wait_us: int


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened since the frame before. Bounded: what did not fit is in `left_out`, and still in `counts`."""

    at_us: int
    """The end of the frame."""
    routes: list[str] = []
    """New names, numbered on from those before."""
    calls: list[str] = []
    requests: list[RequestPart] = []
    parts: list[CallPart] = []
    here: list[RequestPart] = []
    """The requests in flight that have been there longest."""
    in_flight: int = 0
    counts: list[Counts] = []
    stalls: list[dict[str, Any]] = []
    """`clearway.model.Stall` in full, its `started_s` on the frames' clock. Never left out."""
    losses: list[dict[str, Any]] = []
    pool: Pool | None = None
    loop_cpu: float = 0.0
    """The part of a processor that the loop's thread used, 0 to 1."""
    left_out: int = 0
    """Requests and parts that would have made the frame too large."""
    dropped: int = 0
    """Events that the recorder had overwritten before they could be read."""
    table: dict[str, Any] | None = None
    """A snapshot in full, once a second or so."""
    doctor: dict[str, Any] | None = None
    """The diagnosis, where it has changed."""

    MOST: ClassVar[int] = 2000
    """Requests, and parts, of one frame."""


_encoder = msgspec.json.Encoder()
_headers = msgspec.json.Decoder(Header)
_frames = msgspec.json.Decoder(Frame)


def line_of(item: Header | Frame) -> bytes:
    """The line of a header or frame, without its end."""
    return _encoder.encode(item)


def read_header(line: bytes) -> Header:
    """Raises FrameError for what is no header, or one of another version."""
    try:
        schema = msgspec.json.decode(line).get("schema")
    except (msgspec.MsgspecError, AttributeError, RecursionError):
        raise FrameError("this is no recording of Clearway's: its first line is not a header") from None
    if schema != SCHEMA:
        raise FrameError(f"this recording is {schema!r}, and this Clearway reads {SCHEMA!r}; use the one that made it")
    try:
        return _headers.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FrameError(f"the recording's header is broken: {error}") from None


def read_frame(line: bytes) -> Frame:
    """Raises FrameError for what is no frame."""
    try:
        return _frames.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FrameError(f"a frame is broken: {error}") from None
