"""First in, first out within a route; the routes take turns."""

from __future__ import annotations

from typing import Any

from clearway.runtime.lanes.queue import FairQueue
from clearway.runtime.lanes.threads.tier import Tier
from clearway.runtime.records.recorder import RouteRecord
from tests.runtime.fake_worker import FakeWork, route, site_of


def _push(queue: FairQueue[Any], record: RouteRecord, count: int = 1) -> list[Any]:
    pushed: list[Any] = [FakeWork(record, site_of(record.name), Tier.STARTING) for _ in range(count)]
    for work in pushed:
        queue.push(work)
    return pushed


def _drain(queue: FairQueue[Any]) -> list[Any]:
    taken: list[Any] = []
    while (work := queue.first(lambda work: True)) is not None:
        queue.pop(work)
        taken.append(work)
    return taken


def test_one_route_is_served_in_order() -> None:
    queue: FairQueue[Any] = FairQueue()
    pushed = _push(queue, route("a"), 4)
    assert bool(queue)
    assert _drain(queue) == pushed
    assert not queue


def test_routes_take_turns_however_much_waits() -> None:
    queue = FairQueue[Any]()
    a, b, c = route("a"), route("b"), route("c")
    _push(queue, a, 5)
    _push(queue, b, 2)
    _push(queue, c, 1)
    assert [work.route.name for work in _drain(queue)] == list("abcabaaa")


def test_first_leaves_the_work_where_it_is() -> None:
    queue = FairQueue[Any]()
    a = route("a")
    (work,) = _push(queue, a)
    assert queue.first(lambda work: True) is work
    assert queue.first(lambda work: True) is work
    assert queue.length_of(a) == 1


def test_a_route_that_may_not_run_is_passed_over_and_keeps_its_work() -> None:
    queue = FairQueue[Any]()
    a, b = route("a"), route("b")
    _push(queue, a, 2)
    (wanted,) = _push(queue, b)
    found = queue.first(lambda work: work.route is b)
    assert found is wanted
    queue.pop(found)
    assert queue.first(lambda work: work.route is b) is None
    assert queue.length_of(a) == 2
    assert [work.route.name for work in _drain(queue)] == ["a", "a"]


def test_removed_work_is_gone_and_its_route_with_it() -> None:
    queue = FairQueue[Any]()
    a, b = route("a"), route("b")
    first, second = _push(queue, a, 2)
    (other,) = _push(queue, b)
    assert queue.remove(first)
    assert not queue.remove(first)
    assert queue.remove(second)
    assert queue.length_of(a) == 0
    assert not queue.remove(second)
    assert _drain(queue) == [other]


def test_old_work_is_removed_of_all_routes() -> None:
    queue = FairQueue[Any]()
    a, b = route("a"), route("b")
    old, young, other = *_push(queue, a, 2), *_push(queue, b)
    old.submitted_ns, young.submitted_ns, other.submitted_ns = 10, 30, 20
    assert set(queue.remove_older(25)) == {old, other}
    assert (queue.length_of(a), queue.length_of(b)) == (1, 0)
    assert _drain(queue) == [young]
