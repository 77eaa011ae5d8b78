"""What the console is told, live and from a file: a header, then a frame for each fraction of a second.

One line of JSON each, so that a recording is a text file, a stream is its lines, and one that breaks off is good up to
its last whole line. Frames are made from the recorder; pages, terminals, metrics and exports read frames.

Several workers speak in one stream: a header for each before its first frame, and each frame names its worker. Times
are whole microseconds since the `origin` of that worker's header. Requests are numbered by the worker that serves them.
Names of routes and calls are numbered by worker, in the order in which its frames bring them: a reader keeps lists.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import msgspec

from clearway.model import ClearwayError

SCHEMA = "clearway.frames/1"
FURTHEST_US = 10**15
"""Thirty years: times beyond are no times, and would not fit into what reads them."""
MOST_BUCKET = 1024

# What a line claims beyond these is refused as it is read, so that no reader has to expect it.
Us = Annotated[int, msgspec.Meta(ge=-FURTHEST_US, le=FURTHEST_US)]
Count = Annotated[int, msgspec.Meta(ge=0, le=FURTHEST_US)]
Part = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Number = Annotated[int, msgspec.Meta(ge=-1, lt=1 << 32)]
Bucket = Annotated[int, msgspec.Meta(ge=0, le=MOST_BUCKET)]
Pid = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
Epoch = Annotated[float, msgspec.Meta(ge=0, lt=8e9)]


class FrameError(ClearwayError):
    """A recording or a stream is of another version, or broken."""


class Header(msgspec.Struct, frozen=True, tag="header"):
    """Before a worker's first frame: who is speaking, and since when."""

    worker: Pid
    """Process id."""
    origin: Epoch
    """Seconds since the epoch at which the clock of the frames was 0."""
    app: str
    """What was served, as the user named it."""
    versions: dict[str, str]
    stall_threshold_ms: float
    schema: str = SCHEMA


class CallPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One call in one lane."""

    request: Count
    route: Number
    call: Number
    kind: Number
    """Place in `CallKind`."""
    lane: Number
    """Place in `Lane`."""
    track: Number
    """Which thread or process of the lane, from 0."""
    submitted_us: Us
    started_us: Us
    ended_us: Us
    returned_us: Us


class RequestPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One request that has left, or that is still here."""

    request: Count
    route: Number
    came_us: Us
    left_us: Us
    """0 while it is still here."""


class Pool(msgspec.Struct, frozen=True):
    """The thread lane at the end of the frame."""

    limit: Count
    live: Count
    busy: Count
    queued: Count
    load: Part
    budget: Part


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """What happened on one route during the frame, complete also where single requests were left out."""

    route: Number
    requests: Count
    slowest_us: Us
    total_us: Us
    wait_us: Us
    latencies: list[tuple[Bucket, Count]] = []
    """How many requests fell into which bucket of `bucket_of`, so that percentiles add up over frames and workers."""


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True):
    """Calls that have run long, and are at the same line now."""

    count: Count
    longest_us: Us
    """For how long the first of them has been running."""
    file: str
    """Of the innermost line of the user's own code."""
    line: Count
    function: str
    lane: Number
    """Place in `Lane`; on the loop it is coroutines that wait, and do not hold it, unless `holds_loop`."""
    route: Number = -1
    """-1 where it is not known."""
    operation: str | None = None
    """What is being called, as in a stall."""
    through: tuple[str, ...] = ()
    """The functions of libraries between that line and the operation: the first ones and the last ones."""
    computing: Count = 0
    """How many of them compute rather than wait."""
    holds_loop: bool = False
    """The loop itself is there, and has not turned since: a stall that still lasts."""


class Frame(msgspec.Struct, frozen=True, omit_defaults=True, tag="frame"):
    """What happened since the frame before. Bounded: what did not fit is in `left_out`, and still in `counts`."""

    worker: Pid
    """Process id, as in its header."""
    at_us: Us
    """The end of the frame."""
    routes: list[str] = []
    """New names, numbered on from those before."""
    calls: list[str] = []
    requests: list[RequestPart] = []
    parts: list[CallPart] = []
    here: list[RequestPart] = []
    """The requests in flight that have been there longest."""
    going: list[CallPart] = []
    """Calls that wait or run now, of the requests in `here`: what has not happened yet is 0."""
    in_flight: Count = 0
    counts: list[Counts] = []
    stalls: list[dict[str, Any]] = []
    """`clearway.model.Stall` in full, its `started_s` on the frames' clock. Never left out."""
    losses: list[dict[str, Any]] = []
    pool: Pool | None = None
    loop_cpu: Part = 0.0
    """The part of a processor that the loop's thread used, 0 to 1."""
    overdue_us: Us = 0
    """How long the loop has not turned at the end of the frame, where it is overdue: a stall that still lasts."""
    waiting: list[Waiting] | None = None
    """Where long calls are, once a second; None where nobody has looked."""
    refused: list[tuple[Number, Count]] = []
    """(route, calls refused because they had waited too long) since this was last told."""
    left_out: Count = 0
    """Requests and parts that would have made the frame too large."""
    dropped: Count = 0
    """Events that the recorder had overwritten before they could be read."""
    table: dict[str, Any] | None = None
    """A snapshot, once a second or so; without the victims of stalls, and with the worst culprits only."""
    doctor: dict[str, Any] | None = None
    """The diagnosis, where it has changed."""
    missed: Count = 0
    """Frames of this worker that this reader was too slow for. The names, stalls and losses in them are in this one."""
    gone: bool = False
    """The worker has ended; this is the last that is heard of it."""

    MOST: ClassVar[int] = 1000
    """Requests, and parts, of one frame."""


PER_OCTAVE = 8
"""Buckets of latency from one power of two to the next: each is 9 % wide."""


def bucket_of(latency_us: int) -> int:
    """The bucket of a latency: 0 for 1 µs and less."""
    return max(0, math.ceil(math.log2(latency_us) * PER_OCTAVE)) if latency_us > 1 else 0


def bucket_top_us(bucket: int) -> float:
    """The longest latency that falls into a bucket."""
    return float(2 ** (bucket / PER_OCTAVE))


_encoder = msgspec.json.Encoder()
_lines: msgspec.json.Decoder[Header | Frame] = msgspec.json.Decoder(Header | Frame)
_anything = msgspec.json.Decoder(dict[str, Any])


def line_of(item: Header | Frame) -> bytes:
    """The line of a header or frame, without its end."""
    return _encoder.encode(item)


def read_line(line: bytes) -> Header | Frame:
    """A line of a stream, whichever it is. Raises FrameError for what is neither, and for another version."""
    try:
        item = _lines.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FrameError(_what_is_wrong(line, str(error))) from None
    if isinstance(item, Header) and item.schema != SCHEMA:
        raise FrameError(_other_version(item.schema))
    return item


def read_header(line: bytes) -> Header:
    """The first line of a recording. Raises FrameError for what is no header, or one of another version."""
    item = read_line(line)
    if not isinstance(item, Header):
        raise FrameError("this is no recording of Clearway's: its first line is not a header")
    return item


def _what_is_wrong(line: bytes, error: str) -> str:
    """Another version's lines have other fields: its number says more than the first field that is missing."""
    try:
        data = _anything.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return "this is no line of a recording of Clearway's"
    if data.get("type") == "header":
        schema = data.get("schema")
        return _other_version(schema) if schema != SCHEMA else f"the recording's header is broken: {error}"
    return f"a frame is broken: {error}"


def _other_version(schema: object) -> str:
    return f"this recording is {schema!r}, and this Clearway reads {SCHEMA!r}; use the Clearway that made it"
