"""`socket.socket`: what would block is tried without blocking, and waited for by the loop in between.

Timeouts are the socket's own and count as the interpreter counts them. Non-blocking sockets, those of asyncio among
them, go straight to the original.
"""

from __future__ import annotations

import os
import socket
from _socket import socket as RawSocket
from errno import EAGAIN, EINPROGRESS, EISCONN
from time import monotonic
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from clearway.runtime import portal
from clearway.runtime.containment.families.sleep import sleep_for
from clearway.runtime.containment.readiness import READ, WRITE, closing, wait_ready
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable

_NOW = socket.MSG_DONTWAIT
_BACKLOG_LOOK_S = 0.002
"""A full backlog of a UNIX socket cannot be waited for."""

get_timeout = RawSocket.gettimeout


class Deadline:
    """What is left of a socket's timeout."""

    __slots__ = ("_at",)

    def __init__(self, timeout_s: float | None) -> None:
        self._at = None if timeout_s is None else monotonic() + timeout_s

    def wait(self, fd: int, event: int) -> None:
        """Suspend the request until the socket is ready. Raises TimeoutError."""
        left_s = None if self._at is None else self._at - monotonic()
        if (left_s is not None and left_s <= 0) or not wait_ready(fd, event, left_s):
            raise TimeoutError("timed out")


