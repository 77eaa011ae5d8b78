"""Network addresses: reading `HOST:PORT`, and taking a port before anything else is started."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from clearway.model import ClearwayError


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host.casefold() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_address(text: str, option: str) -> Address:
    """`HOST:PORT`, `[IPV6]:PORT` or `PORT`. Raises ClearwayError."""
    host, _, port = text.rpartition(":")
    host = host or "127.0.0.1"
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ClearwayError(f"{option} {text}: write an IPv6 address in brackets, as in [::1]:8001")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ClearwayError(f"{option} {text}: expected HOST:PORT with a port from 0 to 65535")
    return Address(host, int(port))


def bind(address: Address) -> socket.socket:
    """The app's socket: bound, but not yet listening: nobody can connect before there is something to answer.

    Raises ClearwayError when the port is taken or the host is not this machine's.
    """
    try:
        found = socket.getaddrinfo(address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise ClearwayError(f"--host {address.host}: no such host") from None
    # `localhost` has two addresses on most machines; IPv4 is what the printed address is typed into.
    family, kind, protocol, _, place = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(place)
    except OSError as error:
        sock.close()
        raise _refused(address, error) from error
    return sock


def _refused(address: Address, error: OSError) -> ClearwayError:
    if error.errno == errno.EADDRINUSE:
        free = _free_port_after(address)
        return ClearwayError(f"{address} is in use by another program; stop it, or try --port {free}")
    if error.errno == errno.EACCES:
        return ClearwayError(f"{address}: no permission for this port; choose one from 1024 upwards")
    return ClearwayError(f"{address}: {(error.strerror or str(error)).lower()}")


def _free_port_after(address: Address) -> int:
    """The next port that could be bound a moment ago, 0 (any) if none of a hundred could."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    for port in range(address.port + 1, min(address.port + 101, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((address.host, port))
            except OSError:
                continue
            return port
    return 0


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{Address(host, port)}"
