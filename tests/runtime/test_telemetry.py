"""OpenTelemetry: what is said of a request on its span, and what metrics say, with FastAPI's spans and contrib's."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, WebSocket
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import clearway
from clearway.model import ClearwayError, SettingsError
from clearway.settings import Settings
from tests.runtime.serving import Server, ask, until

Made = Callable[[FastAPI], clearway.Runtime]


class Told:
    """What OpenTelemetry's SDK has been told."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])

    def requests(self) -> list[ReadableSpan]:
        """The spans of requests that have ended."""
        return [span for span in self.exporter.get_finished_spans() if span.kind is SpanKind.SERVER]

    def request(self, path: str) -> ReadableSpan:
        found = until(lambda: [span for span in self.requests() if path in span.name or _path(span) == path], path)
        assert len(found) == 1
        return found[0]

    def event_after(self, server: Server, path: str, role: str) -> tuple[ReadableSpan, Event] | None:
        """Ask, and find a span with the event of a stall. A busy machine can be to blame instead: then ask again."""
        server.ask(path)
        until(lambda: all(span.end_time for span in self.requests()))
        for span in self.requests():
            for event in span.events:
                attributes = event.attributes or {}
                if (attributes.get("clearway.stall.role"), attributes.get("code.file.path")) == (role, __file__):
                    return span, event
        return None

    def metric(self, name: str) -> dict[frozenset[tuple[str, Any]], NumberDataPoint | HistogramDataPoint]:
        data = self.reader.get_metrics_data()
        points = [
            point
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
        return {frozenset((point.attributes or {}).items()): point for point in points}  # type: ignore[misc]


def _path(span: ReadableSpan) -> Any:
    return (span.attributes or {}).get("http.route")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """The process's providers, which can be set once only, so they are put in their place."""
    told = Told()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: told.tracers)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: told.meters)
    yield told
    told.meters.shutdown()
    told.tracers.shutdown()


@pytest.fixture(params=["fastapi", "contrib"])
def make(request: pytest.FixtureRequest, told: Told) -> Iterator[Made]:
    """Install on an app whose spans are FastAPI's own, or those of opentelemetry-instrumentation-fastapi."""
    runtimes: list[clearway.Runtime] = []

    def make(app: FastAPI) -> clearway.Runtime:
        if request.param == "contrib":
            FastAPIInstrumentor.instrument_app(app, tracer_provider=told.tracers, meter_provider=told.meters)
        runtimes.append(clearway.install(app, settings=Settings(), telemetry=True))
        return runtimes[-1]

    yield make
    for runtime in runtimes:
        if request.param == "contrib":
            runtime.uninstall()
            FastAPIInstrumentor.uninstrument_app(runtime.app)  # type: ignore[arg-type]
        else:
            runtime.uninstall()
        assert runtime.faults == 0


def test_the_span_of_a_request_says_lane_waiting_and_running(make: Made, told: Told) -> None:
    app = FastAPI()

    @app.get("/thread")
    def in_thread() -> None:
        time.sleep(0.01)

    @app.get("/async")
    async def on_loop() -> None: ...

    @app.get("/pinned")
    @clearway.loop
    def pinned() -> None: ...

    make(app)
    for path, lane in (("/thread", "thread"), ("/async", "loop"), ("/pinned", "loop")):
        ask(app, path)
        attributes = told.request(path).attributes or {}
        assert attributes["clearway.lane"] == lane
        assert all(isinstance(attributes[f"clearway.{part}_ms"], float) for part in ("wait", "run", "return_wait"))
    assert (told.request("/thread").attributes or {})["clearway.run_ms"] >= 10  # type: ignore[operator]


def test_attributes_go_to_the_requests_span_not_to_one_of_the_users(make: Made, told: Told) -> None:
    app = FastAPI()
    tracer = told.tracers.get_tracer("app")

    @app.middleware("http")
    async def traced(request: Any, call_next: Any) -> Any:
        with tracer.start_as_current_span("of the user's middleware"):
            return await call_next(request)

    @app.get("/work")
    def work(background: BackgroundTasks) -> None:
        background.add_task(lambda: None)

    make(app)
    ask(app, "/work")
    assert "clearway.lane" in (told.request("/work").attributes or {})
    described = [span for span in told.exporter.get_finished_spans() if "clearway.lane" in (span.attributes or {})]
    assert len(described) == 1


