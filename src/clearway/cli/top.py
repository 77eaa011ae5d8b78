"""`clearway top`: what a running app does, or what a recording says that it did, in the terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.console.terminal.connection import ConsoleAddress
from clearway.console.terminal.live import Live
from clearway.console.terminal.picture import Picture
from clearway.console.terminal.replay import Replay, read_recording
from clearway.model import ClearwayError

if TYPE_CHECKING:
    import argparse

DEFAULT_URL = "http://127.0.0.1:8001"
TOKEN = "CLEARWAY_CONSOLE_TOKEN"
GATHER_S = 2.0
LONGEST_S = 120.0
"""Frames count for so long."""
PATIENCE_S = 10.0
"""For the first frame, beyond what was asked for: an idle console sends one a second."""
LOOK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", nargs="?", metavar="URL|FILE", help=f"a console, or a recording (default: {DEFAULT_URL})")
    add("--token", metavar="TOKEN", help=f"the console's token (default: that of {TOKEN})")
    add("--once", action="store_true", help="print one picture and exit; so it is where the output is no terminal")
    add("--doctor", action="store_true", help="print the diagnosis only, and exit")
    add("--format", choices=("text", "json"), default="text", help="of what is printed; json implies --once")
    add(
        "--for",
        dest="for_s",
        type=float,
        metavar="S",
        help=f"what is printed is of the last S seconds, at most {LONGEST_S:g}; a console is listened to for so long "
        f"(default: {GATHER_S:g}, and of a recording as much as there is)",
    )
    add("--export-trace", type=Path, metavar="OUT", help="write FILE as a trace for Perfetto or Chrome, and exit")
    add("--export-page", type=Path, metavar="OUT", help="write FILE as one HTML file that needs no server, and exit")
    add("--verbose", action="store_true", help="tracebacks with errors")


def run(args: argparse.Namespace) -> int:
    """Show it until the user quits, or print it. Raises ClearwayError for what cannot be carried out."""
    if args.for_s is not None and not 0 < args.for_s <= LONGEST_S:
        raise ClearwayError(f"--for {args.for_s:g}: above 0, at most {LONGEST_S:g} seconds")
    is_printed = args.once or args.doctor or args.format == "json" or args.for_s is not None
    is_printed = is_printed or not (sys.stdout.isatty() and sys.stdin.isatty())
    address = _address(args.source or DEFAULT_URL, args.token or os.environ.get(TOKEN))
    if args.export_trace is not None or args.export_page is not None:
        return _exported(args, address)
    if address is None:
        return _replayed(args, Path(args.source), is_printed)
    live = Live(address)
    try:
        if not is_printed:
            _show(live, str(address))
            return 0
        picture = _gathered(live, args.for_s or GATHER_S)
    finally:
        live.stop()
    _print(args, picture, str(address))
    return 0


def _address(source: str, token: str | None) -> ConsoleAddress | None:
    """Where the console is; None for what is a file."""
    if "://" in source:
        return ConsoleAddress.read(source, token)
    if Path(source).exists():
        return None
    if re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d+/?", source):
        return ConsoleAddress.read(f"http://{source}", token)
    return None


def _exported(args: argparse.Namespace, address: ConsoleAddress | None) -> int:
    if address is not None:
        option = "--export-trace" if args.export_trace is not None else "--export-page"
        raise ClearwayError(f"{option} is for a recording; that of {address} the page saves and exports")
    # Nothing that shows or prints needs it.
    from clearway.cli.exports import export

    for note in export(Path(args.source), args.export_trace, args.export_page):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _replayed(args: argparse.Namespace, path: Path, is_printed: bool) -> int:
    if not path.exists():
        raise ClearwayError(f"{path}: no such file or directory; give a recording, or a URL")
    recording = read_recording(path)
    replay = Replay(recording)
    if not is_printed:
        _show(replay, str(path))
        return 0
    if recording.broken:
        print(f"note: {path} breaks off at {recording.broken}", file=sys.stderr)
    _print(args, Picture(replay.seen, window_s=args.for_s or LONGEST_S), str(path))
    return 0


def _gathered(live: Live, seconds: float) -> Picture:
    """What was seen after so many seconds. Raises ClearwayError where no frame has come."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds or not live.seen.state.at_us:
        live.pull()
        if not live.link.is_live and live.link.retry_s is None:
            raise ClearwayError(live.link.why)
        if passed > seconds + PATIENCE_S:
            raise ClearwayError(f"{live.address} tells nothing; is the app that it shows still starting?")
        time.sleep(LOOK_S)
    live.pull()
    return Picture(live.seen, window_s=seconds)


def _print(args: argparse.Namespace, picture: Picture, source: str) -> None:
    from clearway.console.terminal import report

    if args.doctor:
        text = report.json_diagnosis(picture, source) if args.format == "json" else report.text_diagnosis(picture)
    else:
        text = report.json_report(picture, source) if args.format == "json" else report.text_report(picture, source)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))  # a terminal of another time
    sys.stdout.flush()


def _show(source: Live | Replay, name: str) -> None:
    # Textual takes a while to import, and nothing that prints needs it.
    from clearway.console.terminal.app import TopApp

    TopApp(source, name).run()
