"""The cluster lane over Dask: workers killed under load, a scheduler that goes and comes back, or is not there."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from dask import config as dask_config
from fastapi import FastAPI

import clearway
from clearway.model import Lane, LaneError
from clearway.runtime.lanes.clusters import admission, connections
from clearway.settings import Settings
from tests.runtime.cluster import warehouse
from tests.runtime.cluster.conftest import Playing, runs
from tests.runtime.cluster.machines import Machines, free_port, machines
from tests.runtime.serving import Server, client_of, happens

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["dask"])]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def counting_app() -> FastAPI:
    app = FastAPI()
    app.get("/once")(clearway.cluster(warehouse.run_for))

    @app.get("/often")
    async def often(log: str, name: str, seconds: float) -> str:
        return await clearway.offload(warehouse.run_for, log, name, seconds, lane="cluster", retries=3)

    return app


def has_run(log: Path, count: int) -> bool:
    return len(runs(log)) >= count


async def test_workers_killed_under_load_lose_no_answer_and_repeat_nothing(playing: Playing, log: Path) -> None:
    """Of 60 calls each gets its answer. One that may not be repeated runs at most once, and exactly once if it says
    200; one that may be repeated says 200; only calls that were with a killed worker fail."""
    async with playing(counting_app()) as scene:
        assert scene.machines is not None
        asked = {
            f"{route}{number}": asyncio.create_task(
                scene.get(f"/{route}", log=str(log), name=f"{route}{number}", seconds=0.02)
            )
            for number in range(30)
            for route in ("once", "often")
        }
        for share in (8, 24):
            await happens(functools.partial(has_run, log, share), "some have run")
            scene.machines.kill_worker(next(iter(scene.machines.workers)))
            scene.revive()
        answers = {name: await task for name, task in asked.items()}
        ran = Counter(runs(log))
        failed = [name for name, answer in answers.items() if answer.status_code != 200]
        assert all(answers[name].status_code == 500 and name.startswith("once") for name in failed)
        assert len(failed) <= 2, "two workers were killed, each with one call"
        assert scene.seen["lost"] == len(failed) == len(scene.runtime.recorder.losses)
        for name, answer in answers.items():
            if name.startswith("once"):
                assert ran[name] <= 1, f"{name} must not run twice"
            if answer.status_code == 200:
                assert answer.json() == name
                assert ran[name] >= 1, f"{name} says that it ran"
        assert sum(ran.values()) <= 60 + scene.seen["retried"]


async def test_who_leaves_takes_no_other_answer_along(
    playing: Playing, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask fetches the results of several calls by one request, and the first to ask for it may be cancelled."""
    app = FastAPI()
    app.get("/run")(clearway.cluster(warehouse.run_for))
    async with playing(app) as scene:
        cluster = scene.runtime.remote_lanes[Lane.CLUSTER]._cluster  # type: ignore[attr-defined]
        fetch, may_fetch = cluster._client._gather_remote, asyncio.Event()

        async def held(*args: Any) -> Any:
            await may_fetch.wait()
            return await fetch(*args)

        monkeypatch.setattr(cluster._client, "_gather_remote", held)
        first = asyncio.create_task(scene.get("/run", log=str(log), name="first", seconds=0.0))
        await happens(lambda: len(cluster._client._gather_keys or ()) == 1, "the first result is asked for")
        second = asyncio.create_task(scene.get("/run", log=str(log), name="second", seconds=0.0))
        await happens(lambda: len(cluster._client._gather_keys or ()) == 2, "the second comes by the same request")
        first.cancel()
        await happens(lambda: scene.seen["cancelled"] == 1, "who asked first is gone")
        may_fetch.set()
        assert (await second).json() == "second"
        assert (await scene.get("/run", log=str(log), name="third", seconds=0.0)).json() == "third"


def tls_configuration(folder: Path) -> dict[str, str]:
    """Certificates of one authority for all sides, as keys below `distributed.comm`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "side.pem"))
    sides = {f"tls.{side}.cert": str(folder / "side.pem") for side in ("scheduler", "worker", "client")}
    return {"require_encryption": "True", "tls.ca_file": str(folder / "ca.pem"), **sides}


async def test_calls_that_are_over_leave_nothing_in_the_app(playing: Playing, log: Path) -> None:
    """Not even in Dask's record of the last thousand messages, which carry the arguments of calls."""

    def count() -> int:
        gc.collect()
        return sum(
            str(type(thing).__module__).partition(".")[0] in ("distributed", "dask") for thing in gc.get_objects()
        )

    async with playing(counting_app()) as scene:

        async def call(times: int) -> None:
            for number in range(times):
                assert (await scene.get("/once", log=str(log), name=str(number), seconds=0)).status_code == 200

        await call(5)
        before = count()
        await call(40)
        await happens(lambda: count() < before + 20, "as little as before")