def test_a_request_that_fails_and_one_without_a_route_are_described_too(make: Made, told: Told) -> None:
    app = FastAPI()

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError

    make(app)
    assert ask(app, "/fails").status_code == 500
    assert ask(app, "/nowhere").status_code == 404
    spans = until(lambda: told.requests() if len(told.requests()) == 2 else None)
    assert [(span.attributes or {}).get("clearway.lane") for span in spans] == ["thread", None]
    assert all("clearway.wait_ms" in (span.attributes or {}) for span in spans)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_stall_is_an_event_of_its_culprit_and_of_who_waited(make: Made, told: Told, loop: str) -> None:
    app = FastAPI()
    entered = threading.Event()
    leave = asyncio.Event()

    @app.get("/waits")
    async def waits() -> None:
        entered.set()
        await leave.wait()

    @app.get("/bad")
    async def bad() -> None:
        time.sleep(0.2)

    @app.get("/leave")
    async def let_go() -> None:
        leave.set()

    make(app)
    server = Server(app, loop)
    waiting = threading.Thread(target=server.ask, args=("/waits",))
    try:
        waiting.start()
        assert entered.wait(20)
        culprit, caused = until(lambda: told.event_after(server, "/bad", "culprit"))
        server.ask("/leave")
        waiting.join()
        victim = told.request("/waits")
    finally:
        server.on_loop(_set(leave))
        server.stop()
    waited = next(event for event in victim.events if (event.attributes or {}).get("code.file.path") == __file__)
    assert {event.name for event in (caused, waited)} == {"clearway.stall"}
    for event in (caused, waited):
        attributes = dict(event.attributes or {})
        assert attributes["clearway.stall.cause"] == "blocking_call"
        assert attributes["code.file.path"] == __file__
        assert str(attributes["code.function.name"]).endswith(".bad")
        assert isinstance(attributes["code.line.number"], int)
        duration_ms = attributes["clearway.stall.duration_ms"]
        assert isinstance(duration_ms, float)
        assert duration_ms >= 150
    assert (caused.attributes or {})["clearway.stall.victims"] >= 1  # type: ignore[operator]
    assert (waited.attributes or {})["clearway.stall.role"] == "victim"
    assert (waited.attributes or {})["clearway.stall.route"] == "GET /bad"
    assert (waited.attributes or {})["clearway.stall.waited_ms"] >= 100  # type: ignore[operator]
    assert culprit.start_time is not None
    assert culprit.end_time is not None
    assert culprit.start_time - 50_000_000 <= caused.timestamp <= culprit.end_time


async def _set(event: asyncio.Event) -> None:
    event.set()


