"""What runs the calls of the cluster lane: a small seam, so that Dask is one answer and not the only one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at a call, described so that another machine can make it."""

    id: str
    """Its own: no two attempts share one, so that nothing is taken for the result of something else."""
    name: str
    """The call's id, `app.reports:render`."""
    payload: bytes
    """What `travel.pack` made of the call."""
    module: str
    digest: str | None
    """Of the sources of the package that the module is in; None where they cannot be read."""
    versions: tuple[tuple[str, str], ...]
    """Of the packages that both sides should agree on."""


class Verdict(StrEnum):
    """What a worker made of a job."""

    DONE = "done"
    """It ran: the outcome says how it ended."""
    OTHER_CODE = "other_code"
    NO_CODE = "no_code"
    TAKEN = "taken"
    """Another worker had begun it, or nobody wants it any more. It did not run here."""
    UNASKED = "unasked"
    """The worker could not ask whether it may begin, and did not."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker says of a job. Only of what is DONE has any of the user's code run."""

    verdict: Verdict
    worker: str
    outcome: bytes = b""
    """For `travel.unpack`."""
    text: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    """Those of the worker's that differ."""


class NotBegun(Exception):
    """The job has certainly not begun and never will: it may be sent again."""


class Cluster(Protocol):
    """Machines, or processes, that run jobs. All is called on the loop's thread.

    A job runs at most once: an implementation never repeats one of its own accord.
    """

    address: str
    is_connected: bool
    workers: int
    threads: int
    """How many jobs run at once; 0 while there is no worker."""
    reconnects: int

    async def start(self, changed: Callable[[], None]) -> None:
        """Connect; from then on `changed` is called when a number above has changed. Raises LaneError."""
        ...

    async def run(self, job: Job) -> Report:
        """Run a job and wait for its report.

        Raises NotBegun; WorkerLost with the reason, where the job may have begun; LaneError where no worker can run
        it. Cancelled, it cancels the job: one that has not begun never will, one that runs has its result dropped.
        """
        ...

    async def withdraw(self, job: Job) -> bool:
        """Take back a job that has not begun: its `run` raises NotBegun. False where it has begun, or may have."""
        ...

    async def probe(self, modules: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
        """For some of the workers what `code.describe` finds there. Raises LaneError where a worker cannot say."""
        ...

    async def stop(self) -> None:
        """Disconnect. Jobs that run meanwhile raise WorkerLost. Stopping twice is stopping once."""
        ...

    def abandon(self) -> None:
        """The same as far as it can be done without a running loop."""
        ...
