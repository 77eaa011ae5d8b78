"""uvicorn's server with Clearway's ending: finish what is in flight, count what is cut off, exit 0."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.lifespan.on import LifespanOn
from uvicorn.server import HANDLED_SIGNALS

from clearway.cli.deadline import Deadline
from clearway.cli.place import described, users_line
from clearway.cli.report import cut_off_line, say, waiting_line
from clearway.cli.service import Service
from clearway.model import ClearwayError

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine, Generator
    from multiprocessing.sharedctypes import Synchronized
    from types import FrameType

    from clearway.cli.options import RunOptions

SETTLE_S = 2.0
"""After the grace: for what was cut off to clean up, and for the app's own shutdown."""
FORCED_S = 0.5
"""The same after a second Ctrl-C."""
POLL_S = 0.02
STOP_POLL_S = 0.1


class ServingConfig(uvicorn.Config):
    """uvicorn's configuration, made from the options; in each process it loads the app and its lanes."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        self.announces = True
        """Whether this process prints the plan: with several workers, the first one does."""
        self.service: Service | None = None
        self.cut_off_sum: Synchronized[int] | None = None
        """Where a worker adds what it cut off, for the parent to tell; None tells it here."""
        super().__init__(
            str(options.target),  # uvicorn reloads only what has a name
            host=options.host,
            port=options.port,
            loop=options.loop,
            interface="asgi3",
            log_config=log_config(options),
            access_log=options.access_log,
            workers=options.workers,
            reload=options.reload,
            reload_includes=["clearway.toml", "pyproject.toml"] if options.reload else None,
            root_path=options.root_path,
            proxy_headers=options.proxy_headers,
            forwarded_allow_ips=options.forwarded_allow_ips,
        )

    def load_app(self) -> Any:
        self.service = Service(self.options, announces=self.announces)
        app = self.service.app
        self.interface = "asgi2" if isinstance(app, type) else "asgi3"
        return app

    def load(self) -> None:
        super().load()
        if self.lifespan_class is LifespanOn:
            self.lifespan_class = KeptLifespan


class KeptLifespan(LifespanOn):
    """Keeps what the app's start-up raised, so that it can be told in one line."""

    failure: BaseException | None = None

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.config = copy.copy(config)
        self.config.loaded_app = self._keeping(config.loaded_app)

    def _keeping(self, app: Any) -> Any:
        async def keeping(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except BaseException as error:
                self.failure = error
                raise

        return keeping

    async def startup(self) -> None:
        usual = self.logger
        if not usual.isEnabledFor(logging.INFO):
            self.logger = _SILENT
        await super().startup()
        self.logger = usual  # not when start-up is cancelled: what the app makes of that is no error


_SILENT = logging.getLogger("clearway.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class GracefulServer(uvicorn.Server):
    """Stops as the command line promises. `config` has to be a ServingConfig."""

    config: ServingConfig

    def __init__(self, config: ServingConfig) -> None:
        super().__init__(config)
        self.grace_s = config.options.grace_s
        self.stop_at = 0.0
        self.cut_off = 0
        self._waiting_for: str | None = "the app's start-up"
        self._told = False

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        self.deadline = Deadline(self._last_words)
        try:
            super().run(sockets)
        finally:
            if (service := self.config.service) is not None:
                service.stop()
        self._tell()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        starting = asyncio.create_task(self._start(super().startup(sockets)))
        while not starting.done() and not self.should_exit:
            await asyncio.wait([starting], timeout=STOP_POLL_S)
        if not starting.done():  # told to stop; there is nothing yet that would have to be finished
            starting.cancel()
            return
        await starting
        self._waiting_for = None
        if self.config.service is not None:
            self.config.service.start()
            self.config.service.announce(sockets or [])

    async def _start(self, startup: Coroutine[Any, Any, None]) -> None:
        try:
            await startup
        except SystemExit:  # uvicorn's word for a failed start-up, which it has logged
            failure = getattr(self.lifespan, "failure", None)
            why = f": {failure if isinstance(failure, ClearwayError) else described(failure)}" if failure else ""
            raise ClearwayError(f"{self.config.options.target} failed to start{why}") from failure
        except OSError as error:  # somebody else began to listen between our bind and now
            await self.lifespan.shutdown()
            where = f"{self.config.host}:{self.config.port}"
            raise ClearwayError(f"{where}: {error.strerror or error}") from error

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn's own raises the signals again at the end, which would turn exit code 0 into -15.
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.config.loaded:  # the app is still being imported; there is nothing to finish
            raise KeyboardInterrupt
        if not self.should_exit:
            self.should_exit = True
            grace_s = self.grace_s if self.started else 0.0
            self.stop_at = time.monotonic() + grace_s
            self.deadline.within(grace_s + SETTLE_S)
        elif sig == signal.SIGINT:
            self.force_exit = True
            self.deadline.within(FORCED_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(self.server_state.connections):
            # A conversation over a websocket is in flight like a request: it has until the grace ends.
            if not self._is_websocket(connection):
                connection.shutdown()
        await asyncio.sleep(POLL_S)  # idle connections are gone then
        if self._in_flight():
            say(waiting_line(self._in_flight(), self.grace_s))
        while self._in_flight() and time.monotonic() < self.stop_at and not self.force_exit:
            await asyncio.sleep(POLL_S)
        self.cut_off = self._in_flight()
        if self.cut_off:
            await self._cut_off()
        if not self.force_exit:
            self._waiting_for = "the app's shutdown"
            await self.lifespan.shutdown()
            self._waiting_for = None
        elif not self.config.options.verbose:
            # An embedded cluster ends in the middle of what it does, and Dask logs a traceback for each part of it.
            logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)

    async def _cut_off(self) -> None:
        if not self.config.options.verbose:
            # uvicorn logs a traceback for every request that is cancelled; they are counted instead.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel("cut off: the server stops")
        if tasks:
            await asyncio.wait(tasks, timeout=FORCED_S / 2)

    def _in_flight(self) -> int:
        """Requests, streams and websockets that have not ended: still running, or still being sent."""
        return max(len(self.server_state.tasks), len(self.server_state.connections))

    def _is_websocket(self, connection: object) -> bool:
        protocol = self.config.ws_protocol_class
        return protocol is not None and isinstance(connection, protocol)

    def _tell(self) -> None:
        if self._told:
            return
        self._told = True
        lines = self.config.service.stall_summary() if self.config.service else []
        if (total := self.config.cut_off_sum) is None:
            lines.append(cut_off_line(self.cut_off))
        else:
            with total.get_lock():
                total.value += self.cut_off
        if lines:
            say(*lines)

    def _last_words(self) -> None:
        """Called on the deadline's thread, when the loop did not end in time."""
        if not self.cut_off:
            self.cut_off = len(self.server_state.tasks)
        if line := self._loop_stands_at():
            say(f"the event loop never came back: {line}")
        elif self._waiting_for:
            say(f"{self._waiting_for} did not end in time")
        self._tell()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()

    def _loop_stands_at(self) -> str | None:
        """The user's line that keeps the loop from turning, None where none does."""
        main = threading.main_thread().ident or 0
        return users_line(sys._current_frames().get(main), outermost=GracefulServer.run.__code__)


def log_config(options: RunOptions) -> dict[str, Any]:
    """uvicorn's logging, without the lines that Clearway's own start and end make superfluous."""
    config = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    level = "INFO" if options.verbose else "WARNING"
    config["loggers"]["uvicorn"]["level"] = level
    config["loggers"]["uvicorn.error"]["level"] = level
    return config
