"""What a corpus case's app answers: imports it in a process of its own and asks for each of its GET routes.

Nothing gets out: sleeping takes no time, and connecting, starting programs, and writing outside of the folder raise
OSError. What is not installed is stood in for, as in `tests.check.corpus.truth`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import multiprocessing
import os
import re
import sys
import time
import warnings
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import Message, Scope

from clearway.runtime.framework import routes_of
from tests.check.corpus.case import Case
from tests.check.corpus.truth import GENERATED, Fakes, modules_of

LONGEST_S = 40.0
"""Only what hangs takes that long. Cases that wait for what never comes (a lock, a message) are not to be asked."""
FORKSERVER = multiprocessing.get_context("forkserver")
"""Forks what has no other thread, and has imported already what every case needs."""
FORKSERVER.set_forkserver_preload([__name__])
_PARAMETER = re.compile(r"\{[^}]*\}")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_OUTSIDE = frozenset({"socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system"})
_CHANGES = frozenset({"os.remove", "os.rename", "os.rmdir", "os.mkdir", "shutil.rmtree", "shutil.move", "os.chmod"})
Answers = Mapping[str, tuple[int, str]]


def steady_answers(case: Case, folder: Path) -> Answers | None:
    """Those that are the same when asked for twice: the time of day is not."""
    first = answers(case, folder)
    second = answers(case, folder) if first is not None else None
    if first is None or second is None:
        return None
    return {name: answer for name, answer in first.items() if second.get(name) == answer}


def answers(case: Case, folder: Path) -> Answers | None:
    """Status and text of every GET route; None where the case cannot be run here, or does not end."""
    receiving, sending = FORKSERVER.Pipe(duplex=False)
    process = FORKSERVER.Process(target=_child, args=(case, folder, sending), daemon=True)
    process.start()
    sending.close()
    try:
        found = receiving.recv() if receiving.poll(LONGEST_S) else None
    except EOFError:
        found = None
    process.kill()
    process.join()
    return None if found is None else {name: (status, text) for name, (status, text) in json.loads(found).items()}


def _child(case: Case, folder: Path, connection: Connection) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    warnings.simplefilter("ignore")
    with contextlib.suppress(BaseException):
        connection.send(json.dumps(_answers(case, folder)))
    os._exit(0)


def _answers(case: Case, folder: Path) -> dict[str, tuple[int, str]]:
    modules = modules_of(case)
    fakes = Fakes()
    fakes.own = frozenset(name.partition(".")[0] for name in modules)
    fakes.install()
    sys.path[:0] = [str(folder / root) for root in sorted(set(modules.values()))]
    os.chdir(folder)
    time.sleep = lambda _seconds: None
    sleep = asyncio.sleep
    asyncio.sleep = lambda _delay, result=None: sleep(0, result)
    sys.addaudithook(lambda event, arguments: _keep_in(folder, event, arguments))
    loaded = [importlib.import_module(name) for name in modules]
    found: dict[str, tuple[int, str]] = {}
    for module in loaded:
        for name, app in sorted(vars(module).items()):
            if isinstance(app, Starlette):
                for route, _ in routes_of(app):
                    method, _, path = route.partition(" ")
                    if method == "GET" and not path.endswith(GENERATED):
                        answer = asyncio.run(_asked(app, _PARAMETER.sub("1", path)))
                        found[f"{module.__name__}.{name} {route}"] = answer
    return found


async def _asked(app: Starlette, path: str) -> tuple[int, str]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"url=http%3A%2F%2Fservice&name=1&n=1&seconds=1&password=1",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
    }
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    with contextlib.suppress(Exception):  # Starlette raises what it has answered with 500
        await app(scope, receive, send)
    status = next((message["status"] for message in sent if message["type"] == "http.response.start"), 500)
    text = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return status, _ADDRESS.sub("", text.decode("utf-8", "replace")) if status < 500 else ""


def _keep_in(folder: Path, event: str, arguments: tuple[Any, ...]) -> None:
    if event in _OUTSIDE:
        raise OSError(f"{event} is not for tests")
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if (writes or event in _CHANGES) and isinstance(arguments[0], str | os.PathLike):
        path = Path(os.fspath(arguments[0]))
        if path.is_absolute() and not path.is_relative_to(folder) and path != Path(os.devnull):
            raise OSError(f"{event} of {path} is not for tests")
