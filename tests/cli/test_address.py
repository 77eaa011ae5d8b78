"""Reading addresses, and taking a port."""

from __future__ import annotations

import socket

import pytest

from clearway.cli.address import Address, bind, read_address, url_of
from clearway.model import ClearwayError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8001", Address("127.0.0.1", 8001)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:8001", Address("::1", 8001)),
        (":8001", Address("127.0.0.1", 8001)),
        ("8001", Address("127.0.0.1", 8001)),
    ],
)
def test_address_is_read(text: str, address: Address) -> None:
    assert read_address(text, "--console") == address


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", "::1:8001", "a:65536", "a:-1", "a:1e3", "a:١"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ClearwayError, match=r"^--console "):
        read_address(text, "--console")


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, is_loopback: bool) -> None:
    assert Address(host, 1).is_loopback is is_loopback


def test_bound_port_refuses_until_somebody_listens() -> None:
    with bind(Address("127.0.0.1", 0)) as sock:
        place = sock.getsockname()
        assert url_of(sock) == f"http://127.0.0.1:{place[1]}"
        with socket.socket() as asking:
            assert asking.connect_ex(place) != 0


def test_localhost_is_bound_where_its_address_is_typed() -> None:
    with bind(Address("localhost", 0)) as sock:
        assert sock.family == socket.AF_INET


def test_taken_port_names_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ClearwayError, match=rf"{port} is in use by another program; .*--port \d+$"):
            bind(Address("127.0.0.1", port))


def test_address_of_another_machine() -> None:
    with pytest.raises(ClearwayError, match=r"198\.51\.100\.1:0: cannot assign requested address"):
        bind(Address("198.51.100.1", 0))
