"""A recording as a trace for Perfetto or Chrome, and as a page that stands alone: `clearway top FILE --export-…`."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, BinaryIO

from clearway.cli.report import say
from clearway.console.exports.page import write_page
from clearway.console.exports.trace import write_trace
from clearway.console.recording import read
from clearway.frames import FrameError, line_of
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from clearway.console.recording import Recording
    from clearway.frames import Frame, Header


def export(recording: Path, trace: Path | None, page: Path | None) -> list[str]:
    """Write what was asked for, of as much of the recording as is good. What is wrong with the rest, in one line each.

    Raises ClearwayError where the file is no recording, or something cannot be written.
    """
    notes: list[str] = []
    if trace is not None:
        notes = _write(recording, trace, "--export-trace", write_trace)
    if page is not None:
        notes = _write(recording, page, "--export-page", _write_page)
    return notes


def _write_page(items: Iterable[Header | Frame], out: BinaryIO) -> None:
    write_page((line_of(item) + b"\n" for item in items), out)


def _write(
    path: Path, out: Path, option: str, write: Callable[[Iterable[Header | Frame], BinaryIO], None]
) -> list[str]:
    notes: list[str] = []
    recording = read(path)
    # Under another name until it is whole: nobody finds half a file under this one.
    unfinished = out.with_name(f"{out.name}.{os.getpid()}")
    try:
        if out.exists() and os.path.samefile(out, path):
            raise ClearwayError(f"{option} {out}: this is the recording itself; give another name")
        with unfinished.open("wb") as file:
            write(_good(recording, notes), file)
        unfinished.replace(out)
    except OSError as error:
        raise ClearwayError(f"{option} {out}: {(error.strerror or str(error)).lower()}") from None
    finally:
        recording.close()
        with contextlib.suppress(OSError):
            unfinished.unlink()
    say(f"wrote {out}")
    return notes


def _good(recording: Recording, notes: list[str]) -> Iterator[Header | Frame]:
    """The items up to the first that is broken."""
    try:
        yield from recording
    except FrameError as error:
        if not recording.has_frames:
            raise
        notes.append(f"{error}; what comes before it is exported")
    if recording.cut_off:
        notes.append(f"{recording.path}: line {recording.number} is cut off; what comes before it is exported")
