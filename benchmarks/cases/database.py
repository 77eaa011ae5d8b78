"""A database driver that blocks, in an `async def`: contained, against plain FastAPI."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.cases.throughput import Comparison, Side, Throughput
from benchmarks.database_app import CONNECTIONS, DSN
from benchmarks.effort import Effort
from benchmarks.result import Figure, Outcome, Row, Target
from benchmarks.servers import APP, Kind, Server
from tests.services.postgres import Postgres
from tests.services.process import Missing

LEAST_PER_S = 400.0


@dataclass(frozen=True, slots=True)
class Database(Throughput):
    """A case whose servers have a PostgreSQL server of this run's own."""

    @contextlib.contextmanager
    def servers(self, effort: Effort) -> Iterator[dict[Kind, Server]]:
        try:
            postgres = Postgres()
        except Missing as error:
            raise OSError(str(error)) from None
        with postgres, contextlib.ExitStack() as stack:
            os.environ[DSN] = postgres.dsn
            stack.callback(os.environ.pop, DSN)
            servers = {"plain": Server("plain"), effort.opponent: Server(effort.opponent, ["--contain"])}
            for server in servers.values():
                server.command = ["benchmarks.database_app:app" if part == APP else part for part in server.command]
                stack.enter_context(server)
            for server in servers.values():
                server.wait_until_ready()
            yield {"plain": servers["plain"], "clearway": servers[effort.opponent]}

    def run(self, effort: Effort) -> Outcome:
        outcome = Throughput.run(self, effort)
        found = max(one["requests_per_s"] for one in outcome.measurements if one["side"] == "clearway")
        target = Target("at least", LEAST_PER_S)
        best = Row(title="… the best of its rounds", clearway=Figure(found, "/s"), target=target)
        return replace(outcome, rows=(*outcome.rows, best))


CASES = (
    Database(
        name="contain-psycopg2",
        connections=CONNECTIONS,
        waits=True,
        sides={"plain": Side("plain", "/database/"), "clearway": Side("clearway", "/database/")},
        comparisons=(
            Comparison(
                "async def + psycopg2, pg_sleep(0.1), 50 connections",
                "clearway",
                "plain",
                40.0,
                bar="async def + psycopg2, pg_sleep(0.1)",
            ),
        ),
    ),
)
