"""What the cluster lane promises, whichever cluster it is on: each test runs over Dask and over an executor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, Request

import clearway
from clearway.model import CannotTravel, LaneError, SettingsError
from clearway.runtime.lanes.clusters import code
from tests.runtime.cluster import warehouse
from tests.runtime.cluster.conftest import Playing, runs
from tests.runtime.serving import calls_of, happens, route_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_arguments_travel_and_results_are_serialised_as_fastapi_would(playing: Playing) -> None:
    """A model goes there and comes back; dependencies run here; an HTTPException becomes its response; another
    exception arrives with the worker's traceback; and each call is recorded in its lane."""
    app = FastAPI()
    app.post("/doubled")(clearway.cluster(warehouse.doubled))
    app.get("/refused")(clearway.cluster(warehouse.refused))

    def prefix(request: Request) -> str:
        return request.headers["x-prefix"]

    @app.get("/nested")
    async def nested(prefix: str = Depends(prefix)) -> str:
        try:
            await clearway.offload(warehouse.broken, lane="cluster")
        except ValueError as error:
            return f"{prefix} {error} {'in broken' in str(error.__cause__)}"
        return "it did not raise"

    async with playing(app) as scene:
        done = await scene.client.post("/doubled", json={"name": "nut", "count": 4})
        assert (done.status_code, done.json()) == (200, {"name": "nut", "count": 8})
        refused = await scene.get("/refused", number=7)
        assert (refused.status_code, refused.json(), refused.headers["x-why"]) == (418, {"detail": "not 7"}, "tea")
        nested_answer = await scene.client.get("/nested", headers={"x-prefix": "here:"})
        assert nested_answer.json() == "here: no such shelf True"
        assert {
            ("doubled", "endpoint", "cluster"),
            ("refused", "endpoint", "cluster"),
            ("broken", "offload", "cluster"),
        } <= calls_of(scene.runtime)
        assert scene.seen["in_flight"] == scene.seen["queued"] == 0


async def test_what_cannot_travel_is_refused_by_name(playing: Playing) -> None:
    app = FastAPI()
    caught: list[Exception] = []

    @app.get("/result")
    async def result() -> None:
        for func, args in ((warehouse.unsendable, ()), (warehouse.mark, (lambda: 1, "x"))):
            try:
                await clearway.offload(func, *args, lane="cluster")
            except CannotTravel as error:
                caught.append(error)

    async with playing(app) as scene:
        assert (await scene.get("/result")).status_code == 200
        assert "unsendable: its result, a function, cannot be sent back" in str(caught[0])
        assert "parameter 'log'" in str(caught[1])


async def test_a_call_that_can_never_travel_is_refused_at_the_start(kind: str, playing: Playing) -> None:
    app = FastAPI()

    @app.get("/inner")
    @clearway.cluster
    def inner() -> None: ...

    with pytest.raises(SettingsError, match=r"GET /inner: .*inner cannot run in the cluster lane"):
        async with playing(app):
            pass


async def test_the_rest_waits_here_and_routes_take_turns(playing: Playing, log: Path, tmp_path: Path) -> None:
    """With 2 in flight of one route's 6 calls, a call of another route comes third, not seventh."""
    app = FastAPI()
    app.get("/many")(clearway.cluster(warehouse.held))
    app.get("/few")(clearway.cluster(warehouse.run_for))
    gate = tmp_path / "gate"
    async with playing(app, cluster_in_flight=2) as scene:
        many = [
            asyncio.create_task(scene.get("/many", log=str(log), name=f"many{number}", gate=str(gate)))
            for number in range(6)
        ]
        await happens(lambda: len(runs(log)) == 2, "two run")
        few = asyncio.create_task(scene.get("/few", log=str(log), name="few", seconds=0))
        await happens(lambda: scene.seen["queued"] == 5, "five wait")
        assert scene.seen["in_flight"] == 2
        assert len(runs(log)) == 2
        gate.touch()
        answers = [await task for task in (*many, few)]
        assert [answer.status_code for answer in answers] == [200] * 7
        assert sorted(runs(log)) == ["few", *(f"many{number}" for number in range(6))]
        assert runs(log).index("few") <= 4


