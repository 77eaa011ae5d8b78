"""A console that is followed: a thread reads its frames, and comes back when they break off."""

from __future__ import annotations

import contextlib
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearway.console.terminal.connection import Refused, ask_doctor, connect
from clearway.console.terminal.seen import Seen
from clearway.frames import Frame, FrameError, Header, read_line
from clearway.model import ClearwayError

if TYPE_CHECKING:
    from clearway.console.terminal.connection import Connection, ConsoleAddress

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
MOST_WAITING = 2000
"""Items that the thread is ahead. Then it waits, and the console leaves out frames and says how many."""


@dataclass(frozen=True, slots=True)
class Link:
    """How the connection is."""

    is_live: bool
    why: str = ""
    """What broke it; one line."""
    retry_s: float | None = None
    """Until the next try; None where there will be none."""


@dataclass(frozen=True, slots=True)
class _Doctor:
    told: dict[str, Any]


class _Unreadable:
    """A line that is neither header nor frame."""


_Said = Link | _Doctor | _Unreadable | Header | Frame


class Live:
    """What a console tells. `pull()` takes in what has come since; nothing else changes what is seen."""

    def __init__(self, address: ConsoleAddress) -> None:
        """Connects. Raises ClearwayError where that cannot be done now: later, it is tried again and again."""
        self.address = address
        self.seen = Seen()
        self.link = Link(True)
        self._said: queue.Queue[_Said] = queue.Queue(MOST_WAITING)
        self._stopped = threading.Event()
        self._connection: Connection | None = connect(address)
        self._thread = threading.Thread(target=self._follow, name="clearway-top", daemon=True)
        self._thread.start()

    def pull(self) -> bool:
        """Whether anything has changed."""
        changed = False
        for _ in range(MOST_WAITING):  # what comes meanwhile is for the next time
            try:
                said = self._said.get_nowait()
            except queue.Empty:
                break
            changed = True
            self._take(said)
        return changed

    def _take(self, said: _Said) -> None:
        if isinstance(said, Link):
            if said.is_live and not self.link.is_live:
                self.seen = Seen()  # the console first tells again what it holds
            self.link = said
        elif isinstance(said, _Doctor):
            self.seen.doctor = self.seen.doctor or said.told
        elif isinstance(said, _Unreadable):
            self.seen.unreadable += 1
        else:
            self.seen.take(said)

    def stop(self) -> None:
        self._stopped.set()
        if (connection := self._connection) is not None:
            connection.end()
        self._thread.join(1)

    def _follow(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                self._connection = self._connection or connect(self.address)
                self._say(Link(True))
                if (told := ask_doctor(self.address)) is not None:
                    self._say(_Doctor(told))
                for line in self._connection.lines():
                    failures = 0
                    self._say(_item(line))
            except Refused as error:
                self._say(Link(False, str(error)))
                return
            except ClearwayError as error:
                wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**failures)
                failures += 1
                self._say(Link(False, str(error), wait_s))
                self._disconnect()
                self._stopped.wait(wait_s)
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _say(self, said: _Said) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._said.put(said, timeout=0.2)
                return


def _item(line: bytes) -> _Said:
    try:
        return read_line(line)
    except FrameError:
        return _Unreadable()
