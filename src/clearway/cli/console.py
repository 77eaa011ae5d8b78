"""Where the console listens: in the serving process itself, or in the parent of several, at one address for all."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from clearway.cli.address import Address
from clearway.cli.report import complain, say
from clearway.console.hub import Hub
from clearway.console.recorder import FileRecorder
from clearway.console.server import ConsoleServer, PortTaken
from clearway.console.workers import WorkerFrames
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.cli.options import RunOptions

PORTS_TRIED = 100
"""How far a console goes upwards from its port to find a free one."""


def open_console(options: RunOptions, hub: Hub) -> ConsoleServer | None:
    """Start the console that was asked for; None where none was. Raises ClearwayError where there is no port for it."""
    asked = options.console
    if asked is None:
        return None
    may_move = asked.port != 0 and options.console_may_move
    for port in range(asked.port, min(asked.port + (PORTS_TRIED if may_move else 1), 65536)):
        console = ConsoleServer(hub, asked.host, port, options.console_token)
        try:
            console.start()
        except PortTaken:
            continue
        return console
    if may_move:
        raise ClearwayError(f"no free console port from {asked} upwards; try --no-console")
    other = Address(asked.host, asked.port + 1)
    raise ClearwayError(f"console {asked} is in use by another program; try --console {other} or --no-console")


def record(options: RunOptions, hub: Hub) -> FileRecorder | None:
    """Write what the hub hears to the file that was asked for; None where none was. Raises ClearwayError."""
    if options.record is None:
        return None
    recorder = FileRecorder(options.record, options.record_limit_mb, complain)
    recorder.start(hub)
    return recorder


@contextlib.contextmanager
def shared_console(options: RunOptions) -> Iterator[RunOptions]:
    """A console for all processes that this one starts with the options that it gives."""
    if options.console is None:
        yield options
        return
    frames = WorkerFrames()
    with contextlib.ExitStack() as stack:
        stack.callback(frames.close)
        hub = Hub(frames)
        if (recorder := record(options, hub)) is not None:
            stack.callback(lambda: say(recorder.stop()))
        console = open_console(options, hub)
        assert console is not None
        stack.callback(console.stop)
        yield replace(options, console_url=console.url, frames_to=frames.path)
