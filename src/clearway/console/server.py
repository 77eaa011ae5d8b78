"""The console's own port: the runtime's snapshot as JSON, answered even while the app's loop stands still."""

from __future__ import annotations

import errno
import hmac
import ipaddress
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SNAPSHOT_PATH = "/__clearway__/snapshot"
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 2.0

_log = logging.getLogger("clearway.console")


class PortTaken(ClearwayError):
    """Another program listens on the console's port."""


class ConsoleServer:
    """Serves the console in a daemon thread with an event loop of its own, so that a stall of the app's
    loop, which is what one wants to see, does not silence it.
    """

    def __init__(
        self, runtime_snapshot: Callable[[], dict[str, Any]], host: str, port: int, token: str | None = None
    ) -> None:
        self.host = host
        self.port = port
        """As asked for; after `start()` the port that is really used."""
        self._app = console_app(runtime_snapshot, host, token)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Listen, and answer from now on. Raises PortTaken, or ClearwayError for a bad host."""
        sock = self._listen()
        self.port = sock.getsockname()[1]
        self._server = uvicorn.Server(_Config(self._app))
        self._thread = threading.Thread(target=self._server.run, args=([sock],), name="clearway-console", daemon=True)
        # The socket listens already: what connects before the thread has started waits in its backlog.
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait a moment for the thread to end. Does nothing when not started."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True  # a viewer that keeps its connection open delays nobody
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


class _QuietProtocol(HttpToolsProtocol):
    """Keeps the viewers' requests out of the app's access log, which uvicorn's servers share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False


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
            workers=1,
        )

    def configure_logging(self) -> None:
        """Leave logging alone: its settings are global, and belong to the app's server."""


def console_app(runtime_snapshot: Callable[[], dict[str, Any]], host: str, token: str | None) -> Starlette:
    """The console's ASGI app. `host` is the address it is served on."""
    failed: set[type[Exception]] = set()

    async def snapshot(request: Request) -> Response:
        try:
            return JSONResponse(runtime_snapshot())
        except Exception as error:  # whoever looks must not see the app's insides in an error
            if type(error) not in failed:
                failed.add(type(error))
                _log.exception("the console could not take a snapshot")
            return JSONResponse({"error": "the snapshot failed; the server's log says why"}, 500)

    return Starlette(
        routes=[Route(SNAPSHOT_PATH, snapshot, methods=["GET"])],
        middleware=[Middleware(_Guard, host=host, token=token)],
    )


class _Guard:
    """Lets through only who asks for this console by its own name and knows the token, if there is one."""

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        self.app = app
        self.host = host.casefold()
        self.token = token.encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"cache-control", b"no-store"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await (refusal or self.app)(scope, receive, send_hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._is_own_name(headers.getlist("host")):
            return _error(421, "this host name is not the console's; use its address")
        if self.token is not None and not self._knows_token(headers, scope["query_string"]):
            return _error(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
        if scope["method"] not in ("GET", "HEAD"):
            return _error(405, "only GET", {"Allow": "GET, HEAD"})
        return None

    def _is_own_name(self, hosts: list[str]) -> bool:
        """DNS rebinding: another site's name can be made to point here, but the browser tells that name."""
        if len(hosts) != 1:
            return False
        name, bracket, _ = hosts[0].casefold().partition("]")
        name = name[1:] if bracket and name.startswith("[") else hosts[0].casefold().partition(":")[0]
        if name in ("localhost", self.host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # Listening on every address, any address is the console's own; only names can be rebound.
        return address.is_loopback or self.host in ("0.0.0.0", "::")

    def _knows_token(self, headers: Headers, query: bytes) -> bool:
        assert self.token is not None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            sent = given.strip().encode("latin-1")  # as Starlette decoded it
        else:
            sent = parse_qs(query.decode("latin-1")).get("token", [""])[0].encode()
        return hmac.compare_digest(sent, self.token)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)
