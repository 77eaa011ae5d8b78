"""Which code a process has: what the digest sees, and what the start says of workers that differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

import clearway
from clearway.model import Lane
from clearway.runtime.lanes.cluster import ClusterLane
from clearway.runtime.lanes.clusters import Job, Report, code
from tests.runtime.cluster import warehouse


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop_to_digest"
    (folder / "parts").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "parts" / "__init__.py").write_text("")
    (folder / "parts" / "nuts.py").write_text("SIZE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def digest() -> str | None:
    return code.digest.__wrapped__("shop_to_digest.parts.nuts")


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename"])
def test_any_change_of_a_source_in_the_package_is_seen(shop: Path, change: str) -> None:
    before = digest()
    assert before == digest()
    nuts = shop / "parts" / "nuts.py"
    (shop / "notes.txt").write_text("is no code")
    assert digest() == before
    if change == "edit":
        nuts.write_text("SIZE = 2\n")
    elif change == "add":
        (shop / "bolts.py").write_text("")
    elif change == "remove":
        (shop / "parts" / "__init__.py").unlink()
    else:
        nuts.rename(shop / "parts" / "nuts2.py")
    if change == "rename":
        assert code.digest.__wrapped__("shop_to_digest") != before
    else:
        assert digest() != before


def test_a_module_in_no_package_stands_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "alone_to_digest.py").write_text("A = 1\n")
    before = code.digest.__wrapped__("alone_to_digest")
    (tmp_path / "another.py").write_text("")
    assert code.digest.__wrapped__("alone_to_digest") == before
    assert code.package_of("alone_to_digest") == "alone_to_digest"
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        code.digest.__wrapped__("no_such_module")


class OtherCluster:
    """A cluster whose one worker was set up in another way."""

    address = "other"
    is_connected = False
    workers = threads = 1
    reconnects = 0

    def __init__(self, found: dict[str, dict[str, str | None]]) -> None:
        self._found = found

    async def start(self, changed: Callable[[], None]) -> None:
        self.is_connected = True
        changed()

    async def run(self, job: Job) -> Report:
        raise NotImplementedError

    async def withdraw(self, job: Job) -> bool:
        return False

    async def probe(self, modules: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
        return self._found

    async def stop(self) -> None:
        self.is_connected = False

    def abandon(self) -> None:
        self.is_connected = False


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"python": "2.7.18"}, "worker w has python 2.7.18, the app 3."),
        ({"pydantic": "1.0"}, "worker w has pydantic 1.0, the app 2."),
        ({warehouse.__name__: "0000"}, "worker w has other code of tests than the app"),
        ({warehouse.__name__: "missing"}, f"worker w cannot import {warehouse.__name__}: install the app's code"),
    ],
)
def test_the_start_warns_of_what_differs(
    differs: dict[str, str | None],
    said: str,
    install: Callable[..., clearway.Runtime],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = FastAPI()
    app.get("/")(clearway.cluster(warehouse.process_id))
    runtime = install(app)
    same = code.describe((warehouse.__name__,))

    async def start_and_stop(cluster: OtherCluster) -> None:
        runtime.remote_lanes[Lane.CLUSTER] = ClusterLane(runtime, cluster)
        await runtime.start_lanes()
        await runtime.stop_lanes()

    asyncio.run(start_and_stop(OtherCluster({"w": same})))
    assert caplog.messages == []
    asyncio.run(start_and_stop(OtherCluster({"w": {**same, **differs}})))
    (message,) = caplog.messages
    assert message.startswith(said)
