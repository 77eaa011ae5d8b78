"""OpenTelemetry, where it is asked for: metrics of the runtime, and what Clearway knows of a request on its span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.model import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from clearway.runtime.install import Runtime


class Telemetry:
    """One app's. Raises SettingsError where OpenTelemetry's API is not installed."""

    def __init__(self, runtime: Runtime) -> None:
        try:
            from clearway.runtime.telemetry.instruments import Instruments
            from clearway.runtime.telemetry.spans import Spans
        except ImportError:
            raise SettingsError("telemetry needs OpenTelemetry's API: pip install 'clearway[otel]'") from None

        self._runtime = runtime
        self._instruments = Instruments(runtime)
        self._spans = Spans(runtime)
        runtime.on_stall += [self._instruments.stalled, self._spans.stalled]

    def layer(self, app: ASGIApp) -> ASGIApp:
        """What stands right inside Clearway's own layer."""
        from clearway.runtime.telemetry.layer import TelemetryLayer

        return TelemetryLayer(app, self._runtime, self._spans, self._instruments)

    def close(self, app: ASGIApp | None) -> ASGIApp | None:
        """Nothing is told any more. Gives back what `layer` was given."""
        from clearway.runtime.telemetry.layer import TelemetryLayer

        self._instruments.close()
        for listener in (self._instruments.stalled, self._spans.stalled):
            if listener in self._runtime.on_stall:
                self._runtime.on_stall.remove(listener)
        return app.remove() if app is not None and isinstance(app, TelemetryLayer) else app
