"""One serving process: the app in its lanes, its console, and what is printed about both.

The only place where the command line touches the runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearway.cli.address import url_of
from clearway.cli.collector import tune_collector
from clearway.cli.console import open_console, record
from clearway.cli.loading import lane_app, load_app
from clearway.cli.report import cluster_lines, contain_lines, plan_lines, say
from clearway.console.hub import Hub
from clearway.console.own import OwnRuntime
from clearway.console.workers import FrameSender
from clearway.model import ClearwayError, PlanError, shown
from clearway.runtime import install
from clearway.runtime.containment.contained import REPLACEMENTS
from clearway.runtime.containment.families import replacements

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette

    from clearway.cli.options import RunOptions
    from clearway.console.recorder import FileRecorder
    from clearway.console.server import ConsoleServer
    from clearway.runtime import Runtime


class Service:
    """Loads the app, puts its calls into lanes and starts the console. Raises ClearwayError."""

    def __init__(self, options: RunOptions, *, announces: bool) -> None:
        self.options = options
        self.announces = announces
        self._contains = bool(options.settings().contain)
        if self._contains:
            REPLACEMENTS.hold(replacements())  # before the app makes its locks and imports what it calls
        self.app: Any = load_app(options.target, factory=options.factory)
        self.runtime: Runtime | None = None
        self.plan_note: str | None = None
        self.console: ConsoleServer | None = None
        self.sender: FrameSender | None = None
        self.recorder: FileRecorder | None = None
        self.console_url: str | None = None
        inner = lane_app(self.app)
        if inner is not None:
            self.runtime = self._installed(inner)
            self.runtime.stall_report.say = say
            self._open_console(self.runtime)
        elif options.record is not None:
            raise ClearwayError(f"--record: {options.target} is no FastAPI or Starlette app: nothing can be recorded")

    def _installed(self, app: Starlette) -> Runtime:
        settings, used = self.options.settings(), self.options.plan().for_what_is_loaded()
        self.plan_note = used.note
        runtime = install(app, settings=settings, plan=used.plan)
        try:
            runtime.check()
        except PlanError as error:
            if used.given or not used.plan.calls:
                raise
            runtime.uninstall()
            self.plan_note = used.ignored(error).note
            runtime = install(app, settings=settings)
            runtime.check()
        return runtime

    def start(self) -> None:
        """On the loop's thread, once start-up is over."""
        tune_collector()
        if self.runtime is not None:
            self.runtime.ports.excuse()

    def announce(self, sockets: list[socket.socket]) -> None:
        """Print where the app is served and in which lanes."""
        if not self.announces:
            return
        lines = [f"serving  {shown(str(self.options.target))} on {url_of(sock)}" for sock in sockets]
        if self.runtime is not None:
            lines += [f"console  {self.console_url}/"] if self.console_url else []
            lines += [self.plan_note] if self.plan_note else []
            lines += contain_lines(*self.runtime.containment.extent())
            lines += cluster_lines(self.runtime.snapshot()["cluster"], self.runtime.plan_table())
            lines += plan_lines(self.runtime.plan_table())
        else:
            lines.append(f"note: {type(self.app).__name__} is no FastAPI or Starlette app: served without lanes")
        say(*lines)

    def stall_summary(self) -> list[str]:
        """What stalled and what was lost since the start; nothing for an app without lanes."""
        if self.runtime is None:
            return []
        return [*self.runtime.stall_report.summary(), *self.runtime.loss_report.summary()]

    def stop(self) -> None:
        if self._contains:
            self._contains = False
            REPLACEMENTS.release()
        if self.console is not None:
            self.console.stop()
        if self.recorder is not None:
            say(self.recorder.stop())
            self.recorder = None
        if self.sender is not None:
            self.sender.stop()

    def _open_console(self, runtime: Runtime) -> None:
        """In this process, or in the parent that has one for all."""
        options, app = self.options, str(self.options.target)
        if options.frames_to is not None:
            self.sender = FrameSender(runtime, app, options.frames_to)
            self.sender.start()
            self.console_url = options.console_url
            return
        hub = Hub(OwnRuntime(runtime, app))
        self.recorder = record(options, hub)
        self.console = open_console(options, hub)
        self.console_url = self.console.url if self.console is not None else None