def transfer(name: str, event: int, flags_at: int) -> Replacement:
    """A method that receives or sends once. `flags_at`: the position of its `flags`, whose defaults come before."""
    raw = getattr(RawSocket, name)
    defaults: tuple[Any, ...] = ((), ()) if name == "sendmsg" else (None, 0)

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: socket.socket, /, *args: Any, **kwargs: Any) -> Any:
            # asyncio's own transports come by here with every request: they pay for this look, and no call more.
            if getcurrent().parent is None or not portal.is_open() or (timeout := get_timeout(self)) == 0:
                return original(self, *args, **kwargs)
            deadline = Deadline(timeout)
            while True:
                try:
                    if timeout is None:
                        return original(self, *_at_once(args, kwargs), **kwargs)
                    return once(self, raw, args, kwargs)
                except BlockingIOError:
                    deadline.wait(self.fileno(), event)

        def _at_once(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
            if "flags" in kwargs:
                kwargs["flags"] |= _NOW
                return args
            if name == "sendto" and len(args) == 2:
                return args[0], _NOW, args[1]
            if len(args) > flags_at:
                return (*args[:flags_at], args[flags_at] | _NOW, *args[flags_at + 1 :])
            if not kwargs:
                return (*args, *defaults[len(args) : flags_at], _NOW)
            kwargs["flags"] = _NOW
            return args

        return method

    return Replacement(socket.socket, name, make)


def once(sock: socket.socket, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a method of a socket that has a timeout, now or never. Raises BlockingIOError.

    The descriptor of such a socket does not block; it is the socket object that would wait. Another object for the
    same descriptor does not, and no thread that uses the first sees anything of it.
    """
    other = RawSocket(sock.family, sock.type, sock.proto, sock.fileno())
    other_timeout = socket.getdefaulttimeout()
    try:
        if other_timeout is not None:
            other.settimeout(0)  # the descriptor is non-blocking already
        return method(other, *args, **kwargs)
    finally:
        other.detach()


def _send_all(original: Callable[..., None]) -> Callable[..., None]:
    def sendall(self: socket.socket, data: Any, flags: int = 0, /) -> None:
        if not portal.is_open() or (timeout := get_timeout(self)) == 0:
            return original(self, data, flags)
        deadline = Deadline(timeout)
        with memoryview(data) as view, view.cast("B") as left:
            sent = 0
            while sent < len(left):
                try:
                    sent += (
                        RawSocket.send(self, left[sent:], flags | _NOW)
                        if timeout is None
                        else once(self, RawSocket.send, (left[sent:], flags), {})
                    )
                except BlockingIOError:
                    deadline.wait(self.fileno(), WRITE)
        return None

    return sendall


def without_blocking(sock: socket.socket, method: Callable[..., Any], *args: Any) -> Any:
    """Call a method with the socket's timeout set to 0 meanwhile. Raises BlockingIOError."""
    timeout = get_timeout(sock)
    RawSocket.settimeout(sock, 0)
    try:
        return method(sock, *args)
    finally:
        if sock.fileno() >= 0:
            RawSocket.settimeout(sock, timeout)


def _accept(original: Callable[..., Any]) -> Callable[..., Any]:
    def _accept(self: socket.socket) -> Any:
        if not portal.is_open() or (timeout := get_timeout(self)) == 0:
            return original(self)
        deadline = Deadline(timeout)
        while True:
            try:
                return without_blocking(self, original)
            except BlockingIOError:
                deadline.wait(self.fileno(), READ)

    return _accept


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any, /) -> None:
        if not portal.is_open() or get_timeout(self) == 0:
            original(self, address)
        else:
            connect_contained(self, original, address)

    return connect


def _connect_ex(original: Callable[..., int]) -> Callable[..., int]:
    def connect_ex(self: socket.socket, address: Any, /) -> int:
        if not portal.is_open() or get_timeout(self) == 0:
            return original(self, address)
        try:
            connect_contained(self, RawSocket.connect, address)
        except TimeoutError as error:
            return error.errno or EAGAIN
        except socket.gaierror:
            raise
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno
        return 0

    return connect_ex


def connect_contained(sock: socket.socket, original: Callable[..., Any], address: Any) -> None:
    """Connect as a blocking socket does, the request suspended while names are looked up and the peer answers."""
    address = _resolved(sock, address)
    deadline = Deadline(get_timeout(sock))
    while True:
        try:
            without_blocking(sock, original, address)
            return
        except BlockingIOError as error:
            if error.errno == EINPROGRESS:
                break
            if error.errno != EAGAIN or sock.family != socket.AF_UNIX:
                raise
            sleep_for(_BACKLOG_LOOK_S)
    deadline.wait(sock.fileno(), WRITE)
    error_number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error_number not in (0, EISCONN):
        raise OSError(error_number, os.strerror(error_number))


def _resolved(sock: socket.socket, address: Any) -> Any:
    """The address with a number for a name: looking it up would block."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple) or len(address) < 2:
        return address
    host = address[0]
    if not isinstance(host, str) or host in ("", "<broadcast>"):
        return address
    try:
        socket.inet_pton(sock.family, host)
    except OSError:
        found = socket.getaddrinfo(host, address[1], sock.family, sock.type, sock.proto)
        return (found[0][4][0], *address[1:])
    return address


def _send_file(original: Callable[..., int]) -> Callable[..., int]:
    def sendfile(self: Any, file: Any, offset: int = 0, count: int | None = None) -> int:
        if not portal.is_open() or get_timeout(self) == 0:
            return original(self, file, offset, count)
        # The system's own sendfile would block; what the class does instead of it sends piece by piece.
        sent: int = self._sendfile_use_send(file, offset, count)
        return sent

    return sendfile


def _closing(original: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        if (fd := self.fileno()) >= 0:
            closing(fd)
        return original(self, *args, **kwargs)

    return method


REPLACEMENTS = (
    transfer("recv", READ, 1),
    transfer("recv_into", READ, 2),
    transfer("recvfrom", READ, 1),
    transfer("recvfrom_into", READ, 2),
    transfer("recvmsg", READ, 2),
    transfer("recvmsg_into", READ, 2),
    transfer("send", WRITE, 1),
    transfer("sendto", WRITE, 1),
    transfer("sendmsg", WRITE, 2),
    Replacement(socket.socket, "sendall", _send_all),
    Replacement(socket.socket, "sendfile", _send_file),
    Replacement(socket.socket, "_accept", _accept),
    Replacement(socket.socket, "connect", _connect),
    Replacement(socket.socket, "connect_ex", _connect_ex),
    Replacement(socket.socket, "_real_close", _closing),
    Replacement(socket.socket, "detach", _closing),
)