def test_where_a_span_has_ended_the_stall_is_a_span_below_it(
    make: Made, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearway.runtime.telemetry.spans import RequestSpan

    monkeypatch.setattr(RequestSpan, "_may_have_stalled", lambda self: False)
    app = FastAPI()

    @app.get("/bad")
    async def bad() -> None:
        time.sleep(0.2)

    make(app)
    server = Server(app, "asyncio")
    try:

        def below() -> list[ReadableSpan]:
            server.ask("/bad")
            return [span for span in told.exporter.get_finished_spans() if span.name == "clearway.stall"]

        stall = until(below)[0]
    finally:
        server.stop()
    assert stall.parent is not None
    assert stall.parent.span_id in {span.context.span_id for span in told.requests() if span.context is not None}
    assert (stall.attributes or {})["clearway.stall.role"] == "culprit"
    assert stall.end_time is not None
    assert stall.start_time is not None
    assert stall.end_time - stall.start_time >= 150_000_000


def test_a_websocket_is_described(make: Made, told: Told) -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    make(app)
    from websockets.sync.client import connect

    server = Server(app, "asyncio")
    try:
        with connect(server.url.replace("http", "ws") + "/ws"):
            pass
        (span,) = until(lambda: told.requests() or None)
    finally:
        server.stop()
    assert (span.attributes or {})["clearway.lane"] == "loop"


def test_a_span_that_cannot_be_described_fails_no_request(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(trace.NonRecordingSpan):
        def is_recording(self) -> bool:
            raise RuntimeError("no span")

    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get("/")
    async def read() -> str:
        return "served"

    runtime = clearway.install(app, settings=Settings(), telemetry=True)
    monkeypatch.setattr(trace, "get_current_span", lambda context=None: Broken(trace.INVALID_SPAN_CONTEXT))
    try:
        assert ask(app, "/").json() == "served"
        assert runtime.faults == 1
    finally:
        runtime.uninstall()


def test_metrics_say_what_the_runtime_knows(make: Made, told: Told) -> None:
    app = FastAPI()

    @app.get("/items/{id}")
    def item(id: str) -> None: ...

    @app.get("/bad")
    async def bad() -> None:
        time.sleep(0.1)

    runtime = make(app)
    server = Server(app, "asyncio")
    try:
        for _ in range(3):
            server.ask("/items/5")
        until(
            lambda: (server.ask("/bad"), any("GET /bad" in found.text for found in runtime.stall_report.culprits()))[1]
        )
        route = frozenset({("http.request.method", "GET"), ("http.route", "/items/{id}")})
        until(lambda: runtime.recorder.routes["GET /items/{id}"].requests == 3)
        assert _value(told.metric("clearway.requests")[route]) == 3
        waits = told.metric("clearway.request.wait.duration")[route]
        assert isinstance(waits, HistogramDataPoint)
        assert waits.count == 3
        stalls = told.metric("clearway.stall.duration")
        (cause,) = [labels for labels in stalls if ("http.route", "/bad") in labels]
        assert dict(cause)["clearway.stall.cause"] == "blocking_call"
        (limit,) = told.metric("clearway.thread.limit").values()
        assert _value(limit) == runtime.settings.threads
        states = {dict(labels)["clearway.thread.state"] for labels in told.metric("clearway.thread.count")}
        assert states == {"busy", "idle"}
        for name in ("clearway.requests.active", "clearway.queue.length", "clearway.faults", "clearway.calls.lost"):
            (point,) = told.metric(name).values()
            assert _value(point) == 0, name
        assert told.metric("clearway.loop.cpu.utilization")
    finally:
        server.stop()


def _value(point: NumberDataPoint | HistogramDataPoint) -> float:
    assert isinstance(point, NumberDataPoint)
    return point.value


def test_after_uninstalling_nothing_is_told_and_the_stack_is_as_it_was(told: Told) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> None: ...

    FastAPIInstrumentor.instrument_app(app, tracer_provider=told.tracers)
    app.middleware_stack = stack = app.build_middleware_stack()
    inner = _layers(stack)
    runtime = clearway.install(app, settings=Settings(), telemetry=True)
    assert len(_layers(app.middleware_stack)) == len(inner) + 3
    runtime.uninstall()
    assert app.middleware_stack is stack
    assert _layers(stack) == inner
    assert not runtime.on_stall
    ask(app, "/")
    assert "clearway.wait_ms" not in (told.request("/").attributes or {})
    assert not told.metric("clearway.requests")
    FastAPIInstrumentor.uninstrument_app(app)


def _layers(stack: Any) -> list[Any]:
    layers = []
    while stack is not None and not callable(getattr(stack, "add_api_route", None)):
        layers.append(stack)
        stack = getattr(stack, "app", None)
    return layers


def test_off_nothing_of_it_is_there() -> None:
    app = FastAPI()
    runtime = clearway.install(app, settings=Settings())
    try:
        ask(app, "/")
        assert runtime.telemetry is None
        assert not runtime.on_stall
        layer = app.middleware_stack
        assert type(layer.app).__name__ == "ServerErrorMiddleware"  # type: ignore[union-attr]
    finally:
        runtime.uninstall()


def test_without_the_api_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("clearway.runtime.telemetry.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ClearwayError, match=r"pip install 'clearway\[otel\]'"):
        clearway.install(FastAPI(), settings=Settings(), telemetry=True)


def test_the_setting_is_true_or_false() -> None:
    assert Settings.from_mapping({"telemetry": True}, "here").telemetry
    with pytest.raises(SettingsError, match="here: telemetry must be true or false, not a string"):
        Settings.from_mapping({"telemetry": "yes"}, "here")
