"""Who has begun a job: what the plugin in the scheduler answers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from clearway.runtime.lanes.clusters.claims import TOPIC, Claims


class FakeScheduler:
    """As much of a scheduler as the plugin asks for."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}
        self.tasks = {key: SimpleNamespace(state="processing") for key in ("a", "b", "c")}
        self.workers = {address: SimpleNamespace(nthreads=2) for address in ("tcp://one", "tcp://two")}
        self.told: list[tuple[str, Any]] = []

    def log_event(self, topic: str, message: Any) -> None:
        self.told.append((topic, message))


@pytest.fixture
def scheduler() -> FakeScheduler:
    return FakeScheduler()


@pytest.fixture
def claims(scheduler: FakeScheduler) -> Claims:
    made = Claims()
    asyncio.run(made.start(scheduler))  # type: ignore[arg-type]
    assert set(scheduler.handlers) == {"clearway_claim", "clearway_withdraw", "clearway_count"}
    return made


def test_only_the_first_who_asks_may_begin(claims: Claims) -> None:
    """Also not the same worker once more, nor one that came back at the same address."""
    assert claims.claim("a", "tcp://one", "first") == "first"
    assert claims.claim("a", "tcp://two", "second") == "first"
    assert claims.claim("a", "tcp://one", "third") == "first"


def test_what_was_withdrawn_or_cancelled_nobody_may_begin(claims: Claims, scheduler: FakeScheduler) -> None:
    assert claims.withdraw("a")
    assert claims.claim("a", "tcp://one", "token") == ""
    assert claims.claim("b", "tcp://one", "token") == "token"
    assert not claims.withdraw("b")
    del scheduler.tasks["c"]
    assert claims.claim("c", "tcp://one", "token") == ""


def test_the_apps_are_told_what_went_with_a_worker(claims: Claims, scheduler: FakeScheduler) -> None:
    """What it had begun; not what waited for it, nor a result of which another worker has a copy."""
    claims.claim("a", "tcp://one", "token")
    claims.claim("b", "tcp://one", "token")
    claims.claim("c", "tcp://two", "token")
    scheduler.tasks["b"].state = "memory"
    del scheduler.workers["tcp://one"]
    claims.remove_worker(scheduler, "tcp://one", stimulus_id="x")  # type: ignore[arg-type]
    assert scheduler.told == [(TOPIC, {"count": (1, 2), "worker": "tcp://one", "lost": ["a"]})]


def test_a_claim_goes_with_its_task(claims: Claims) -> None:
    """A scheduler that runs for months keeps nothing of what is over."""
    claims.claim("a", "tcp://one", "token")
    claims.transition("a", "memory", "released")
    assert claims._claims
    claims.transition("a", "released", "forgotten")
    assert not claims._claims
