"""The console's own port, and the thread that answers on it, even while the app's loop stands still."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clearway.console.app import ASSETS, SNAPSHOT_PATH, console_app
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

    from clearway.console.hub import Hub

__all__ = ["SNAPSHOT_PATH", "ConsoleServer", "PortTaken"]

STOP_TIMEOUT_S = 2.0
LAST_WORDS_S = 0.02
MOST_CONNECTIONS = 128
"""Further ones are closed at once: the console shares the app's open files."""

_log = logging.getLogger("clearway.console")


class PortTaken(ClearwayError):
    """Another program listens on the console's port."""


class ConsoleServer:
    """Serves a hub in a daemon thread with an event loop of its own, so that a stall of the app's loop, which is what
    one wants to see, does not silence it.
    """

    def __init__(self, hub: Hub, host: str, port: int, token: str | None = None, assets: Path = ASSETS) -> None:
        self.hub = hub
        self.host = host
        self.port = port
        """As asked for; after `start()` the port that is really used."""
        self._app = console_app(hub, host, token, assets)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Listen, and answer from now on. Raises PortTaken, or ClearwayError for a bad host."""
        sock = self._listen()
        self.port = sock.getsockname()[1]
        self._server = _Server(_Config(self._app), self.hub)
        self._thread = threading.Thread(target=self._server.run, args=([sock],), name="clearway-console", daemon=True)
        # The socket listens already: what connects before the thread has started waits in its backlog.
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait a moment for the thread to end. Does nothing when not started."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.join(STOP_TIMEOUT_S)

    def _listen(self) -> socket.socket:
        where = self.url.removeprefix("http://")
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except (socket.gaierror, UnicodeError):
            raise ClearwayError(f"console {self.host}: no such host") from None
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(place)
            sock.listen(64)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"console {where} is in use by another program") from None
            raise ClearwayError(f"console {where}: {(error.strerror or str(error)).lower()}") from None
        return sock


class _Server(uvicorn.Server):
    """Runs the hub as long as it serves."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """From another thread."""
        self.should_exit = True
        self.force_exit = True  # a viewer that keeps its connection open delays nobody
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Instead of uvicorn's, which looks ten times a second whether it shall stop."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await asyncio.sleep(LAST_WORDS_S)  # streams end as they should
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        collecting = asyncio.create_task(self._collect())
        try:
            await super().serve(sockets)
        finally:
            collecting.cancel()
            await asyncio.wait([collecting])

    async def _collect(self) -> None:
        try:
            await self._hub.run()
        except Exception:
            _log.exception("the console hears no more of the app")


_connections = logging.getLogger("clearway.console.connections")
_connections.addFilter(lambda record: record.exc_info is not None and isinstance(record.exc_info[1], Exception))
"""Only what is the console's own fault: not a viewer who left, nor a stream that was cut off."""


class _QuietProtocol(HttpToolsProtocol):
    """Keeps the viewers' requests, and what becomes of them, out of the app's logs, which uvicorn's servers share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()


class _Config(uvicorn.Config):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            loop="asyncio",
            http=_QuietProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,  # it would have to be made every second
            workers=1,
        )

    def configure_logging(self) -> None:
        """Leave logging alone: its settings are global, and belong to the app's server."""
