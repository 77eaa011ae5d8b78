"""Several processes: `--workers` and `--reload`, on uvicorn's supervisors."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors import multiprocess as uvicorn_multiprocess
from uvicorn.supervisors.watchfilesreload import WatchFilesReload

from clearway.cli.report import complain, cut_off_line, say
from clearway.cli.server import GracefulServer, ServingConfig
from clearway.model import ClearwayError

if TYPE_CHECKING:
    import socket
    from types import FrameType


class Worker(uvicorn_multiprocess.Process):
    """A worker process that serves as the single process does."""

    config: ServingConfig

    @property
    def server(self) -> GracefulServer:
        if not isinstance(self._server, GracefulServer):
            self._server = GracefulServer(self.config)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        server = self.server  # made before the thread that answers health checks looks at it
        threading.Thread(target=self.always_pong, daemon=True).start()
        serve_in_child(server, sockets)


class Workers(Multiprocess):
    """Starts the first worker alone, so that what is wrong with the app is said once, then the others."""

    config: ServingConfig

    def __init__(self, config: ServingConfig, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.failed = False
        config.cut_off_sum = multiprocessing.get_context("spawn").Value("i", 0)
        # Multiprocess makes its workers from this name of its module, and has no other way to say which.
        uvicorn_multiprocess.Process = Worker  # type: ignore[misc]

    def init_processes(self) -> None:
        config = copy.copy(self.config)
        self.config.announces = False
        first = Worker(config, self.sockets)
        first.start()
        self.processes.append(first)
        while not self.should_exit.is_set() and not first.is_ready(timeout=0.5):
            self.handle_signals()
            if not first.process.is_alive():
                self.failed = True
                self.should_exit.set()
                if first.exitcode != STARTUP_FAILURE:
                    complain(f"the first worker died while starting (exit code {first.exitcode})")
            time.sleep(0.05)
        if not self.should_exit.is_set():
            for _ in range(self.processes_num - 1):
                worker = Worker(self.config, self.sockets)
                worker.start()
                self.processes.append(worker)

    def keep_subprocess_alive(self) -> None:
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=False):
            if old is not new:
                say(f"worker {old.pid} died (exit code {old.exitcode}); {new.pid} took its place")
            elif old.exitcode == STARTUP_FAILURE:
                self.failed = True

    def terminate_all(self) -> None:
        # While any process holds the port open, the system goes on accepting connections nobody will serve.
        for sock in self.sockets:
            sock.close()
        super().terminate_all()

    def join_all(self) -> None:
        for worker in self.processes:
            while worker.process.is_alive():
                worker.process.join(0.1)
                self._pass_on_ctrl_c()

        if not self.failed and self.config.cut_off_sum is not None:
            say(cut_off_line(self.config.cut_off_sum.value))

    def _pass_on_ctrl_c(self) -> None:
        """A second Ctrl-C means the workers: a terminal sends it to them too, `kill` does not."""
        if signal.SIGINT in self.signal_queue:
            self.signal_queue.clear()
            for worker in self.processes:
                if worker.process.is_alive() and worker.pid is not None:
                    os.kill(worker.pid, signal.SIGINT)


class Reloader(WatchFilesReload):
    """Serves in a child process, and again in a new one whenever a source file changes."""

    def __init__(self, config: ServingConfig, sockets: list[socket.socket]) -> None:
        super().__init__(config, ReloadedChild(config), sockets)

    def signal_handler(self, sig: int, frame: FrameType | None) -> None:
        again = self.should_exit.is_set()
        super().signal_handler(sig, frame)
        if again and sig == signal.SIGINT and self.process.pid is not None and self.process.exitcode is None:
            os.kill(self.process.pid, signal.SIGINT)

    def shutdown(self) -> None:
        for sock in self.sockets:
            sock.close()
        super().shutdown()


class ReloadedChild:
    """What a reloaded process runs; a class, because it is pickled."""

    def __init__(self, config: ServingConfig) -> None:
        self.config = config

    def __call__(self, sockets: list[socket.socket] | None = None) -> None:
        serve_in_child(GracefulServer(self.config), sockets)


def serve_in_child(server: GracefulServer, sockets: list[socket.socket] | None) -> None:
    try:
        server.run(sockets)
    except ClearwayError as error:
        if server.config.options.verbose:
            raise
        complain(str(error))
        sys.exit(STARTUP_FAILURE)
