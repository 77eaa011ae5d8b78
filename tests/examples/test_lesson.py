"""The lesson's app answers as its README says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.served import PATIENCE_S, Served

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def lesson() -> Iterator[Served]:
    served = Served(["examples/lesson/app.py", "--port", "0", "--console", "127.0.0.1:0"], ROOT)
    yield served
    served.kill()


@pytest.mark.parametrize(
    "path",
    ["/sync/", "/async/", "/pinned/", "/slow/", "/bad/", "/good/", "/upstream/", "/items/3", "/report/2025"],
)
def test_answers(lesson: Served, path: str) -> None:
    response = lesson.get(path)
    assert response.status_code == 200
    assert response.json()


def test_items_come_from_the_database(lesson: Served) -> None:
    assert lesson.get("/items/1").json() == {"id": 1, "name": "anchor"}
    assert lesson.get("/items/99").status_code == 404


def test_upstream_takes_its_time(lesson: Served) -> None:
    started = time.perf_counter()
    assert lesson.get("/upstream/").json() == {"message": "the upstream took its time"}
    assert time.perf_counter() - started >= 0.1


def test_report_counts_primes(lesson: Served) -> None:
    assert lesson.get("/report/1").json()["primes"] == 4
    assert lesson.get("/report/0").status_code == 422


def test_countdown_arrives_in_pieces(lesson: Served) -> None:
    with httpx.stream("GET", lesson.url + "/countdown/", timeout=PATIENCE_S) as response:
        assert list(response.iter_lines()) == [str(left) for left in range(10, 0, -1)]


def test_every_route_stands_in_the_plan(lesson: Served) -> None:
    for path in ("/sync/", "/async/", "/bad/", "/items/{item_id}"):
        lesson.line(rf"GET {path}".replace("{", r"\{") + r"\s+(loop|thread)\s")