async def test_what_waits_too_long_is_refused_and_never_runs(
    kind: str, playing: Playing, log: Path, tmp_path: Path
) -> None:
    """Also what had already been sent to the cluster, and waited for a worker there."""
    app = FastAPI()
    app.get("/held")(clearway.cluster(warehouse.held))
    gate = tmp_path / "gate"
    async with playing(app, cluster_in_flight=12, max_wait_s=0.7) as scene:
        running = [
            asyncio.create_task(scene.get("/held", log=str(log), name=f"first{number}", gate=str(gate)))
            for number in range(2)
        ]
        await happens(lambda: len(runs(log)) == 2, "both workers run")
        rest = [
            asyncio.create_task(scene.get("/held", log=str(log), name=f"rest{number}", gate=str(gate)))
            for number in range(12)
        ]
        # `ProcessPoolExecutor` takes one call more than it has workers out of the reach of `cancel`.
        beyond_reach = 3 if kind == "executor" else 0
        await happens(lambda: sum(task.done() for task in rest) == 12 - beyond_reach, "the rest is refused")
        refused = [task.result() for task in rest if task.done()]
        assert {answer.status_code for answer in refused} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert route_in(scene.runtime, "GET /held")["refused"] == len(refused)
        gate.touch()
        answers = await asyncio.gather(*running, *rest)
        assert [answer.status_code for answer in answers].count(200) == 2 + beyond_reach
        assert len(runs(log)) == 2 + beyond_reach


async def test_a_cancelled_call_that_still_waits_never_runs(playing: Playing, log: Path, tmp_path: Path) -> None:
    """One in the cluster's queue is cancelled there, one that waits here leaves the line; what runs is let run."""
    app = FastAPI()
    gate = tmp_path / "gate"
    async with playing(app, cluster_in_flight=6) as scene:

        @app.get("/offloads")
        async def offloads(name: str) -> str:
            return await clearway.offload(warehouse.held, str(log), name, str(gate), lane="cluster")

        first = [asyncio.create_task(scene.get("/offloads", name=f"first{number}")) for number in range(2)]
        await happens(lambda: len(runs(log)) == 2, "both workers run")
        sent = [asyncio.create_task(scene.get("/offloads", name=f"sent{number}")) for number in range(4)]
        queued = [asyncio.create_task(scene.get("/offloads", name=f"queued{number}")) for number in range(3)]
        await happens(lambda: scene.seen["queued"] == 3 and scene.seen["in_flight"] == 6, "all on their way")
        for task in (first[0], sent[3], *queued):
            task.cancel()
        await happens(lambda: scene.seen["cancelled"] == 5, "five are cancelled")
        await happens(lambda: scene.seen["in_flight"] == 4, "the cluster knows of it")
        gate.touch()
        assert [(await task).json() for task in (first[1], *sent[:3])] == ["first1", "sent0", "sent1", "sent2"]
        last = await scene.get("/offloads", name="last")
        assert last.json() == "last"
        assert sorted(runs(log)) == ["first0", "first1", "last", "sent0", "sent1", "sent2"]
        await happens(lambda: scene.seen["in_flight"] == scene.seen["queued"] == 0, "nothing is left")


async def test_a_worker_lost_in_the_middle_is_told_and_only_the_idempotent_is_repeated(
    kind: str, playing: Playing, log: Path
) -> None:
    app = FastAPI()
    app.get("/deadly")(clearway.cluster(warehouse.deadly))
    app.get("/again")(clearway.cluster(retries=2)(warehouse.deadly_once))
    async with playing(app) as scene:
        assert (await scene.get("/deadly", log=str(log), name="deadly")).status_code == 500
        scene.revive()
        again = await scene.get("/again", log=str(log), name="again")
        assert (again.status_code, again.json()) == (200, "again")
        assert runs(log) == ["deadly", "again", "again"]
        assert (scene.seen["lost"], scene.seen["retried"]) == (1, 1)
        assert scene.seen["reconnects"] == (2 if kind == "executor" else 0)
        (loss,) = scene.runtime.recorder.losses
        assert (loss.route, loss.lane) == ("GET /deadly", "cluster")
        assert loss.call == "tests.runtime.cluster.warehouse:deadly"
        assert "worker" in loss.reason
        assert loss.reason.endswith("(no retries)")


async def test_other_code_on_a_worker_is_recognised(playing: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's digest is made to differ, as it would after a deployment that forgot the workers."""
    app = FastAPI()
    caught: list[LaneError] = []

    @app.get("/")
    async def ask() -> None:
        try:
            await clearway.offload(warehouse.process_id, lane="cluster")
        except LaneError as error:
            caught.append(error)

    theirs = code.digest("tests.runtime.cluster.warehouse")
    async with playing(app) as scene:
        monkeypatch.setitem(scene.lane._skew._digests, warehouse.__name__, "0123456789abcdef")
        assert (await scene.get("/")).status_code == 200
        assert "has other code of tests" in str(caught[0])
        assert f"({theirs}) than the app (0123456789abcdef)" in str(caught[0])
