"""Who may ask the console, and what browsers may do with its answers.

Lets through only who asks for this console by its own name, from its own pages, and knows the token if there is one.
The page's own files are free: they are the same for everyone, and a browser sends no token for a script.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS_PATH = "/assets/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
NOT_KEPT = "no-store"


class Guard:
    """ASGI middleware. `host` is the address that the console is served on."""

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
                headers = message["headers"] = list(message["headers"])
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", NOT_KEPT.encode()))
                headers += [(name.encode(), value.encode()) for name, value in SECURITY.items()]
            await send(message)

        await (refusal or self.app)(scope, receive, send_hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own_name(hosts[0]):
            return refused(421, "this host name is not the console's; use its address")
        if not self._is_own_page(headers, hosts[0]):
            return refused(403, "another site's page may not read the console")
        if scope["method"] not in ("GET", "HEAD"):
            return refused(405, "only GET", {"Allow": "GET, HEAD"})
        is_page = scope["path"] == "/" or scope["path"].startswith(ASSETS_PATH)
        if self.token is not None and not is_page and not self._knows_token(headers, scope["query_string"]):
            return refused(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
        return None

    def _is_own_name(self, host: str) -> bool:
        """DNS rebinding: another site's name can be made to point here, but the browser tells that name."""
        name, bracket, _ = host.casefold().partition("]")
        name = name[1:] if bracket and name.startswith("[") else host.casefold().partition(":")[0]
        if name in ("localhost", self.host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # Listening on every address, any address is the console's own; only names can be rebound.
        return address.is_loopback or self.host in ("0.0.0.0", "::")

    @staticmethod
    def _is_own_page(headers: Headers, host: str) -> bool:
        """Whether a browser says that a page of the console's asks, or that the user went to the address."""
        for origin in headers.getlist("origin"):
            if origin.casefold().removeprefix("http://").removeprefix("https://") != host.casefold():
                return False
        if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            return True
        # A link on another page may lead here; nothing there may fetch, embed or frame.
        return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"

    def _knows_token(self, headers: Headers, query: bytes) -> bool:
        assert self.token is not None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            sent = given.strip().encode("latin-1")  # as Starlette decoded it
        else:
            sent = parse_qs(query.decode("latin-1")).get("token", [""])[0].encode()
        return hmac.compare_digest(sent, self.token)


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says in one line why there is no other."""
    return JSONResponse({"error": message}, status, headers)
