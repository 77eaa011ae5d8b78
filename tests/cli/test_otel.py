"""`clearway run --otel`: the app's own OpenTelemetry is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.served import Served, until

Serve = Callable[..., Served]

APP = """\
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

app = FastAPI()


@app.get("/work")
def work() -> None: ...


@app.get("/told")
async def told():
    return [dict(span.attributes) for span in exporter.get_finished_spans() if span.name == "GET /work"]
"""

HIDDEN = """\
import sys
sys.modules["opentelemetry.metrics"] = None
from starlette.applications import Starlette
app = Starlette()
"""


@pytest.mark.once
@pytest.mark.parametrize("options", [["--otel"], []], ids=["on", "off"])
def test_spans_are_described_where_it_is_asked_for(serve: Serve, options: list[str]) -> None:
    served = serve(APP, *options)
    served.get("/work")
    (attributes,) = until(lambda: _told(served))
    assert attributes.get("clearway.lane") == ("thread" if options else None)
    assert served.stop() == 0


def _told(served: Served) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = served.get("/told").json()
    return told


@pytest.mark.once
def test_without_the_api_one_line_says_what_to_install(serve: Serve) -> None:
    served = serve(HIDDEN, "--otel")
    assert served.process.wait(30) == 2
    until(lambda: any("pip install 'clearway[otel]'" in line for line in served.err))
    assert not any("Traceback" in line for line in served.err)
