"""One connection to a console: its frames line by line, and its diagnosis. Plain HTTP, from a thread that may wait."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from clearway.console.terminal.words import printable
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES_PATH = "/__clearway__/frames?since=0"
DOCTOR_PATH = "/__clearway__/doctor"
CONNECT_S = 5.0
SILENCE_S = 20.0
"""Nothing for so long: the connection is taken for dead. Frames come several times a second."""
LONGEST_LINE = 16 << 20
LONGEST_ANSWER = 1 << 20


class Refused(ClearwayError):
    """The console is there, or something else is, and asking again would change nothing."""


class Unreachable(ClearwayError):
    """Nothing answers, now."""


@dataclass(frozen=True, slots=True)
class ConsoleAddress:
    """Where a console is, and the token that it wants."""

    scheme: str
    host: str
    port: int
    path: str = ""
    """Before the console's own, where a proxy has put one."""
    token: str | None = None

    @classmethod
    def read(cls, url: str, token: str | None = None) -> ConsoleAddress:
        """Of a URL as `clearway run` prints it, perhaps with `?token=`. Raises ClearwayError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ClearwayError(f"{url}: {error}; give the console's URL, as in http://127.0.0.1:8001") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ClearwayError(f"{url}: expected the console's URL, as in http://127.0.0.1:8001, or a recording")
        given = token or parse_qs(parts.query).get("token", [None])[0]
        if given is not None and not (given.isascii() and given.isprintable()):
            raise ClearwayError("the token has characters that no request can carry; use that of --console-token")
        default = 443 if parts.scheme == "https" else 80
        return cls(parts.scheme, host, default if port is None else port, parts.path.rstrip("/"), given)

    def __str__(self) -> str:
        """Without the token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


class Connection:
    """Frames from now on, after what the console still holds."""

    def __init__(self, address: ConsoleAddress) -> None:
        """Raises Unreachable or Refused."""
        self._address = address
        self._http = _http(address)
        try:
            self._http.connect()
            self._socket: socket.socket = self._http.sock
            self._answer = self._ask(FRAMES_PATH)
        except BaseException:
            self._http.close()
            raise
        self._socket.settimeout(SILENCE_S)

    def _ask(self, path: str) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._address.token}"} if self._address.token else {}
        self._http.request("GET", self._address.path + path, headers=headers)
        answer = self._http.getresponse()
        if answer.status == 200 and answer.headers.get_content_type() == "application/x-ndjson":
            return answer
        raise _refusal(self._address, answer)

    def lines(self) -> Iterator[bytes]:
        """Until the stream ends, breaks off, or is ended. Raises Unreachable with the reason."""
        try:
            while line := self._answer.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    break
                yield line
        except TimeoutError:
            raise Unreachable(f"nothing came for {SILENCE_S:.0f} s") from None
        except (OSError, http.client.HTTPException):
            raise Unreachable("the connection broke off") from None
        raise Unreachable("the app has stopped")

    def end(self) -> None:
        """From another thread than the one that reads: wakes it where it waits for the next line."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._answer.close()
        self._http.close()


def connect(address: ConsoleAddress) -> Connection:
    """Connect. Raises Unreachable where nothing answers, Refused where it is no console or wants a token."""
    try:
        return Connection(address)
    except ssl.SSLError as error:
        raise Refused(f"{address}: {error.reason or 'TLS failed'}; is it http?") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(address, error) from None


def ask_doctor(address: ConsoleAddress) -> dict[str, Any] | None:
    """The console's diagnosis now; None where it has none to give."""
    connection = _http(address)
    headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
    try:
        connection.request("GET", address.path + DOCTOR_PATH, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read(LONGEST_ANSWER)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()
    return told if isinstance(told, dict) and isinstance(told.get("sentence"), str) else None


def _http(address: ConsoleAddress) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    return kind(address.host, address.port, timeout=CONNECT_S)


def _refusal(address: ConsoleAddress, answer: http.client.HTTPResponse) -> ClearwayError:
    if answer.status == 401:
        given = "another" if address.token else "a"
        return Refused(f"the console at {address} wants {given} token: use --token, or set CLEARWAY_CONSOLE_TOKEN")
    try:
        said = json.loads(answer.read(LONGEST_ANSWER))["error"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, RecursionError):
        said = None
    if isinstance(said, str):
        kind = Unreachable if answer.status >= 500 else Refused
        return kind(f"the console at {address} says: {printable(said[:200])}")
    return Refused(
        f"{address} is no console of Clearway's (it answered {answer.status}); "
        "give the address that `clearway run` prints as `console`"
    )


def _unreachable(address: ConsoleAddress, error: Exception) -> ClearwayError:
    if isinstance(error, socket.gaierror):
        return Refused(f"{address}: no such host")
    if isinstance(error, http.client.HTTPException):
        return Refused(f"{address} is no console of Clearway's: it does not speak HTTP")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{address} did not answer within {CONNECT_S:g} s")
    return Unreachable(f"nothing answers at {address}; start the app with `clearway run`, or give the console's URL")
