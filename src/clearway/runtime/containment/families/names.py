"""Host names: the system's resolver only blocks, so it is asked in a thread."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from clearway.runtime import portal
from clearway.runtime.containment.aside import run_aside
from clearway.runtime.containment.everywhere import Everywhere

if TYPE_CHECKING:
    from collections.abc import Callable


def _aside(original: Callable[..., Any]) -> Callable[..., Any]:
    def look_up(*args: Any, **kwargs: Any) -> Any:
        if not portal.is_open():
            return original(*args, **kwargs)
        return run_aside(original, *args, **kwargs)

    look_up.__name__ = look_up.__qualname__ = original.__name__
    return look_up


def _address_info(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        if not portal.is_open() or is_number(host):
            return original(host, port, family, type, proto, flags)
        return run_aside(original, host, port, family, type, proto, flags)

    return getaddrinfo


def is_number(host: Any) -> bool:
    """Whether a host is an address already, which nobody needs to be asked about."""
    if not isinstance(host, str):
        return host is None
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


REPLACEMENTS = (
    Everywhere(socket, "getaddrinfo", _address_info),
    Everywhere(socket, "gethostbyname", _aside),
    Everywhere(socket, "gethostbyname_ex", _aside),
    Everywhere(socket, "gethostbyaddr", _aside),
    Everywhere(socket, "getnameinfo", _aside),
)
