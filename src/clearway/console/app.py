"""What the console answers: the page, the frames, snapshots, source lines, recordings and exports. All by GET."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
from dataclasses import asdict
from time import gmtime, perf_counter, strftime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from clearway.console.advice import Adviser
from clearway.console.exports.page import ASSETS as ASSETS
from clearway.console.exports.page import page_pieces
from clearway.console.exports.trace import trace_pieces
from clearway.console.guard import ASSETS_PATH, Guard, refused
from clearway.console.metrics import HubMetrics
from clearway.console.sources import NoSource, source
from clearway.frames import read_line
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from clearway.console.hub import Hub, Viewer

PREFIX = "/__clearway__"
SNAPSHOT_PATH = f"{PREFIX}/snapshot"
FRAMES_PATH = f"{PREFIX}/frames"
METRICS_PATH = "/metrics"
DOCTOR_PATH = f"{PREFIX}/doctor"
ADVICE_PATH = f"{PREFIX}/advice"
NDJSON = "application/x-ndjson"
STUCK_S = 60.0
"""A viewer that takes nothing for so long is let go."""
FOR_EVER = "public, max-age=31536000, immutable"
"""Names of assets carry a hash of what is in them."""

_log = logging.getLogger("clearway.console")


def console_app(hub: Hub, host: str, token: str | None, assets: Path = ASSETS) -> Starlette:
    """The console's ASGI app. `host` is the address it is served on, `assets` the built files of the page."""
    routes = Routes(hub, assets)
    return Starlette(
        routes=[
            Route("/", routes.page, methods=["GET"]),
            Route(f"{ASSETS_PATH}{{name:path}}", routes.asset, methods=["GET"]),
            Route(SNAPSHOT_PATH, routes.snapshot, methods=["GET"]),
            Route(FRAMES_PATH, routes.frames, methods=["GET"]),
            Route(f"{PREFIX}/recording", routes.recording, methods=["GET"]),
            Route(f"{PREFIX}/export/trace", routes.trace, methods=["GET"]),
            Route(f"{PREFIX}/export/page", routes.standalone, methods=["GET"]),
            Route(f"{PREFIX}/source", routes.source, methods=["GET"]),
            Route(METRICS_PATH, routes.metrics, methods=["GET"]),
            Route(DOCTOR_PATH, routes.doctor, methods=["GET"]),
            Route(ADVICE_PATH, routes.advice, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, host=host, token=token)],
    )


class Routes:
    """The answers."""

    def __init__(self, hub: Hub, assets: Path) -> None:
        self._hub = hub
        self._built = assets
        self._metrics = HubMetrics(hub)
        self._page = assets / "index.html"
        # Whatever a client asks for is looked up here, so no name leads out of the folder.
        folder = assets / "assets"
        self._assets = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        self._failed: set[type[Exception]] = set()
        self._adviser = Adviser()

    async def page(self, request: Request) -> Response:
        if not self._page.is_file():
            how = "run `npm ci && npm run build` in web/, or install a released Clearway"
            return PlainTextResponse(f"the console's page has not been built: {how}\n", 503)
        return FileResponse(self._page, media_type="text/html")

    async def asset(self, request: Request) -> Response:
        path = self._assets.get(request.path_params["name"])
        if path is None:
            return refused(404, "no such file")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, headers={"Cache-Control": FOR_EVER})

    async def doctor(self, request: Request) -> Response:
        """What is wrong now, of one worker or of all."""
        asked, worker = _worker(request)
        if asked and worker is None:
            return refused(400, "worker: expected a process id")
        try:
            return JSONResponse(self._hub.diagnosis(worker))
        except LookupError as error:
            return refused(404, str(error))

    async def advice(self, request: Request) -> Response:
        """What to change about a route, or about a stall: by its worker and when it began on that worker's clock."""
        route = request.query_params.get("route")
        try:
            if route is not None:
                return JSONResponse(await self._adviser.of_route(self._hub.state, route))
            worker = _worker(request)[1]
            started_s = float(request.query_params.get("started_s", ""))
        except LookupError as error:
            return refused(404, str(error))
        except ValueError:
            worker = None
        if worker is None:
            return refused(400, "advice: expected ?route=, or ?worker= and &started_s= of a stall")
        try:
            return JSONResponse(await self._adviser.of_stall(self._hub.state, worker, started_s))
        except LookupError as error:
            return refused(404, str(error))

    async def snapshot(self, request: Request) -> Response:
        asked, worker = _worker(request)
        if asked and worker is None:
            return refused(400, "worker: expected a process id")
        try:
            return JSONResponse({**self._hub.source.snapshot(self._hub, worker), "console": self._hub.stats()})
        except LookupError as error:
            return refused(503 if worker is None else 404, str(error))
        except Exception as error:  # whoever looks must not see the app's insides in an error
            if type(error) not in self._failed:
                self._failed.add(type(error))
                _log.exception("the console could not take a snapshot")
            return refused(500, "the snapshot failed; the server's log says why")

    async def frames(self, request: Request) -> Response:
        since = request.query_params.get("since")
        if since not in (None, "0"):
            return refused(400, "since: only 0, for all that is held")
        if request.method == "HEAD":
            return Response(media_type=NDJSON)
        viewer = self._hub.enter(replay=since is not None)
        if viewer is None:
            return refused(503, "too many look at the console already; close a page or a terminal")
        return FrameStream(self._hub, viewer)

    async def recording(self, request: Request) -> Response:
        return _download(self._hub.held_lines(), "ndjson", NDJSON)

    async def trace(self, request: Request) -> Response:
        lines = (line for piece in self._hub.held_lines() for line in piece.splitlines())
        return _download(trace_pieces(map(read_line, lines)), "trace.json", "application/json")

    async def standalone(self, request: Request) -> Response:
        try:
            return _download(page_pieces(self._hub.held_lines(), self._built), "html", "text/html")
        except ClearwayError as error:
            return refused(503, str(error))

    async def metrics(self, request: Request) -> Response:
        text, kind = self._metrics.text(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": kind})

    async def source(self, request: Request) -> Response:
        file, line = request.query_params.get("file", ""), request.query_params.get("line", "")
        if not (line.isascii() and line.isdigit() and len(line) < 10):
            return refused(400, "line: expected a number")
        try:
            return JSONResponse(asdict(source(self._hub.state, file, int(line))))
        except NoSource as error:
            return refused(404, str(error))


def _download(pieces: Iterator[bytes], ending: str, kind: str) -> Response:
    """A file made as fast as it is taken, but for half of the time: then the app has the interpreter to itself."""
    name = strftime(f"clearway-%Y%m%d-%H%M%S.{ending}", gmtime())

    async def paced() -> AsyncIterator[bytes]:
        while True:
            began = perf_counter()
            piece = next(pieces, None)
            if piece is None:
                return
            await asyncio.sleep(perf_counter() - began)
            yield piece

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(paced(), media_type=kind, headers=headers)


def _worker(request: Request) -> tuple[bool, int | None]:
    """Whether a worker is asked for, and which; None for what is no process id."""
    asked = request.query_params.get("worker")
    is_number = asked is not None and asked.isascii() and asked.isdigit() and len(asked) < 10
    return asked is not None, int(asked) if asked is not None and is_number else None


class FrameStream(Response):
    """Sends a viewer its lines until it goes away, or takes nothing any more."""

    media_type = NDJSON

    def __init__(self, hub: Hub, viewer: Viewer) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._hub = hub
        self._viewer = viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(self._viewer)
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while lines := await self._hub.lines(self._viewer):
            async with asyncio.timeout(STUCK_S):
                await send({"type": "http.response.body", "body": lines, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
