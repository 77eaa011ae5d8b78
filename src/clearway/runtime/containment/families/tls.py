"""`ssl.SSLSocket`: handshake, read, write and the closing of a session, tried without blocking as in `sockets`."""

from __future__ import annotations

from ssl import SSLSocket, SSLWantReadError, SSLWantWriteError
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.families.sockets import Deadline, get_timeout, without_blocking
from clearway.runtime.containment.readiness import READ, WRITE
from clearway.runtime.containment.replacing import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable


def _step_by_step(name: str) -> Replacement:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            if not portal.is_open() or self._sslobj is None or (timeout := get_timeout(self)) == 0:
                return original(self, *args, **kwargs)
            deadline = Deadline(timeout)
            while True:
                try:
                    return without_blocking(self, lambda sock: original(sock, *args, **kwargs))
                except SSLWantReadError:
                    deadline.wait(self.fileno(), READ)
                except SSLWantWriteError:
                    deadline.wait(self.fileno(), WRITE)

        return method

    return Replacement(SSLSocket, name, make)


def _handshake(original: Callable[..., None]) -> Callable[..., None]:
    def do_handshake(self: Any, block: bool = False) -> None:
        timeout = get_timeout(self)
        if not portal.is_open() or (timeout == 0 and not block):
            original(self, block)
            return
        self._check_connected()
        deadline = Deadline(timeout or None)
        while True:
            try:
                without_blocking(self, lambda sock: sock._sslobj.do_handshake())
                return
            except SSLWantReadError:
                deadline.wait(self.fileno(), READ)
            except SSLWantWriteError:
                deadline.wait(self.fileno(), WRITE)

    return do_handshake


REPLACEMENTS = (
    Replacement(SSLSocket, "do_handshake", _handshake),
    _step_by_step("read"),
    _step_by_step("write"),
    _step_by_step("send"),
    _step_by_step("unwrap"),
)
