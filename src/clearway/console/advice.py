"""What to change about a stall or a route, as the console answers it: who asks `edits`, with bounds, and remembers."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from clearway.console.doctor.conditions.cpu_in_threads import computing
from clearway.console.doctor.window import Window
from clearway.model import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clearway.console.state import State

LONGEST_S = 10.0
"""After so long an answer is given up."""
MOST_WAITING = 8
KEPT = 256
MOST_STEPS = 20
SAME_S = 1e-6
NOTHING: dict[str, Any] = {"change": "", "why": "", "edits": []}
"""No advice: whoever asks says what is generally right."""

_log = logging.getLogger("clearway.console")


class Adviser:
    """One program at a time reads code; who else asks waits, and too many are told nothing."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._has_failed = False

    async def of_stall(self, state: State, worker: int, started_s: float) -> dict[str, Any]:
        """Raises LookupError where no such stall is held."""
        for told in reversed(state.stalls):
            if told.worker == worker and abs(told.what["started_s"] - started_s) < SAME_S:
                return await self._answer(_about_stall(told.what))
        raise LookupError("no such stall, or one that is no longer held")

    async def of_route(self, state: State, route: str) -> dict[str, Any]:
        """By the stalls that it causes; where there are none, by what it computes in threads."""
        if not any(route in worker.routes for worker in state.workers.values()):
            raise LookupError("no such route")
        stalls = [told.what for told in state.stalls if told.what.get("route") == route]
        if stalls:
            return await self._answer(_about_stall(max(stalls, key=lambda stall: stall.get("duration_s", 0.0))))
        worst = computing(Window(state))
        row = _row(state, route)
        if worst is None or worst.place.route != route or row is None or row.get("lane") != "thread":
            return NOTHING
        step = {"file": row["file"], "line": row["line"], "function": ""}
        return await self._answer({"cause": "threads", "operation": None, "steps": [step], "call": row["call"]})

    async def _answer(self, question: dict[str, Any] | None) -> dict[str, Any]:
        if question is None or not question["steps"]:
            return NOTHING
        changed = [_changed_ns(step["file"]) for step in question["steps"]]
        key = msgspec.json.encode([question, changed])
        if (known := self._known.get(key)) is not None:
            self._known.move_to_end(key)
            return known
        if self._waiting >= MOST_WAITING:
            return NOTHING
        self._waiting += 1
        try:
            async with self._turn:
                found = self._known.get(key)
                if found is None:  # nobody has asked the same meanwhile
                    found = await asyncio.to_thread(self._ask, msgspec.json.encode(question))
        finally:
            self._waiting -= 1
        self._known[key] = found
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found

    def _ask(self, question: bytes) -> dict[str, Any]:
        # -P: the app's working folder is none of this program's business, whatever modules lie in it.
        command = [sys.executable, "-P", "-m", "clearway.console.edits"]
        try:
            done = subprocess.run(command, input=question, capture_output=True, timeout=LONGEST_S, check=True)
            return msgspec.json.decode(done.stdout, type=dict[str, Any] | None) or NOTHING
        except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
            if not self._has_failed:
                self._has_failed = True
                _log.warning("the console has no advice: reading the code failed (%s)", type(error).__name__)
            return NOTHING


def _about_stall(stall: Mapping[str, Any]) -> dict[str, Any] | None:
    """The question, of places that the stall has named."""
    culprit = stall.get("culprit")
    if culprit is None or stall.get("cause") not in (Cause.BLOCKING_CALL, Cause.CPU):
        return None
    inner = list(stall.get("stack") or ())[::-1]
    first = next((at for at, step in enumerate(inner) if _same(step, culprit)), None)
    steps = [culprit] if first is None else inner[first : first + MOST_STEPS]
    own = [{key: step[key] for key in ("file", "line", "function")} for step in steps if _is_own(step["file"])]
    return {
        "cause": stall["cause"],
        "operation": stall.get("operation"),
        "steps": own,
        "call": stall.get("call"),
    }


def _same(step: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(step["file"] == other["file"] and step["line"] == other["line"])


def _is_own(file: str) -> bool:
    """Nobody shall be told to change an installed library."""
    return file.endswith(".py") and "/site-packages/" not in file and not file.startswith(sys.base_prefix + "/lib/")


def _changed_ns(file: str) -> int:
    try:
        return Path(file).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def _row(state: State, route: str) -> Mapping[str, Any] | None:
    for worker in state.workers.values():
        for row in (worker.table or {}).get("routes", ()):
            if row.get("route") == route and row.get("file") and row.get("line"):
                return row  # type: ignore[no-any-return]
    return None
