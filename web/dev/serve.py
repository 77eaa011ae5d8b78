"""The page on real data, for those who work on it: the lesson's app under load, and its frames at the console's paths.

    python web/dev/serve.py --rate 300                 the page as built, on http://127.0.0.1:8001
    python web/dev/serve.py --rate 1000 --seconds 20 --record FILE

`npm run dev` in web/ passes /__clearway__ on to it. It has no guard: for the loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import clearway  # noqa: E402
from clearway.frames import Frame, line_of  # noqa: E402
from clearway.runtime.feed import Feed  # noqa: E402
from examples.lesson.app import app as lesson  # noqa: E402

ASSETS = ROOT / "src" / "clearway" / "web_assets"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
EVERY_S = 0.1
HELD = 3000


class Lines:
    """What the feed has told: the header, and the latest frames."""

    def __init__(self, feed: Feed) -> None:
        self.header = line_of(feed.header())
        self.frames: deque[tuple[int, bytes]] = deque(maxlen=HELD)
        self.count = 0
        self.routes: list[str] = []
        self.calls: list[str] = []
        self._feed = feed

    def run(self) -> None:
        while True:
            time.sleep(EVERY_S)
            frame = self._feed.frame()
            self.routes += frame.routes
            self.calls += frame.calls
            self.frames.append((self.count, line_of(frame)))
            self.count += 1

    def names(self, at_us: int = 0) -> bytes:
        """A frame of names alone, for a reader who comes when the first ones have gone."""
        return line_of(Frame(worker=os.getpid(), at_us=at_us, routes=list(self.routes), calls=list(self.calls)))


def console(lines: Lines) -> Starlette:
    async def frames(request: Request) -> Response:
        async def stream() -> AsyncIterator[bytes]:
            yield lines.header + b"\n"
            sent = 0
            if lines.count > HELD:
                yield lines.names() + b"\n"
            while True:
                for number, line in list(lines.frames):
                    if number >= sent:
                        sent = number + 1
                        yield line + b"\n"
                await asyncio.sleep(EVERY_S / 2)

        return StreamingResponse(stream(), media_type="application/x-ndjson")

    async def recording(request: Request) -> Response:
        return PlainTextResponse(
            b"\n".join([lines.header, *(line for _, line in list(lines.frames)), b""]),
            headers={"content-disposition": 'attachment; filename="clearway.ndjson"'},
        )

    async def source(request: Request) -> Response:
        path, line = Path(request.query_params["file"]), int(request.query_params["line"])
        if ROOT not in path.parents:
            return JSONResponse({"error": "this file was not named"}, 404)
        first = max(1, line - 6)
        return JSONResponse(
            {"file": str(path), "first": first, "lines": path.read_text().splitlines()[first - 1 : line + 6]}
        )

    async def page(request: Request) -> Response:
        return FileResponse(ASSETS / "index.html", headers={"content-security-policy": POLICY})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/__clearway__/frames", frames),
            Route("/__clearway__/recording", recording),
            Route("/__clearway__/source", source),
            Mount("/assets", StaticFiles(directory=ASSETS / "assets", check_dir=False)),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--console", type=int, default=8001)
    parser.add_argument("--rate", type=float, default=300, help="requests a second; 0 for none")
    parser.add_argument("--stalls", type=float, default=6, help="seconds between two calls of /bad/; 0 for none")
    parser.add_argument("--seconds", type=float, default=0, help="how long; 0 for ever")
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()

    runtime = clearway.install(lesson)
    lines = Lines(Feed(runtime, "examples/lesson/app.py"))
    threading.Thread(target=lines.run, daemon=True).start()
    quiet = uvicorn.Config(console(lines), port=options.console, log_level="warning", loop="asyncio")
    threading.Thread(target=uvicorn.Server(quiet).run, daemon=True).start()
    load = None
    if options.rate:
        arguments = [str(options.port), str(options.rate), str(options.stalls)]
        load = subprocess.Popen([sys.executable, str(HERE / "load.py"), *arguments])
    server = uvicorn.Server(uvicorn.Config(lesson, port=options.port, log_level="warning"))
    if options.seconds:
        threading.Timer(options.seconds, lambda: setattr(server, "should_exit", True)).start()
    try:
        server.run()
    finally:
        if load is not None:
            load.terminate()
            load.wait()
        if options.record is not None:
            told = [line for _, line in list(lines.frames)]
            options.record.write_bytes(b"\n".join([lines.header, *told, b""]))
            sizes = json.dumps({"frames": lines.count, "bytes": sum(map(len, told)), "longest": max(map(len, told))})
            print(sizes)


if __name__ == "__main__":
    main()