async def test_a_scheduler_that_comes_back_is_found_again(
    kind: str, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was away is lost and told, what may be repeated is, and what waited here runs as if nothing had been.
    Where nobody runs the calls, they are refused after a while, also without a `max_wait`. All of it over TLS, by
    Dask's own configuration."""
    app = counting_app()
    app.get("/held")(clearway.cluster(warehouse.held))
    certificates = tls_configuration(tmp_path)
    environment = {
        f"DASK_DISTRIBUTED__COMM__{key.upper().replace('.', '__')}": certificates[key] for key in certificates
    }
    configured = {f"distributed.comm.{key.replace('_', '-')}": value for key, value in certificates.items()}
    with machines(tmp_path, 0, environment, "tls") as its, dask_config.set(configured):
        runtime = clearway.install(app, settings=Settings(cluster=its.address, cluster_in_flight=2))
        await runtime.start_lanes()
        async with client_of(app) as client:

            def seen(key: str) -> Any:
                return runtime.snapshot()["cluster"][key]

            def ask(route: str, name: str, **more: str) -> asyncio.Task[httpx.Response]:
                return asyncio.create_task(client.get(route, params={"log": str(log), "name": name, **more}))

            async def is_refused(status: str, why: str) -> None:
                monkeypatch.setattr(admission, "AWAY_WAIT_S", 0.2)
                answer = await ask("/once", "refused", seconds="0")
                assert (answer.status_code, answer.json()) == (503, {"detail": f"{why} for 0.2 s"})
                assert int(answer.headers["retry-after"]) >= 1
                assert seen("status") == status
                monkeypatch.setattr(admission, "AWAY_WAIT_S", 60.0)

            await is_refused("no workers", "The cluster had no worker")
            its.start_worker()
            held = ask("/held", "held", gate=str(tmp_path / "never"))
            await happens(lambda: runs(log) == ["held"], "it runs")
            away = ask("/often", "away", seconds="0")
            await happens(lambda: seen("in_flight") == 2, "it is away")
            waiting = ask("/once", "waiting", seconds="0")
            await happens(lambda: seen("queued") == 1, "it waits here")
            its.kill_scheduler()
            assert (await held).status_code == 500
            await happens(lambda: seen("queued") == 2, "the idempotent call waits to be made again")
            assert seen("status") == "away"
            its.start_scheduler()
            its.start_worker()
            assert [(await task).json() for task in (away, waiting)] == ["away", "waiting"]
            assert (seen("lost"), seen("retried"), seen("reconnects")) == (1, 1, 1)
            its.kill_scheduler()
            await happens(lambda: seen("status") == "away", "it is gone again")
            await is_refused("away", "The cluster was away")
            assert sorted(runs(log)) == ["away", "held", "waiting"]
        await runtime.stop_lanes()
        runtime.uninstall()


async def test_a_scheduler_that_is_not_there_fails_the_start(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_S", 0.3)
    runtime = clearway.install(counting_app(), settings=Settings(cluster=f"tcp://127.0.0.1:{free_port()}"))
    with pytest.raises(LaneError, match=r"cluster tcp://127.0.0.1:\d+: no scheduler answers there"):
        await runtime.start_lanes()
    assert runtime.snapshot()["cluster"]["status"] == "failed"
    runtime.uninstall()


async def test_without_dask_the_error_names_the_extra(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    runtime = clearway.install(counting_app(), settings=Settings(cluster="local"))
    with pytest.raises(LaneError, match=r"install clearway\[cluster\]"):
        await runtime.start_lanes()
    runtime.uninstall()


async def test_a_module_that_workers_do_not_have_is_named(
    playing: Playing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("def one():\n    return 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here  # type: ignore[import-not-found]

    app = FastAPI()
    caught: list[LaneError] = []

    @app.get("/")
    async def ask() -> None:
        try:
            await clearway.offload(only_here.one, lane="cluster")
        except LaneError as error:
            caught.append(error)

    async with playing(app) as scene:
        assert (await scene.get("/")).status_code == 200
        assert "cannot import it (No module named 'only_here')" in str(caught[0])
        assert "PYTHONPATH" in str(caught[0])


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_a_client_that_goes_takes_its_waiting_call_with_it(
    kind: str, loop: str, dask_machines: Machines, tmp_path: Path, log: Path
) -> None:
    """On a real server, on both loops: the task is cancelled on the cluster before it has begun."""
    dask_machines.revive(2)
    app = FastAPI()
    app.get("/held")(clearway.cluster(warehouse.held))
    runtime = clearway.install(app, settings=Settings(cluster=dask_machines.address, cluster_in_flight=8))
    server = await asyncio.to_thread(Server, app, loop)
    gate = tmp_path / "gate"

    def path(name: str) -> str:
        return f"/held?log={log}&name={name}&gate={gate}"

    try:
        await happens(lambda: runtime.snapshot()["cluster"]["workers"] == 2, "both workers")
        staying = [asyncio.create_task(asyncio.to_thread(server.ask, path(f"stays{number}"))) for number in range(2)]
        await happens(lambda: len(runs(log)) == 2, "both workers run")
        with server.connect() as connection:
            connection.sendall(f"GET {path('goes')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await happens(lambda: runtime.snapshot()["cluster"]["in_flight"] == 3, "it is away")
        await happens(lambda: runtime.snapshot()["cluster"]["in_flight"] == 2, "it is cancelled")
        gate.touch()
        assert [(await task).status_code for task in staying] == [200, 200]
        assert (await asyncio.to_thread(server.ask, path("last"))).json() == "last"
        assert sorted(runs(log)) == ["last", "stays0", "stays1"]
    finally:
        await asyncio.to_thread(server.stop)
        runtime.uninstall()
    assert runtime.remote_lanes[Lane.CLUSTER].snapshot()["status"] == "stopped"
