"""The servers as fixtures of a session. A `conftest.py` whose tests want them imports them from here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.mysql import MySQL
from tests.services.postgres import Postgres
from tests.services.process import Missing
from tests.services.redis import Redis
from tests.services.upstream import Upstream


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    try:
        server = Postgres()
    except Missing as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    try:
        server = Redis()
    except Missing as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def _upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def _tls_upstream() -> Iterator[Upstream]:
    with Upstream(tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def _mysql_server() -> Iterator[MySQL]:
    with MySQL() as server:
        yield server


@pytest.fixture
def upstream(_upstream: Upstream) -> Iterator[Upstream]:
    """A slow HTTP server, its counters at zero."""
    yield from _upstream.fresh()


@pytest.fixture
def tls_upstream(_tls_upstream: Upstream) -> Iterator[Upstream]:
    """The same behind TLS; `authority` is the file of the certificate authority that signed for it."""
    yield from _tls_upstream.fresh()


@pytest.fixture
def mysql_server(_mysql_server: MySQL) -> Iterator[MySQL]:
    """A server that speaks MySQL's protocol, its counters at zero."""
    yield from _mysql_server.fresh()
