"""Where a request's span is found: at Clearway's layer, or right inside the instrumentation that stands further in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from clearway.runtime.hooks import current_request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clearway.runtime.install import Runtime
    from clearway.runtime.telemetry.instruments import Instruments
    from clearway.runtime.telemetry.spans import Spans


class TelemetryLayer:
    """Knows the spans that begin outside of the app: those of FastAPI itself, or of a layer around the app."""

    def __init__(self, app: ASGIApp, runtime: Runtime, spans: Spans, instruments: Instruments) -> None:
        self.app = app
        self._runtime = runtime
        self._spans = spans
        self._instruments = instruments
        self._inner = _look_inside(app, runtime, spans)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = current_request.get()
        if request is None or request.runtime is not self._runtime:  # a mounted app's, inside another request
            await self.app(scope, receive, send)
            return
        self._spans.begin(request, trace.get_current_span())
        try:
            await self.app(scope, receive, send)
        finally:
            self._spans.left(request)
            self._instruments.done(request)

    def remove(self) -> ASGIApp:
        """The app without it."""
        if self._inner is not None:
            self._inner.remove()
        return self.app


class _Inside:
    """Stands inside OpenTelemetry's middleware: its span is the current one, and the app's own are still to come."""

    def __init__(self, outer: Any, runtime: Runtime, spans: Spans) -> None:
        self._outer = outer
        self.app = outer.app
        self._runtime = runtime
        self._spans = spans
        outer.app = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = current_request.get()
        if request is not None and request.runtime is self._runtime:
            self._spans.begin(request, trace.get_current_span())
        await self.app(scope, receive, send)

    def remove(self) -> None:
        if self._outer.app is self:
            self._outer.app = self.app


def _look_inside(app: ASGIApp, runtime: Runtime, spans: Spans) -> _Inside | None:
    """Find OpenTelemetry's middleware in a stack, which FastAPI finds in the same way."""
    layer: Any = app
    seen: set[int] = set()
    while layer is not None and id(layer) not in seen:
        seen.add(id(layer))
        kind = type(layer)
        if kind.__name__ == "OpenTelemetryMiddleware" and kind.__module__ == "opentelemetry.instrumentation.asgi":
            return _Inside(layer, runtime, spans)
        layer = getattr(layer, "app", None)
    return None
