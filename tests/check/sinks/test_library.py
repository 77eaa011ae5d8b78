"""The library answers by name: through aliases and bases, with what the user adds on top."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.sinks import Library, Offload, Returned, Schedule
from clearway.model import Lane, Severity, SinkKind
from clearway.settings import SinkSetting

LIBRARY = Library.load()

WORDS = ["requests", "Session", "get", "google", "cloud", "io", "os", "path", "*", "", "__enter__", "ä", " ", "redis"]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=6).map(".".join)))
def test_any_string_can_be_asked_for(name: str) -> None:
    canonical = LIBRARY.canonical(name)
    assert LIBRARY.canonical(canonical) == canonical
    assert LIBRARY.covers(name) == LIBRARY.covers(canonical)
    LIBRARY.sink(name)
    LIBRARY.is_class(name)
    LIBRARY.bases(name)
    LIBRARY.returns(name)
    LIBRARY.attribute(name)
    LIBRARY.offload(name)
    LIBRARY.schedule(name)
    LIBRARY.reenters(name)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("requests.sessions.Session.get", "requests.Session.get"),
        ("sqlalchemy.orm.session.Session", "sqlalchemy.orm.Session"),
        ("sqlalchemy.engine.base.Engine.connect", "sqlalchemy.Engine.connect"),
        ("io.open", "builtins.open"),
        ("posixpath.exists", "os.path.exists"),
        ("concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("aioredis.client.Redis.get", "redis.asyncio.Redis.get"),
        ("app.main.read", "app.main.read"),
        ("requestsx.get", "requestsx.get"),
    ],
)
def test_a_thing_with_several_names_has_one(name: str, canonical: str) -> None:
    assert LIBRARY.canonical(name) == canonical


def test_an_entry_is_named_by_what_it_goes_through_or_by_the_canonical_name() -> None:
    get = LIBRARY.sink("requests.sessions.Session.get")
    assert get is not None
    assert get.name == "requests.sessions.Session.request"
    execute = LIBRARY.sink("sqlalchemy.orm.session.Session.execute")
    assert execute is not None
    assert execute.name == "sqlalchemy.orm.Session.execute"
    exec_ = LIBRARY.sink("sqlmodel.Session.commit")
    assert exec_ is not None
    assert exec_.name == "sqlmodel.Session.commit"
    assert exec_.twin == "sqlalchemy.ext.asyncio.AsyncSession"


def test_methods_are_looked_up_through_bases() -> None:
    assert LIBRARY.bases("sqlmodel.Session") == ("sqlalchemy.orm.Session",)
    assert LIBRARY.sink("sqlmodel.Session.execute") is not None
    assert LIBRARY.sink("sqlalchemy.orm.Session.exec") is None
    assert LIBRARY.returns("sqlmodel.Session.query") == Returned("instance", "sqlalchemy.orm.Query")
    assert LIBRARY.offload("concurrent.futures.ProcessPoolExecutor.submit") == Offload(0, "fn", Lane.PROCESS)
    assert LIBRARY.offload("concurrent.futures.Executor.submit") == Offload(0, "fn", Lane.THREAD)


def test_every_method_means_public_methods_that_are_not_excepted() -> None:
    assert LIBRARY.sink("botocore.client.BaseClient.whatever_aws_invents") is not None
    assert LIBRARY.sink("botocore.client.BaseClient.generate_presigned_url") is None
    assert LIBRARY.sink("botocore.client.BaseClient.__init__") is None
    assert LIBRARY.sink("botocore.client.BaseClient") is None


def test_conditions_under_which_a_call_does_not_block() -> None:
    acquire = LIBRARY.sink("threading.Semaphore.acquire")
    assert acquire is not None
    assert ("blocking", 0, False) in [(one.keyword, one.position, one.value) for one in acquire.unless]
    archive = LIBRARY.sink("zipfile.ZipFile")
    assert archive is not None
    assert "io.BytesIO" in [one.instance for one in archive.unless]


@pytest.mark.parametrize(
    ("name", "returned"),
    [
        ("requests.Session", Returned("instance", "requests.Session")),
        ("requests.session", Returned("instance", "requests.Session")),
        ("requests.Session.__enter__", Returned("self")),
        ("httpx.AsyncClient.__aenter__", Returned("self")),
        ("sqlalchemy.Engine.begin", Returned("enter", inner=Returned("instance", "sqlalchemy.Connection"))),
        ("sqlalchemy.orm.sessionmaker.__call__", Returned("instance", "sqlalchemy.orm.Session")),
        ("sqlalchemy.orm.Query.filter", Returned("self")),
        ("sqlalchemy.orm.Query.first", None),
        ("sqlalchemy.orm.Query.__init__", None),
        ("redis.Redis.pipeline", Returned("instance", "redis.client.Pipeline")),
        ("asyncio.get_running_loop", Returned("instance", "asyncio.AbstractEventLoop")),
        ("asyncio.wait_for", Returned("argument", position=0)),
        ("app.unknown", None),
    ],
)
def test_what_a_call_gives(name: str, returned: Returned | None) -> None:
    assert LIBRARY.returns(name) == returned


def test_what_an_attribute_holds() -> None:
    assert LIBRARY.attribute("pymongo.MongoClient.shop") == Returned("instance", "pymongo.database.Database")
    assert LIBRARY.attribute("pymongo.MongoClient.close") is None
    assert LIBRARY.attribute("pymongo.MongoClient.server_info") is None
    assert LIBRARY.attribute("pymongo.MongoClient.__class__") is None
    assert LIBRARY.attribute("openai.AzureOpenAI.chat") == Returned("instance", "openai.resources.Chat")
    assert LIBRARY.attribute("sqlmodel.SQLModel.metadata") == Returned("instance", "sqlalchemy.MetaData")
    assert LIBRARY.attribute("app.main.thing") is None


def test_chains_of_attributes_lead_to_the_operation() -> None:
    place = "openai.OpenAI"
    for attribute in ("chat", "completions"):
        held = LIBRARY.attribute(f"{place}.{attribute}")
        assert held is not None
        place = held.name
    assert LIBRARY.sink(f"{place}.create") is not None


def test_offloaders_and_schedulers() -> None:
    assert LIBRARY.offload("asyncio.to_thread") == Offload(0, "func", Lane.THREAD)
    assert LIBRARY.offload("asyncio.events.AbstractEventLoop.run_in_executor") == Offload(1, "func", Lane.THREAD)
    assert LIBRARY.offload("uvloop.Loop.run_in_executor") == Offload(1, "func", Lane.THREAD)
    assert LIBRARY.offload("asgiref.sync.sync_to_async") == Offload(0, "func", Lane.THREAD, wraps=True)
    assert LIBRARY.offload("threading.Thread") == Offload(1, "target", Lane.THREAD)
    assert LIBRARY.offload("multiprocessing.Process") == Offload(1, "target", Lane.PROCESS)
    assert LIBRARY.offload("anyio.from_thread.run_sync") is None
    assert LIBRARY.schedule("asyncio.gather") == Schedule("coroutine", 0, None, many=True)
    assert LIBRARY.schedule("asyncio.Task.add_done_callback") == Schedule("function", 0, "fn", kind="callback")
    assert LIBRARY.schedule("fastapi.background.BackgroundTasks.add_task") == Schedule(
        "either", 0, "func", kind="background_task"
    )
    assert LIBRARY.schedule("time.sleep") is None


@pytest.mark.parametrize(
    "name",
    ["asyncio.run", "asyncio.runners.run", "anyio.run", "asyncio.AbstractEventLoop.run_until_complete", "uvloop.run"],
)
def test_functions_that_run_a_loop_to_its_end(name: str) -> None:
    assert LIBRARY.reenters(name)
    assert not LIBRARY.reenters("asyncio.create_task")


def test_coverage_is_by_whole_names() -> None:
    assert LIBRARY.covers("requests.utils.quote")
    assert LIBRARY.covers("asyncio")
    assert not LIBRARY.covers("requests_of_mine.get")
    assert not LIBRARY.covers("app.main")
    assert LIBRARY.covers("google.cloud.storage.Client")
    assert not LIBRARY.covers("google.cloud.videointelligence.Client")
    assert not LIBRARY.covers("google")


def test_operations_of_a_package_known_in_part_are_found_although_it_is_not_spoken_for() -> None:
    assert not LIBRARY.covers("kubernetes.client.CoreV1Api")
    assert LIBRARY.sink("kubernetes.client.CoreV1Api.list_namespaced_pod") is not None


def test_a_user_adds_sinks() -> None:
    library = Library.load(
        sinks={
            "app.legacy.fetch": SinkSetting(SinkKind.NETWORK),
            "app.legacy.Client.*": SinkSetting(SinkKind.FILE, fix="Use the new client."),
            "json.dumps": SinkSetting(SinkKind.CPU, Severity.ERROR),
        }
    )
    fetch = library.sink("app.legacy.fetch")
    assert fetch is not None
    assert (fetch.name, fetch.severity, fetch.family) == ("app.legacy.fetch", Severity.ERROR, "settings")
    read = library.sink("app.legacy.Client.read")
    assert read is not None
    assert (read.name, read.severity, read.fix) == ("app.legacy.Client.read", Severity.WARNING, "Use the new client.")
    dumps = library.sink("json.dumps")
    assert dumps is not None
    assert dumps.severity is Severity.ERROR


def test_a_user_declares_names_safe() -> None:
    library = Library.load(
        sinks={"app.slow": SinkSetting(SinkKind.CPU)},
        safe=["requests.api.get", "sqlalchemy.orm.session.Session.flush", "app.cache.*", "app.slow"],
    )
    assert library.sink("requests.get") is None
    assert library.sink("requests.post") is not None
    assert library.sink("sqlmodel.Session.flush") is None
    assert library.sink("sqlmodel.Session.commit") is not None
    assert library.covers("app.cache.read")
    assert not library.covers("app.cached")
    assert library.sink("app.slow") is None


def test_a_user_names_offloaders() -> None:
    library = Library.load(offloaders=["app.threads.in_thread"])
    assert library.offload("app.threads.in_thread") == Offload(0, None, Lane.THREAD, wraps=True)
    assert Library.load().offload("app.threads.in_thread") is None


def test_what_one_library_is_told_another_does_not_know() -> None:
    Library.load(sinks={"json.loads": SinkSetting(SinkKind.CPU, Severity.ERROR)}, safe=["time.sleep"])
    loads = Library.load().sink("json.loads")
    assert loads is not None
    assert loads.severity is Severity.ADVICE
    assert Library.load().sink("time.sleep") is not None
