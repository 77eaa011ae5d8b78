"""One serving process: the app in its lanes, its console, and what is printed about both.

The only place where the command line touches the runtime.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from clearway.cli.address import Address, url_of
from clearway.cli.loading import lane_app, load_app
from clearway.cli.report import cluster_lines, contain_lines, plan_lines, say
from clearway.console.server import SNAPSHOT_PATH, ConsoleServer, PortTaken
from clearway.model import ClearwayError, PlanError, shown
from clearway.runtime import install
from clearway.runtime.containment.contained import REPLACEMENTS
from clearway.runtime.containment.families import replacements

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.applications import Starlette

    from clearway.cli.options import RunOptions
    from clearway.runtime import Runtime

PORTS_TRIED = 100
"""How far a console goes upwards from its port to find a free one."""


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
        inner = lane_app(self.app)
        if inner is not None:
            self.runtime = self._installed(inner)
            self.runtime.stall_report.say = say
            self.console = self._console(self.runtime.snapshot)

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

    def announce(self, sockets: list[socket.socket]) -> None:
        """Print where the app is served and in which lanes."""
        worker = f" (worker {os.getpid()})" if self.options.workers > 1 else ""
        lines = [f"console  {self.console.url}{SNAPSHOT_PATH}{worker}"] if self.console else []
        if self.announces:
            lines = [
                *(f"serving  {shown(str(self.options.target))} on {url_of(sock)}" for sock in sockets),
                *lines,
            ]
            if self.runtime is not None:
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

    def _console(self, snapshot: Callable[[], dict[str, Any]]) -> ConsoleServer | None:
        asked = self.options.console
        if asked is None:
            return None
        # One worker's console cannot have another's port, so each takes the next that is free.
        may_move = asked.port != 0 and (self.options.console_may_move or self.options.workers > 1)
        for port in range(asked.port, min(asked.port + (PORTS_TRIED if may_move else 1), 65536)):
            console = ConsoleServer(snapshot, asked.host, port, self.options.console_token)
            try:
                console.start()
            except PortTaken:
                continue
            return console
        if may_move:
            raise ClearwayError(f"no free console port from {asked} upwards; try --no-console")
        other = Address(asked.host, asked.port + 1)
        raise ClearwayError(f"console {asked} is in use by another program; try --console {other} or --no-console")
